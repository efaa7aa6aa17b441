"""XXH3 without a seed, 64 and 128 bits, in pure Python: what names graphs, nodes and certificates.

After the specification of xxHash (Collet), for one input at once. Long inputs: eight 64-bit lanes
over stripes of 64 bytes, scrambled after each block of 16; shorter ones: products of 128 bits
folded to 64. About 5 MB/s.
"""

from __future__ import annotations

import struct

M64 = (1 << 64) - 1
M32 = (1 << 32) - 1
P32_1, P32_2, P32_3 = 0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D
P64_1, P64_2, P64_3 = 0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9
P64_4, P64_5 = 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5
MX1, MX2 = 0x165667919E3779F9, 0x9FB21C651E98DF25
SECRET = bytes.fromhex(
    "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671f"
    "cb79e64eccc0e578825ad07dccff7221b8084674f743248ee03590e6813a264c"
    "3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8"
    "a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364"
    "eac5ac8334d3ebc3c581a0fffa1363eb170ddd51b7f0da49d316552629d4689e"
    "2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e"
)
STRIPE = 64
STRIPES_PER_BLOCK = (len(SECRET) - STRIPE) // 8
SHORT_MOST = 240


def _u64(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 8], "little")


def _u32(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 4], "little")


def _swap(value: int, length: int) -> int:
    return int.from_bytes(value.to_bytes(length, "little"), "big")


def _fold(a: int, b: int) -> int:
    product = a * b
    return (product & M64) ^ (product >> 64)


def _avalanche(h: int) -> int:
    h ^= h >> 37
    h = h * MX1 & M64
    return h ^ (h >> 32)


def _avalanche_64(h: int) -> int:
    h = (h ^ (h >> 33)) * P64_2 & M64
    h = (h ^ (h >> 29)) * P64_3 & M64
    return h ^ (h >> 32)


def _mix16(data: bytes, at: int, secret: int) -> int:
    return _fold(
        _u64(data, at) ^ _u64(SECRET, secret), _u64(data, at + 8) ^ _u64(SECRET, secret + 8)
    )


def _tiny_word(data: bytes) -> int:
    n = len(data)
    return data[0] << 16 | data[n >> 1] << 24 | data[n - 1] | n << 8


def _short_64(data: bytes) -> int:
    n = len(data)
    if n == 0:
        return _avalanche_64(_u64(SECRET, 56) ^ _u64(SECRET, 64))
    if n <= 3:
        return _avalanche_64(_tiny_word(data) ^ _u32(SECRET, 0) ^ _u32(SECRET, 4))
    if n <= 8:
        word = _u32(data, n - 4) + (_u32(data, 0) << 32)
        h = word ^ _u64(SECRET, 8) ^ _u64(SECRET, 16)
        h ^= ((h << 49 | h >> 15) & M64) ^ ((h << 24 | h >> 40) & M64)
        h = h * MX2 & M64
        h ^= (h >> 35) + n & M64
        h = h * MX2 & M64
        return h ^ (h >> 28)
    low = _u64(data, 0) ^ _u64(SECRET, 24) ^ _u64(SECRET, 32)
    high = _u64(data, n - 8) ^ _u64(SECRET, 40) ^ _u64(SECRET, 48)
    return _avalanche(n + _swap(low, 8) + high + _fold(low, high) & M64)


def _middle_64(data: bytes) -> int:
    n = len(data)
    acc = n * P64_1
    if n <= 128:
        for i in range((n - 1) // 32 + 1):
            acc += _mix16(data, 16 * i, 32 * i) + _mix16(data, n - 16 * (i + 1), 32 * i + 16)
        return _avalanche(acc & M64)
    for i in range(8):
        acc += _mix16(data, 16 * i, 16 * i)
    acc = _avalanche(acc & M64)
    for i in range(8, n // 16):
        acc += _mix16(data, 16 * i, 16 * (i - 8) + 3)
    return _avalanche(acc + _mix16(data, n - 16, 136 - 17) & M64)


def _lanes(data: bytes) -> list[int]:
    """The eight accumulators after all stripes."""
    acc = [P32_3, P64_1, P64_2, P64_3, P64_4, P32_2, P64_5, P32_1]
    keys = [struct.unpack_from("<8Q", SECRET, 8 * s) for s in range(STRIPES_PER_BLOCK)]
    scramble = struct.unpack_from("<8Q", SECRET, len(SECRET) - STRIPE)
    last = (len(data) - 1) // STRIPE

    def stripe(at: int, key: tuple[int, ...]) -> None:
        words = struct.unpack_from("<8Q", data, at)
        for i in range(8):
            mixed = words[i] ^ key[i]
            acc[i ^ 1] += words[i]
            acc[i] += (mixed & M32) * (mixed >> 32)

    for s in range(last):
        stripe(STRIPE * s, keys[s % STRIPES_PER_BLOCK])
        if s % STRIPES_PER_BLOCK == STRIPES_PER_BLOCK - 1:
            for i in range(8):
                a = acc[i] & M64
                acc[i] = ((a ^ (a >> 47)) ^ scramble[i]) * P32_1 & M64
    stripe(len(data) - STRIPE, struct.unpack_from("<8Q", SECRET, len(SECRET) - STRIPE - 7))
    return [a & M64 for a in acc]


def _merge(acc: list[int], secret: int, start: int) -> int:
    for i in range(4):
        start += _fold(
            acc[2 * i] ^ _u64(SECRET, secret + 16 * i),
            acc[2 * i + 1] ^ _u64(SECRET, secret + 16 * i + 8),
        )
    return _avalanche(start & M64)


def _short_128(data: bytes) -> tuple[int, int]:
    """(low, high) of at most 16 bytes."""
    n = len(data)
    if n == 0:
        return (
            _avalanche_64(_u64(SECRET, 64) ^ _u64(SECRET, 72)),
            _avalanche_64(_u64(SECRET, 80) ^ _u64(SECRET, 88)),
        )
    if n <= 3:
        low = _tiny_word(data)
        high = _swap(low, 4)
        high = (high << 13 | high >> 19) & M32
        return (
            _avalanche_64(low ^ _u32(SECRET, 0) ^ _u32(SECRET, 4)),
            _avalanche_64(high ^ _u32(SECRET, 8) ^ _u32(SECRET, 12)),
        )
    if n <= 8:
        word = _u32(data, 0) + (_u32(data, n - 4) << 32)
        product = (word ^ _u64(SECRET, 16) ^ _u64(SECRET, 24)) * (P64_1 + (n << 2))
        low, high = product & M64, product >> 64
        high = high + (low << 1) & M64
        low ^= high >> 3
        low = (low ^ (low >> 35)) * MX2 & M64
        return low ^ (low >> 28), _avalanche(high)
    first, last = _u64(data, 0), _u64(data, n - 8)
    product = (first ^ last ^ _u64(SECRET, 32) ^ _u64(SECRET, 40)) * P64_1
    low, high = (product & M64) + (n - 1 << 54) & M64, product >> 64
    last ^= _u64(SECRET, 48) ^ _u64(SECRET, 56)
    high = high + last + (last & M32) * (P32_2 - 1) & M64
    low ^= _swap(high, 8)
    product = low * P64_2
    return _avalanche(product & M64), _avalanche((product >> 64) + high * P64_2 & M64)


def _middle_128(data: bytes) -> tuple[int, int]:
    n = len(data)
    low, high = n * P64_1 & M64, 0

    def mix(one: int, two: int, secret: int) -> None:
        nonlocal low, high
        low = (low + _mix16(data, one, secret)) & M64 ^ (
            _u64(data, two) + _u64(data, two + 8) & M64
        )
        high = (high + _mix16(data, two, secret + 16)) & M64
        high ^= _u64(data, one) + _u64(data, one + 8) & M64

    if n <= 128:
        for i in reversed(range((n - 1) // 32 + 1)):
            mix(16 * i, n - 16 * (i + 1), 32 * i)
    else:
        for i in range(4):
            mix(32 * i, 32 * i + 16, 32 * i)
        low, high = _avalanche(low), _avalanche(high)
        for i in range(4, n // 32):
            mix(32 * i, 32 * i + 16, 32 * (i - 4) + 3)
        mix(n - 16, n - 32, 136 - 17 - 16)
    folded = low * P64_1 + high * P64_4 + n * P64_2 & M64
    return _avalanche(low + high & M64), -_avalanche(folded) & M64


def xxh3_64(data: bytes) -> int:
    """XXH3, 64 bits."""
    if len(data) <= 16:
        return _short_64(data)
    if len(data) <= SHORT_MOST:
        return _middle_64(data)
    return _merge(_lanes(data), 11, len(data) * P64_1 & M64)


def xxh3_128(data: bytes) -> int:
    """XXH3, 128 bits."""
    n = len(data)
    if n > SHORT_MOST:
        acc = _lanes(data)
        low = _merge(acc, 11, n * P64_1 & M64)
        high = _merge(acc, len(SECRET) - STRIPE - 11, ~(n * P64_2) & M64)
    else:
        low, high = _short_128(data) if n <= 16 else _middle_128(data)
    return high << 64 | low
