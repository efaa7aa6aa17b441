"""Arguments of an ATen call as hcb.v1 writes them: by schema, defaults filled in."""

from __future__ import annotations

import torch

from .errors import ExportError
from .schema import DTYPE, Argument

DTYPES = {
    torch.float64: "F64",
    torch.float32: "F32",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.float8_e4m3fn: "F8E4M3FN",
    torch.float8_e4m3fnuz: "F8E4M3FNUZ",
    torch.float8_e5m2: "F8E5M2",
    torch.float8_e5m2fnuz: "F8E5M2FNUZ",
    torch.float8_e8m0fnu: "F8E8M0",
    torch.int64: "I64",
    torch.int32: "I32",
    torch.int16: "I16",
    torch.int8: "I8",
    torch.uint64: "U64",
    torch.uint32: "U32",
    torch.uint16: "U16",
    torch.uint8: "U8",
    torch.bool: "BOOL",
    torch.complex64: "C64",
    torch.complex128: "C128",
}


def dtype_number(dtype: torch.dtype, where: str) -> int:
    if dtype not in DTYPES:
        raise ExportError(f"{where}: element type {dtype} is not in hcb.v1")
    return DTYPE[DTYPES[dtype]]


def _bare(kind: str) -> str:
    return kind[len("Optional[") : -1] if kind.startswith("Optional[") else kind


def _wrapped(number, where: str) -> Argument:
    dtype = {bool: "BOOL", int: "I64", float: "F64", complex: "C128"}[type(number)]
    out = Argument()
    out.wrapped.dtype = DTYPE[dtype]
    out.wrapped.number.CopyFrom(write(number, "number", None, where))
    return out


def tensor_slots(kind: str, item) -> list[torch.fx.Node | None]:
    """The tensors that an argument holds; None: a tensor left out."""
    bare = _bare(kind)
    if bare == "Tensor":
        return [item if isinstance(item, torch.fx.Node) else None]
    if bare.startswith("List[") and item is not None:
        return [slot for part in item for slot in tensor_slots(_element_kind(bare), part)]
    return []


def _element_kind(kind: str) -> str:
    return kind[len("List[") : -1] if kind.startswith("List[") else "Any"


def _write_list(items, kind: str, value_of, where: str) -> Argument:
    out = Argument()
    out.list.tuple = isinstance(items, tuple)
    out.list.SetInParent()
    for item in items:
        out.list.items.append(write(item, _element_kind(_bare(kind)), value_of, where))
    return out


def _write_number(number, kind: str) -> Argument:
    if isinstance(number, bool):
        return Argument(boolean=number)
    if isinstance(number, complex):
        return Argument(complex=Argument.Complex(real=number.real, imaginary=number.imag))
    if isinstance(number, float) or kind == "float":
        return Argument(real=float(number))
    return Argument(integer=number)


def write(item, kind: str, value_of, where: str) -> Argument:
    """One argument of schema type `kind`; value_of(fx_node) is the index of a tensor's value."""
    bare = _bare(kind)
    if item is None:
        return _none()
    if isinstance(item, torch.fx.Node):
        return Argument(value=value_of(item))
    if isinstance(item, (list, tuple)):
        return _write_list(item, kind, value_of, where)
    if isinstance(item, (bool, int, float, complex)):
        return _wrapped(item, where) if bare == "Tensor" else _write_number(item, bare)
    if isinstance(item, str):
        return Argument(text=item)
    if isinstance(item, torch.dtype):
        return Argument(dtype=dtype_number(item, where))
    if isinstance(item, torch.device):
        index = -1 if item.index is None else item.index
        return Argument(device={"type": item.type, "index": index})
    if isinstance(item, torch.layout):
        return Argument(layout=str(item).removeprefix("torch."))
    if isinstance(item, torch.memory_format):
        return Argument(memory_format=str(item).removeprefix("torch."))
    raise ExportError(f"{where}: an argument of type {type(item).__name__} is not in hcb.v1")


def _none() -> Argument:
    out = Argument()
    out.none.SetInParent()
    return out


def by_schema(node: torch.fx.Node) -> list[tuple[str, str, object]]:
    """(name, schema type, argument) of every parameter of the op, in schema order."""
    rows = []
    for position, parameter in enumerate(node.target._schema.arguments):
        if position < len(node.args) and not parameter.kwarg_only:
            item = node.args[position]
        else:
            item = node.kwargs.get(parameter.name, parameter.default_value)
        rows.append((parameter.name, str(parameter.type), item))
    return rows
