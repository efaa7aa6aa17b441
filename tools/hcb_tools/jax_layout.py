"""How tensors lie in memory when jax primitives run one by one: what is a view, and of what.

Rule: what ATen does without copying shares storage (expand, permute, a reshape that strides allow,
slice, a bit cast of equal width); everything else is new and row-major. An array of one repeated
literal is stored once, with strides of 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Layout:
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    offset: int = 0


def row_major(shape) -> Layout:
    strides, step = [], 1
    for size in reversed(shape):
        strides.append(step)
        step *= max(int(size), 1)
    return Layout(tuple(shape), tuple(reversed(strides)))


def reshaped(base: Layout, shape) -> Layout | None:
    """The strides of the new shape over the same memory, if there are any.

    Walks both shapes from the last dim; old dims that follow each other without a gap form a chunk,
    and new dims have to divide up a chunk exactly.
    """
    if math.prod(shape) == 0:
        return Layout(tuple(shape), row_major(shape).strides, base.offset)
    strides = [0] * len(shape)
    view = len(shape) - 1
    chunk_step, chunk, taken = (base.strides[-1] if base.strides else 1), 1, 1
    for dim in range(len(base.shape) - 1, -1, -1):
        chunk *= base.shape[dim]
        ends = dim == 0 or (base.shape[dim - 1] != 1
                            and base.strides[dim - 1] != chunk * chunk_step)
        if not ends:
            continue
        while view >= 0 and (taken < chunk or shape[view] == 1):
            strides[view] = taken * chunk_step
            taken *= shape[view]
            view -= 1
        if taken != chunk:
            return None
        if dim > 0:
            chunk_step, chunk, taken = base.strides[dim - 1], 1, 1
    while view >= 0 and shape[view] == 1:
        strides[view] = taken * chunk_step
        view -= 1
    return Layout(tuple(shape), tuple(strides), base.offset) if view < 0 else None


def _broadcast(base: Layout, shape, dims) -> Layout:
    strides = [0] * len(shape)
    for source, target in enumerate(dims):
        same = base.shape[source] == shape[target]
        strides[target] = base.strides[source] if same else 0
    return Layout(tuple(shape), tuple(strides), base.offset)


def _slice(base: Layout, starts, limits, steps) -> Layout:
    steps = steps or (1,) * len(starts)
    shape = tuple(-(-max(b - a, 0) // s) for a, b, s in zip(starts, limits, steps, strict=True))
    offset = base.offset + sum(a * s for a, s in zip(starts, base.strides, strict=True))
    strides = tuple(a * b for a, b in zip(base.strides, steps, strict=True))
    return Layout(shape, strides, base.offset if 0 in shape else offset)


def _squeeze(base: Layout, dims) -> Layout:
    gone = {d % len(base.shape) for d in dims}
    kept = [i for i in range(len(base.shape)) if i not in gone]
    return Layout(tuple(base.shape[i] for i in kept), tuple(base.strides[i] for i in kept),
                  base.offset)


def _split(base: Layout, sizes, axis: int) -> list[Layout]:
    out, start = [], 0
    for size in sizes:
        starts = [start if i == axis else 0 for i in range(len(base.shape))]
        limits = [start + size if i == axis else d for i, d in enumerate(base.shape)]
        out.append(_slice(base, starts, limits, None))
        start += size
    return out


def _unstack(base: Layout, axis: int) -> list[Layout]:
    axis %= len(base.shape)
    rest = [i for i in range(len(base.shape)) if i != axis]
    shape, strides = (tuple(row[i] for i in rest) for row in (base.shape, base.strides))
    return [Layout(shape, strides, base.offset + i * base.strides[axis])
            for i in range(base.shape[axis])]


def _wrap_keys(base: Layout, words: int) -> Layout | None:
    if base.strides[-1] != 1 or any(s % words for s in base.strides[:-1]) or base.offset % words:
        return None
    return Layout(base.shape[:-1], tuple(s // words for s in base.strides[:-1]),
                  base.offset // words)


def _unwrap_keys(base: Layout, words: int) -> Layout:
    return Layout((*base.shape, words), (*(s * words for s in base.strides), 1),
                  base.offset * words)


def repeated(op: str, params: dict, of_number: bool) -> Layout | None:
    """How an array that repeats itself is stored: one number, or the numbers of an iota, once."""
    if op == "broadcast_in_dim" and of_number:
        return Layout(tuple(params["shape"]), (0,) * len(params["shape"]))
    if op == "iota":
        axes = range(len(params["shape"]))
        return Layout(tuple(params["shape"]), tuple(int(i == params["dimension"]) for i in axes))
    return None


def views(op: str, params: dict, base: Layout, in_bytes: int, out_shape, out_bytes: int):
    """Layouts of the outputs over the storage of operand 0, or None: they have their own.

    `in_bytes`, `out_bytes`: of one element.
    """
    if op == "broadcast_in_dim":
        return [_broadcast(base, params["shape"], params["broadcast_dimensions"])]
    if op == "transpose":
        order = params["permutation"]
        return [Layout(tuple(base.shape[i] for i in order), tuple(base.strides[i] for i in order),
                       base.offset)]
    if op == "reshape" and params.get("dimensions") is None:
        layout = reshaped(base, params["new_sizes"])
        return [layout] if layout else None
    if op == "squeeze":
        return [_squeeze(base, params["dimensions"])]
    if op == "slice":
        return [_slice(base, params["start_indices"], params["limit_indices"], params["strides"])]
    if op == "split":
        return _split(base, params["sizes"], params["axis"])
    if op == "unstack":
        return _unstack(base, params["axis"])
    if op == "copy":
        return [base]
    if op == "bitcast_convert_type" and in_bytes == out_bytes:
        return [base]
    if op == "random_unwrap":
        return [_unwrap_keys(base, out_shape[-1])]
    if op == "random_wrap":
        layout = _wrap_keys(base, base.shape[-1])
        return [layout] if layout else None
    return None
