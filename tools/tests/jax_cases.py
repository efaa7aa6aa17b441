"""What every primitive that hcb-run executes is tried on, by family.

A case is (function, arguments); a family is one function of all its arguments, so that one file
and one run cover it. Numbers are drawn from a fixed seed; ranges are those where the function is
defined, with the edges that differ between libraries (division by 0, NaN, shifts beyond the width).
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

_DRAW = np.random.RandomState(0)
X = _DRAW.randn(3, 4).astype(np.float32)
Y = _DRAW.randn(3, 4).astype(np.float32)
POSITIVE = np.abs(X) + 0.5
UNIT = np.tanh(X) * 0.9
I32 = _DRAW.randint(-5, 9, (3, 4)).astype(np.int32)
J32 = _DRAW.randint(-5, 9, (3, 4)).astype(np.int32)
U32 = _DRAW.randint(0, 2**32, (3, 4), dtype=np.uint32)
V32 = _DRAW.randint(0, 2**32, (3, 4), dtype=np.uint32)
FLAGS = X > 0
BLOCK = _DRAW.randn(2, 3, 4, 5).astype(np.float32)
IMAGE = _DRAW.randn(2, 8, 8, 3).astype(np.float32)
ROUND = np.round(IMAGE)  # ties
TABLE = _DRAW.randn(6, 4).astype(np.float32)
ROWS = np.array([1, -1, 5, 0, 7], np.int32)  # negative and beyond the table too
UPDATES = _DRAW.randn(5, 4).astype(np.float32)
COMPLEX = (X + 1j * Y).astype(np.complex64)


def _each(names: str, *args) -> dict:
    return {name: (getattr(lax, name), args) for name in names.split()}


def _typed(names: str, arguments: dict) -> dict:
    return {
        f"{name} {kind}": (getattr(lax, name), args)
        for name in names.split()
        for kind, args in arguments.items()
    }


# -------------------------------------------------------------------------------------------------
# Element by element

_UNARY = (
    _each(
        "neg exp exp2 expm1 tanh logistic sin cos tan asinh sinh cosh atan erf erfc abs "
        "sign floor ceil square cbrt is_finite",
        X,
    )
    | _each("log log1p sqrt rsqrt lgamma digamma", POSITIVE)
    | _each("asin acos atanh erf_inv", UNIT)
    | _each("acosh", POSITIVE + 1)
)
_HALVES = np.array([0.5, 1.5, -0.5, 2.4, -2.6], np.float32)
_ODD = np.array([np.nan, 1e20, -1e20, np.inf, -0.0, 2.5], np.float32)
_UNARY |= {
    "round away": (lambda x: lax.round(x, lax.RoundingMethod.AWAY_FROM_ZERO), (_HALVES,)),
    "round even": (lambda x: lax.round(x, lax.RoundingMethod.TO_NEAREST_EVEN), (_HALVES,)),
    "sign odd": (lax.sign, (_ODD,)),
    "finite odd": (lax.is_finite, (_ODD,)),
    "precision bf16": (lambda x: lax.reduce_precision(x, 8, 7), (X,)),
    "precision f16": (lambda x: lax.reduce_precision(x, 5, 10), (X,)),
    **{
        f"integer_pow {y}": (lambda x, y=y: lax.integer_pow(x, y), (POSITIVE,))
        for y in (0, 1, 2, 3, -1, -2, 7)
    },
    "integer_pow i32": (lambda x: lax.integer_pow(x, 3), (I32,)),
}
_BINARY = _each("add sub mul div max min rem atan2 nextafter eq ne lt le gt ge complex", X, Y)
_BINARY |= {
    "pow": (lax.pow, (POSITIVE, Y)),
    "pow integer": (lax.pow, (POSITIVE, I32)),
    "select": (lax.select_n, (FLAGS, X, Y)),
    "select one": (lax.select_n, (np.bool_(True), X, Y)),
    "select of 3": (lax.select_n, (np.abs(I32) % 3, X, Y, POSITIVE)),
    "clamp": (lambda x: lax.clamp(-0.5, x, 0.5), (X,)),
    "clamp each": (lax.clamp, (-(UNIT**2), X, POSITIVE)),
    "clamp odd": (lambda x: lax.clamp(-0.5, x, 0.5), (_ODD,)),
    "add_any": (lambda x: jax.grad(lambda x: jnp.sum(x * 2 + jnp.sin(x)))(x), (X,)),
    "complex": (lax.complex, (X, Y)),
    "real": (lax.real, (COMPLEX,)),
    "imag": (lax.imag, (COMPLEX,)),
    "conj": (lax.conj, (COMPLEX,)),
    "abs complex": (lax.abs, (COMPLEX,)),
    "mul complex": (lax.mul, (COMPLEX, COMPLEX)),
}
_NUMBERS = {
    "i32": (I32, J32),
    "u32": (U32, V32),
    "u8": (U32.astype(np.uint8), V32.astype(np.uint8)),
    "i8": (I32.astype(np.int8), J32.astype(np.int8)),
    "i16": (I32.astype(np.int16), J32.astype(np.int16)),
    "u16": (U32.astype(np.uint16), V32.astype(np.uint16)),
}
_PLACES = {
    kind: (a, (np.abs(b.astype(np.int64)) % 40).astype(b.dtype))
    for kind, (a, b) in _NUMBERS.items()
}
_INTEGERS = (
    _typed(
        "add sub mul max min div rem eq ne lt le gt ge bitwise_and bitwise_or bitwise_xor", _NUMBERS
    )
    | _typed("shift_left shift_right_logical shift_right_arithmetic", _PLACES)
    | _typed("population_count clz bitwise_not", {k: v[:1] for k, v in _NUMBERS.items()})
    | _typed("bitwise_and bitwise_or bitwise_xor", {"bool": (FLAGS, ~FLAGS[::-1])})
)
_EDGE = (np.array([-(2**31), 5, 7], np.int32), np.array([-1, 0, 2], np.int32))
_INTEGERS |= {
    "div edge": (lax.div, _EDGE),
    "rem edge": (lax.rem, _EDGE),
    "shift by a number": (lambda u: (u >> 9, u >> 0, u >> 31), (U32,)),
}
_CASTS = {
    f"{kind} to {to}": (lambda x, to=to: lax.convert_element_type(x, to), (x,))
    for kind, x in {"f32": X * 100, "odd": _ODD, "i32": I32, "u32": U32, "bool": FLAGS}.items()
    for to in ("int32", "int8", "uint8", "uint32", "bool", "float16", "bfloat16", "float32")
}

# -------------------------------------------------------------------------------------------------
# Movement


def _padding(*config):
    return lambda x: lax.pad(x, np.float32(7), config)


_MOVEMENT = {
    "broadcast": (lambda x: lax.broadcast_in_dim(x, (2, 3, 5, 4), (1, 3)) + 1, (X,)),
    "broadcast number": (lambda x: (jnp.zeros((3, 4)) + x, jnp.full((2, 2), 7)), (X,)),
    "reshape": (lambda x: (x.reshape(12) * 2, x.T.reshape(12) * 2, x[:, None].reshape(6, 2)), (X,)),
    "reshape dimensions": (lambda x: lax.reshape(x, (12,), (1, 0)), (X,)),
    "views": (lambda x: (x[1:, ::2] * 1, x[::-1], jnp.squeeze(x[:1]) * 2, x.T, x[:, None]), (X,)),
    "slice": (lambda x: lax.slice(x, (0, 1, 0, 1), (2, 3, 4, 4), (1, 2, 3, 1)), (BLOCK,)),
    "split": (lambda x: [a * 2 for a in jnp.split(x, [1, 3], axis=1)], (X,)),
    "unstack": (lambda x: [a * 2 for a in jnp.unstack(x, axis=1)], (X,)),
    "bits wider": (
        lambda x: lax.bitcast_convert_type(lax.bitcast_convert_type(x, "uint16"), "float32"),
        (X,),
    ),
    "bits": (
        lambda x: (lax.bitcast_convert_type(x, "uint32") + 1, lax.bitcast_convert_type(x, "uint8")),
        (X,),
    ),
    "concatenate": (lambda x: (jnp.concatenate([x, x * 2], 1), jnp.stack([x, x], 2)), (X,)),
    "tile": (lambda x: (jnp.tile(x, (2, 3)), jnp.repeat(x, 2, axis=0)), (X,)),
    "rev": (lambda x: lax.rev(x, (1, 3)), (BLOCK,)),
    "nothing": (lambda x: (jnp.concatenate([x[:0], x]), x[:0].sum(0), x[:0] * 2), (X,)),
    "returned": (lambda x: (x, x.T, x, 2.0), (X,)),
    "pad": (_padding((1, 2, 0), (0, 3, 1)), (X,)),
    "pad less": (_padding((-1, 0, 0), (0, -2, 0)), (X,)),
    "pad both": (_padding((-1, -1, 2), (2, -3, 1)), (X,)),
    "pad away": (_padding((-3, 5, 0), (0, 0, 0)), (X,)),
    **{
        f"iota {t}": (
            lambda x, t=t: (lax.broadcasted_iota(t, (3, 4), 0) + x.astype(t), lax.iota(t, 5)),
            (X,),
        )
        for t in ("int32", "float32", "uint32", "uint8", "bfloat16")
    },
    **{
        f"dynamic {a} {b}": (
            lambda x, a, b: (
                lax.dynamic_slice(x, (a, b), (2, 2)),
                lax.dynamic_update_slice(x, x[:2, :2] * 9, (a, b)),
            ),
            (X, np.int32(a), np.int32(b)),
        )
        for a, b in ((1, 1), (5, -3))
    },
}

# -------------------------------------------------------------------------------------------------
# Folds and orders

_TIES = np.round(X)
_FOLDS = {
    **{
        f"{name} {axes}": (
            lambda x, name=name, axes=axes: getattr(jnp, name)(x, axis=axes),
            (BLOCK,),
        )
        for name in ("sum", "max", "min", "prod")
        for axes in ((0,), (1, 2), (0, 1, 2, 3))
    },
    **{
        f"{name} {kind}": (lambda x, name=name: getattr(jnp, name)(x, axis=0), (x,))
        for name in ("sum", "max", "min", "prod")
        for kind, x in (("i32", I32), ("u32", U32))
    },
    **{
        f"{name} turned": (
            lambda x, name=name: getattr(jnp, name)(x.transpose(2, 0, 3, 1), (0, 2)),
            (BLOCK,),
        )
        for name in ("sum", "max")
    },
    "and or": (lambda b: (b.all(0), b.any(1), b.all()), (FLAGS,)),
    "xor": (lambda i: lax.reduce(i, np.int32(0), lax.bitwise_xor, (0,)), (I32,)),
    "arg": (lambda x: (x.argmax(1), x.argmin(0), jnp.argmax(x)), (_TIES,)),
    "arg nan": (lambda x: (x.argmax(), x.argmin()), (np.array([1, np.nan, 3], np.float32),)),
    "arg bool": (lambda b: (b.argmax(1), b.argmin(1)), (FLAGS,)),
    **{
        f"{name} {back}": (
            lambda x, name=name, back=back: getattr(lax, name)(x, axis=1, reverse=back),
            (X,),
        )
        for name in ("cumsum", "cumprod", "cummax", "cummin", "cumlogsumexp")
        for back in (False, True)
    },
    **{
        f"{name} i32": (lambda x, name=name: getattr(lax, name)(x, axis=0), (I32,))
        for name in ("cumsum", "cumprod", "cummax", "cummin")
    },
}
_NAN = np.array([3, np.nan, -1, np.inf, -np.inf, -0.0, 0.0], np.float32)
_ORDERS = {
    "sort": (lambda x: (jnp.sort(x, 0), jnp.argsort(x, 1)), (X,)),
    "sort along": (
        lambda a, x: lax.sort((a, x), dimension=1, num_keys=1),
        (np.round(X).astype(np.int32), X),
    ),
    "sort by two": (
        lambda a, b, c: lax.sort((a, b, c), dimension=1, num_keys=2),
        (I32 % 2, J32 % 2, X),
    ),
    "sort nan": (jnp.sort, (_NAN[:5],)),
    "sort bool": (lambda b: jnp.sort(b, 1), (FLAGS,)),
    "sort u32": (lambda u: jnp.sort(u, 1), (U32,)),
    "top_k": (lambda x: lax.top_k(x, 2), (_TIES,)),
    "top_k i32": (lambda x: lax.top_k(x, 3), (I32,)),
    "top_k nan": (lambda x: lax.top_k(x, 7), (_NAN,)),
}

# -------------------------------------------------------------------------------------------------
# Products

_A, _B = _DRAW.randn(5, 2, 3).astype(np.float32), _DRAW.randn(5, 3, 4).astype(np.float32)
_Q, _K = _DRAW.randn(2, 3, 4, 5).astype(np.float32), _DRAW.randn(2, 6, 4, 5).astype(np.float32)
_DOTS = {
    "batched": (jnp.matmul, (_A, _B)),
    "vectors": (jnp.dot, (X[0], X[1])),
    "matrix vector": (jnp.dot, (X, X[0])),
    "outer": (jnp.outer, (X[0], X[1])),
    "attention": (lambda q, k: jnp.einsum("bqhd,bkhd->bhqk", q, k), (_Q, _K)),
    "two contracted": (
        lambda a, b: jnp.einsum("bij,bkj->ki", a, b),
        (_A, _B.transpose(0, 2, 1).copy()),
    ),
    "nothing contracted": (jnp.matmul, (X[:, :0], X[:0])),
    "preferred": (
        lambda a, b: lax.dot(a, b, preferred_element_type=jnp.float32),
        (jnp.asarray(X, jnp.bfloat16), jnp.asarray(X.T, jnp.bfloat16)),
    ),
    "i32": (lax.dot, (I32, J32.T.copy())),
    "u32": (lax.dot, (U32, V32.T.copy())),
    "i8 to i32": (
        lambda a, b: lax.dot(a, b, preferred_element_type=jnp.int32),
        (I32.astype(np.int8), J32.T.astype(np.int8).copy()),
    ),
}
_NHWC = ("NHWC", "HWIO", "NHWC")


def _convolution(x, w, strides, padding, numbers=_NHWC, **more):
    """Its value and both gradients, of arrays of these shapes."""

    def convolve(x, w):
        return lax.conv_general_dilated(x, w, strides, padding, dimension_numbers=numbers, **more)

    arrays = [_DRAW.randn(*shape).astype(np.float32) for shape in (x, w)]
    g = _DRAW.randn(*jax.eval_shape(convolve, *arrays).shape).astype(np.float32)
    return lambda x, w, g: (convolve(x, w), *jax.vjp(convolve, x, w)[1](g)), (*arrays, g)


_CONVOLUTIONS = {
    "same": _convolution((2, 8, 8, 3), (3, 3, 3, 4), (1, 1), "SAME"),
    "strided": _convolution((2, 8, 8, 3), (3, 3, 3, 4), (2, 2), "SAME"),
    "uneven": _convolution((2, 9, 7, 3), (3, 2, 3, 4), (2, 3), "VALID"),
    "padded": _convolution(
        (2, 3, 8, 8), (4, 3, 3, 3), (1, 1), ((2, 0), (1, 3)), ("NCHW", "OIHW", "NCHW")
    ),
    "cut": _convolution((2, 8, 8, 3), (3, 3, 3, 4), (1, 1), ((-1, -1), (0, -2))),
    "grouped": _convolution((2, 9, 9, 4), (3, 3, 1, 8), (2, 2), "SAME", feature_group_count=4),
    "dilated": _convolution((2, 9, 9, 3), (3, 3, 3, 4), (1, 1), "SAME", rhs_dilation=(2, 2)),
    "dilated strided": _convolution(
        (2, 12, 12, 3), (5, 5, 3, 4), (3, 3), ((0, 0), (1, 2)), rhs_dilation=(2, 1)
    ),
    "transposed": _convolution(
        (2, 5, 5, 4),
        (3, 3, 2, 6),
        (1, 1),
        ((1, 2), (2, 1)),
        lhs_dilation=(2, 2),
        feature_group_count=2,
    ),
    "holes": _convolution(
        (2, 4, 4, 3), (3, 3, 3, 4), (2, 2), ((2, 3), (3, 2)), lhs_dilation=(3, 2)
    ),
    "points": _convolution((2, 8, 8, 3), (1, 1, 3, 4), (2, 2), "VALID"),
    "batch groups": _convolution((4, 8, 8, 3), (3, 3, 3, 4), (1, 1), "SAME", batch_group_count=2),
    "1 dim": _convolution((2, 9, 3), (3, 3, 4), (2,), "SAME", ("NWC", "WIO", "NWC")),
    "3 dims": _convolution(
        (2, 5, 6, 5, 3), (3, 3, 2, 3, 4), (1, 2, 1), "SAME", ("NDHWC", "DHWIO", "NDHWC")
    ),
    "whole": _convolution((2, 7, 7, 3), (7, 7, 3, 4), (1, 1), "VALID"),
}

# -------------------------------------------------------------------------------------------------
# Windows


def _pool(init, fold, window, strides, padding, **more):
    return lambda x: lax.reduce_window(x, init, fold, window, strides, padding, **more)


def _pool_gradient(pool):
    def loss(x):
        y = pool(x)
        return jnp.sum(y * jnp.arange(y.size, dtype=y.dtype).reshape(y.shape))

    return lambda x: jax.value_and_grad(loss)(x)


_MAX = _pool(-jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
_WIDE_MAX = _pool(-jnp.inf, lax.max, (1, 3, 3, 1), (1, 2, 2, 1), "SAME")
_MIN = _pool(jnp.inf, lax.min, (1, 3, 3, 1), (1, 1, 1, 1), "VALID")
_WINDOWS = {
    "max": (_MAX, (IMAGE,)),
    "wide max": (_WIDE_MAX, (IMAGE,)),
    "min": (_MIN, (IMAGE,)),
    "sum": (
        _pool(
            0.0,
            lax.add,
            (1, 3, 2, 1),
            (1, 2, 2, 1),
            ((0, 0), (1, 2), (0, 1), (0, 0)),
            base_dilation=(1, 1, 2, 1),
            window_dilation=(1, 2, 1, 1),
        ),
        (IMAGE,),
    ),
    "max i32": (_pool(-(2**31), lax.max, (2, 2), (1, 1), "SAME"), (I32,)),
    "sum i32": (_pool(0, lax.add, (2, 2), (1, 1), "SAME"), (I32,)),
    "gradient of max": (_pool_gradient(_MAX), (ROUND,)),
    "gradient of wide max": (_pool_gradient(_WIDE_MAX), (ROUND,)),
    "gradient of min": (_pool_gradient(_MIN), (ROUND,)),
    "gradient of sum": (
        _pool_gradient(_pool(0.0, lax.add, (1, 3, 3, 1), (1, 2, 2, 1), "SAME")),
        (IMAGE,),
    ),
    "tangent of max": (lambda x, t: jax.jvp(_MAX, (x,), (t,)), (IMAGE, ROUND)),
}

# -------------------------------------------------------------------------------------------------
# Gathers and scatters

_PAIRS = (np.array([0, 5, 2], np.int32), np.array([3, 1, 0], np.int32))
_STARTS = np.array([0, 1, 2, 3, 9, -4], np.int32)
_ALONG = _DRAW.randint(0, 4, (6, 2)).astype(np.int32)


def _windows_at(table, starts):
    return jax.vmap(lambda row, start: lax.dynamic_slice(row, (start,), (2,)))(table, starts)


def _squared_gradient(pick):
    return lambda table, *indices: jax.grad(lambda t: jnp.sum(pick(t, *indices) ** 2))(table)


def _pick_crossed(t, i, j):
    return t[i[:, None], j[None]]


_GATHERS = {
    **{
        f"rows {mode}": (lambda t, i, mode=mode: jnp.take(t, i, axis=0, mode=mode), (TABLE, ROWS))
        for mode in ("fill", "clip", "wrap")
    },
    **{
        f"rows of {t.dtype}": (lambda t, i: jnp.take(t, i, axis=0), (t, ROWS))
        for t in (I32, U32, FLAGS)
    },
    "columns": (lambda t, i: jnp.take(t, i, axis=1, mode="wrap"), (TABLE, ROWS)),
    "filled": (lambda t, i: t.at[i].get(mode="fill", fill_value=3.0), (TABLE, ROWS)),
    "rows of rows": (lambda t, i: t[i], (TABLE, np.array([[0, 1], [5, 2]], np.int32))),
    "pairs": (
        lambda t, i, j: (t[i, j], t[i[:, None], j[None]], t[i, 1:3], t[1:4, j], t[:, i[0]]),
        (TABLE, *_PAIRS),
    ),
    "along": (lambda t, i: jnp.take_along_axis(t, i, 1), (TABLE, _ALONG)),
    "batched": (lambda t, i: jax.vmap(lambda row, k: row[k])(t, i), (TABLE, _ALONG)),
    "windows": (_windows_at, (TABLE, _STARTS)),
    "one-hot": (lambda i: jax.nn.one_hot(i, 6), (ROWS,)),
    "gradient of rows": (_squared_gradient(lambda t, i: jnp.take(t, i, axis=0)), (TABLE, ROWS)),
    "gradient of along": (
        _squared_gradient(lambda t, i: jnp.take_along_axis(t, i, 1)),
        (TABLE, _ALONG),
    ),
    "gradient of windows": (_squared_gradient(_windows_at), (TABLE, _STARTS)),
    "gradient of crossed": (_squared_gradient(_pick_crossed), (TABLE, *_PAIRS)),
}
_ONCE = np.array([1, -9, 5, 0, 7], np.int32)  # what is set twice is set in no order
_SCATTERS = {
    **{
        f"{how} {mode}": (
            lambda t, i, u, how=how, mode=mode: getattr(t.at[i], how)(u, mode=mode),
            (TABLE, ROWS if how != "set" else _ONCE, UPDATES),
        )
        for how in ("set", "add", "multiply", "min", "max")
        for mode in ("clip", "drop")
        if (how, mode) != ("set", "clip")
    },
    **{
        f"{how} pairs": (
            lambda t, i, j, u, how=how: getattr(t.at[i, j], how)(u),
            (TABLE, *_PAIRS, UPDATES[0, :3]),
        )
        for how in ("set", "add", "multiply", "min", "max")
    },
    "subtract": (lambda t, i, u: t.at[i].subtract(u), (TABLE, ROWS, UPDATES)),
    "part": (lambda t: t.at[1:3, 0].add(2.0), (TABLE,)),
    "add i32": (lambda t, i, u: t.at[i].add(u), (I32, np.array([0, 2, 2], np.int32), J32)),
    "add u32": (lambda t, i, u: t.at[i].add(u), (U32, np.array([0, 2, 2], np.int32), V32)),
    "windows": (
        lambda t, i, u: jax.vmap(lambda t, i, u: lax.dynamic_update_slice(t, u, (i,)))(t, i, u),
        (TABLE, _STARTS, TABLE[:, :2] * 2),
    ),
}

# -------------------------------------------------------------------------------------------------
# Random numbers

_SEED = np.int32(3)
r = jax.random
_RANDOM = {
    **{
        f"key of {s!r}": (lambda s: r.key_data(r.key(s)), (s,))
        for s in (np.int32(5), np.int32(-5), np.uint32(2**32 - 1))
    },
    "raw keys": (
        lambda k: (r.split(k), r.bits(k, (3,)), r.fold_in(k, 3)),
        (np.array([0, 7], np.uint32),),
    ),
    **{
        f"bits {t}": (
            lambda s, t=t: (r.bits(r.key(s), (5, 3), t), r.bits(r.key(s), (), t)),
            (_SEED,),
        )
        for t in ("uint8", "uint16", "uint32")
    },
    "uniform": (
        lambda s: (r.uniform(r.key(s), (4, 5)), r.bernoulli(r.key(s), 0.3, (7,))),
        (_SEED,),
    ),
    "integers": (
        lambda s: (r.randint(r.key(s), (5,), 0, 100), r.permutation(r.key(s), 9)),
        (_SEED,),
    ),
    "normal": (
        lambda s: (r.normal(r.key(s), (64,)), r.truncated_normal(r.key(s), -2.0, 2.0, (9,))),
        (_SEED,),
    ),
    "categorical": (
        lambda s: (r.gumbel(r.key(s), (9,)), r.categorical(r.key(s), jnp.arange(5.0))),
        (_SEED,),
    ),
    "many keys": (
        lambda s: jax.vmap(lambda k: r.uniform(r.fold_in(k, 4), (3,)))(r.split(r.key(s), 4)),
        (_SEED,),
    ),
    "turned keys": (
        lambda s: (
            r.key_data(r.split(r.key(s), (2, 3))[1]),
            r.key_data(r.split(r.key(s), (2, 3)).T.reshape(6)),
        ),
        (_SEED,),
    ),
    "key argument": (lambda k: r.uniform(k, (3,)), (r.key(42),)),
    "keys argument": (
        lambda k: jax.vmap(lambda k: r.uniform(k, (3,)))(k),
        (r.split(r.key(42), 3),),
    ),
}

# -------------------------------------------------------------------------------------------------
# Loops

_W, _XS = _DRAW.randn(3, 3).astype(np.float32), _DRAW.randn(5, 2, 3).astype(np.float32)


def _recurrent(w, xs, **more):
    def body(c, x):
        c = jnp.tanh(c @ w + x)
        return c, (c, c.sum())

    _, (ys, sums) = lax.scan(body, jnp.zeros((2, 3)), xs, **more)
    return (ys**2).sum() + sums.sum()


_LOOPS = {
    "gradient": (jax.value_and_grad(_recurrent, (0, 1)), (_W, _XS)),
    "gradient backwards": (
        jax.value_and_grad(lambda w, xs: _recurrent(w, xs, reverse=True), (0, 1)),
        (_W, _XS),
    ),
    "gradient of turned": (
        jax.value_and_grad(lambda w, xs: _recurrent(w, xs.transpose(1, 0, 2)), (0, 1)),
        (_W, _XS.transpose(1, 0, 2).copy()),
    ),
    "checkpointed": (
        jax.grad(
            lambda w, xs: (
                lax.scan(
                    jax.checkpoint(lambda c, x: (jnp.tanh(c @ w + x), c)), jnp.zeros((2, 3)), xs
                )[1]
                ** 2
            ).sum()
        ),
        (_W, _XS),
    ),
    "counted": (lambda x: lax.fori_loop(0, 4, lambda i, c: c * 2 + i, x), (X,)),
    "never": (lambda x: lax.scan(lambda c, y: (c + y, c), x[0], x[:0]), (X,)),
    "exchanged": (
        lambda x: lax.scan(lambda c, y: ((c[1], c[0] + y, c[2]), c[2]), (x[0], x[1], x[2]), x),
        (X,),
    ),
    "from a number": (
        lambda x: lax.scan(lambda c, y: ((c[0] + 1, c[1] * y), c), (0, x[0]), x),
        (X,),
    ),
    "nested": (
        lambda x: lax.scan(
            lambda c, y: lax.scan(lambda d, z: (d + z, d * z), c, y), jnp.float32(0), x
        ),
        (X,),
    ),
    "map": (lambda x: lax.map(jnp.sort, x), (X,)),
    "keys": (
        lambda s: lax.scan(
            lambda k, _: (r.split(k)[0], r.uniform(k, (2,))), r.key(s), None, length=3
        )[1],
        (_SEED,),
    ),
}

FAMILIES = {
    "unary": _UNARY,
    "binary": _BINARY,
    "integers": _INTEGERS,
    "casts": _CASTS,
    "movement": _MOVEMENT,
    "folds": _FOLDS,
    "orders": _ORDERS,
    "dots": _DOTS,
    "convolutions": _CONVOLUTIONS,
    "windows": _WINDOWS,
    "gathers": _GATHERS,
    "scatters": _SCATTERS,
    "random": _RANDOM,
    "loops": _LOOPS,
}


def family(name: str):
    """(function of a dict of arguments by case, that dict)."""
    cases = FAMILIES[name]

    def function(given):
        return {case: cases[case][0](*given[case]) for case in cases}

    return function, ({case: args for case, (_, args) in cases.items()},)
