"""Writes small ONNX files byte by byte, so that tests can make models no exporter would.

Only the fields the tests need: protobuf wire format by hand, no package required.
"""

from __future__ import annotations

from collections.abc import Sequence

FLOAT, INT64 = 1, 7
Dim = int | str


def varint(number: int) -> bytes:
    """Base-128, low bits first; negative numbers as 64-bit two's complement."""
    number &= (1 << 64) - 1
    out = bytearray()
    while True:
        out.append((number & 0x7F) | (0x80 if number > 0x7F else 0))
        number >>= 7
        if not number:
            return bytes(out)


def number(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)


def block(field: int, payload: bytes | str) -> bytes:
    data = payload.encode() if isinstance(payload, str) else payload
    return varint(field << 3 | 2) + varint(len(data)) + data


def value_info(name: str, dims: Sequence[Dim] | None, dtype: int = FLOAT) -> bytes:
    """ValueInfoProto of a tensor; `dims` None leaves the shape out."""
    tensor = number(1, dtype)
    if dims is not None:
        tensor += block(
            2, b"".join(block(1, number(1, d) if isinstance(d, int) else block(2, d)) for d in dims)
        )
    return block(1, name) + block(2, block(1, tensor))


def tensor(name: str, dims: Sequence[int], dtype: int = FLOAT, raw: bytes = b"") -> bytes:
    """TensorProto; without `raw` the data are said to be in an external file."""
    head = b"".join(number(1, d) for d in dims) + number(2, dtype) + block(8, name)
    if raw:
        return head + block(9, raw)
    entry = block(1, "location") + block(2, "weights.data")
    return head + block(13, entry) + number(14, 1)


def subgraph(name: str, graph: bytes) -> bytes:
    """AttributeProto of a graph."""
    return block(1, name) + block(6, graph) + number(20, 5)


def function(
    name: str,
    nodes: Sequence[bytes],
    *,
    inputs: Sequence[str] = ("a",),
    outputs: Sequence[str] = ("b",),
    domain: str = "local",
    opset: int = 20,
) -> bytes:
    """FunctionProto; it may call others of its domain."""
    imports = block(9, block(1, "") + number(2, opset)) + block(9, block(1, domain) + number(2, 1))
    return (
        block(1, name)
        + b"".join(block(4, i) for i in inputs)
        + b"".join(block(5, o) for o in outputs)
        + b"".join(block(7, n) for n in nodes)
        + imports
        + block(10, domain)
    )


def ints(name: str, values: Sequence[int]) -> bytes:
    """AttributeProto of integers."""
    return block(1, name) + b"".join(number(8, v) for v in values) + number(20, 7)


def node(
    op: str,
    inputs: Sequence[str],
    outputs: Sequence[str],
    *,
    name: str = "",
    domain: str = "",
    attributes: Sequence[bytes] = (),
) -> bytes:
    return (
        b"".join(block(1, i) for i in inputs)
        + b"".join(block(2, o) for o in outputs)
        + (block(3, name) if name else b"")
        + block(4, op)
        + b"".join(block(5, a) for a in attributes)
        + (block(7, domain) if domain else b"")
    )


def model(
    nodes: Sequence[bytes],
    inputs: Sequence[bytes],
    outputs: Sequence[bytes],
    initializers: Sequence[bytes] = (),
    *,
    domains: Sequence[str] = ("",),
    opset: int = 20,
    functions: Sequence[bytes] = (),
) -> bytes:
    """ModelProto, IR 10."""
    graph = (
        b"".join(block(1, n) for n in nodes)
        + block(2, "graph")
        + b"".join(block(5, t) for t in initializers)
        + b"".join(block(11, i) for i in inputs)
        + b"".join(block(12, o) for o in outputs)
    )
    imports = b"".join(block(8, block(1, d) + number(2, opset if not d else 1)) for d in domains)
    return number(1, 10) + block(7, graph) + imports + b"".join(block(25, f) for f in functions)


def chain(width: int = 64, depth: int = 4, batch: Dim = "batch") -> bytes:
    """A perceptron: `depth` square Gemm + Relu layers."""
    nodes, weights, at = [], [], "x"
    for i in range(depth):
        nodes.append(node("Gemm", [at, f"w{i}", f"b{i}"], [f"h{i}"], name=f"/layer{i}/Gemm"))
        nodes.append(node("Relu", [f"h{i}"], [f"a{i}"], name=f"/layer{i}/Relu"))
        weights += [tensor(f"w{i}", [width, width]), tensor(f"b{i}", [width])]
        at = f"a{i}"
    return model(
        nodes, [value_info("x", [batch, width])], [value_info(at, [batch, width])], weights
    )
