"""Parameters of a jax primitive as hcb.v1 writes them, under jax's own names."""

from __future__ import annotations

import dataclasses
import enum

import numpy as np

from .errors import ExportError
from .jax_compat import is_jaxpr
from .schema import DTYPE, Argument

_DTYPES = {
    "float64": "F64", "float32": "F32", "float16": "F16", "bfloat16": "BF16",
    "float8_e4m3fn": "F8E4M3FN", "float8_e4m3fnuz": "F8E4M3FNUZ",
    "float8_e5m2": "F8E5M2", "float8_e5m2fnuz": "F8E5M2FNUZ",
    "float8_e8m0fnu": "F8E8M0", "float4_e2m1fn": "F4E2M1",
    "int64": "I64", "int32": "I32", "int16": "I16", "int8": "I8", "int4": "I4", "int2": "I2",
    "uint64": "U64", "uint32": "U32", "uint16": "U16", "uint8": "U8", "uint4": "U4", "uint2": "U2",
    "bool": "BOOL", "complex64": "C64", "complex128": "C128",
}  # fmt: skip
_BITS = {"I4": 4, "U4": 4, "F4E2M1": 4, "I2": 2, "U2": 2}
# Where and for whom an equation is compiled; an executor on one device has no use for them.
_DROPPED = {
    "sharding", "out_sharding", "in_shardings", "out_shardings", "in_layouts", "out_layouts",
    "ctx_mesh", "mesh", "compiler_options_kvs", "memory_space", "update_jaxpr", "update_consts",
    "linear", "_split_transpose", "debug_info", "ft_in", "ft_out", "num_consts", "num_carry",
}  # fmt: skip


def key_words(dtype) -> int:
    """u32 words of one key of an extended dtype; 0: no key."""
    shape = getattr(getattr(dtype, "_impl", None), "key_shape", None)
    return int(np.prod(shape)) if shape is not None else 0


def dtype_name(dtype, where: str) -> str:
    """"F32"; "KEY" for random keys; "UNDEFINED" for float0."""
    if key_words(dtype):
        return "KEY"
    name = np.dtype(dtype).name if not isinstance(dtype, str) else dtype
    if name in ("void", "float0") or (np.dtype(dtype).kind == "V" and name not in _DTYPES
                                      and np.dtype(dtype).itemsize == 1):
        return "UNDEFINED"
    if name not in _DTYPES:
        raise ExportError(f"{where}: element type {name} is not in hcb.v1")
    return _DTYPES[name]


def element_bits(dtype, name: str) -> int:
    if name == "KEY":
        return 32 * key_words(dtype)
    if name == "UNDEFINED":
        return 0
    return _BITS.get(name) or 8 * np.dtype(dtype).itemsize


def number(item) -> Argument:
    """A Python or numpy number without dimensions."""
    item = item.item() if hasattr(item, "item") else item
    if isinstance(item, (bool, np.bool_)):
        return Argument(boolean=bool(item))
    if isinstance(item, int):
        return Argument(integer=item if item < 1 << 63 else item - (1 << 64))
    if isinstance(item, complex):
        return Argument(complex=Argument.Complex(real=item.real, imaginary=item.imag))
    return Argument(real=float(item))


def literal(value, dtype, where: str) -> Argument:
    """A Literal of a jaxpr: a number with its element type."""
    out = Argument()
    out.wrapped.dtype = DTYPE[dtype_name(dtype, where)]
    array = np.asarray(value)
    if array.dtype.kind not in "biufc":  # bfloat16, fp8
        array = array.astype(np.float64)
    out.wrapped.number.CopyFrom(number(array))
    return out


def _none() -> Argument:
    out = Argument()
    out.none.SetInParent()
    return out


def _record(rows, where: str) -> Argument:
    out = Argument()
    out.record.SetInParent()
    for name, item in rows:
        out.record.items.add(name=name).argument.CopyFrom(write(item, where))
    return out


def _list(items, where: str) -> Argument:
    out = Argument()
    out.list.tuple = isinstance(items, tuple)
    out.list.SetInParent()
    for item in items:
        out.list.items.append(write(item, where))
    return out


def write(item, where: str) -> Argument:
    """One parameter. What has no form of its own becomes a text: its name or its type's."""
    if item is None:
        return _none()
    if isinstance(item, enum.Enum):
        return Argument(text=item.name)
    if isinstance(item, (bool, int, float, complex, np.bool_, np.number)):
        return number(item)
    if isinstance(item, str):
        return Argument(text=item)
    if isinstance(item, np.dtype) or key_words(item):
        return Argument(dtype=DTYPE[dtype_name(item, where)])
    if isinstance(item, type) and issubclass(item, np.generic):
        return Argument(dtype=DTYPE[dtype_name(np.dtype(item), where)])
    if isinstance(item, np.ndarray):
        return _list(item.tolist(), where) if item.ndim else number(item)
    if hasattr(item, "key_shape"):  # a generator of random keys
        return Argument(text=item.name)
    if hasattr(item, "_fields"):
        return _record(zip(item._fields, item, strict=True), where)
    if isinstance(item, (tuple, list)):
        return _list(item, where)
    if dataclasses.is_dataclass(item) and not isinstance(item, type):
        return _record([(f.name, getattr(item, f.name)) for f in dataclasses.fields(item)], where)
    name = getattr(item, "name", None)
    return Argument(text=name if isinstance(name, str) else type(item).__name__)


def is_dropped(name: str, item) -> bool:
    """Has the parameter no meaning for an executor?"""
    return name in _DROPPED or is_jaxpr(item) or (callable(item) and not isinstance(item, type))
