"""An exported step run node by node in Python, as a C++ executor has to: from the file alone."""

from __future__ import annotations

import torch
from hcb_tools import real, schema
from hcb_tools.arguments import DTYPES
from hcb_tools.writer import row_major
from torch.utils import _pytree as pytree

TORCH_DTYPES = {schema.DTYPE[name]: dtype for dtype, name in DTYPES.items()}
RESIDENT = [schema.ROLE[role] for role in ("PARAMETER", "BUFFER", "INPUT", "CONSTANT",
                                           "OPTIMIZER_STATE")]


def decode(argument, values):
    kind = argument.WhichOneof("kind")
    content = getattr(argument, kind)
    if kind in ("layout", "memory_format"):
        return getattr(torch, content)
    return {
        "value": lambda: values[content],
        "none": lambda: None,
        "list": lambda: [decode(item, values) for item in content.items],
        "dtype": lambda: TORCH_DTYPES[content],
        "device": lambda: torch.device(content.type),
        "wrapped": lambda: decode(content.number, values),
    }.get(kind, lambda: content)()


def call(node, values):
    overload = node.overload or "default"
    op = getattr(getattr(torch.ops.aten, node.op.removeprefix("aten::")), overload)
    given, named = [], {}
    for argument, parameter in zip(node.arguments, op._schema.arguments, strict=True):
        item = decode(argument.argument, values)
        if parameter.kwarg_only:
            named[parameter.name] = item
        else:
            given.append(item)
    result = op(*given, **named)
    return pytree.tree_leaves(result, is_leaf=lambda item: item is None)


def run(graph, tensors):
    """Values by index, after every node was called once in the given order.

    `tensors`: residents by name, as real.RealStep gives them; what the step overwrites is changed.
    """
    values = {}
    for index, value in enumerate(graph.values):
        if value.role in RESIDENT:
            values[index] = placed(tensors[value.name], value, graph.storages[value.storage].bytes)
    for node in graph.nodes:
        values.update(zip(node.outputs, call(node, values), strict=True))
    return values


def placed(tensor, value, storage_bytes):
    """The tensor in an allocation of its own, with the strides and storage of the graph."""
    flat = torch.empty(storage_bytes, dtype=torch.uint8).view(tensor.dtype)
    out = flat.as_strided(tensor.shape, strides_of(value), value.storage_offset)
    once = tuple(slice(0, 1) if stride == 0 else slice(None) for stride in strides_of(value))
    out[once].copy_(tensor.detach()[once])
    return out


def memory_order(strides, value):
    """Those strides that say something."""
    return [stride for stride, size in zip(strides, value.shape, strict=True) if size > 1]


def strides_of(value):
    return list(value.strides) or list(row_major(value.shape))


def replay(exported, factory, seed=0):
    """(what the graph gives, what eager gives), by name."""
    step = real.build(factory, exported, seed)
    tensors = {**step.weights(), **step.inputs()}
    tensors = {name: tensor.detach().clone() for name, tensor in tensors.items()}
    wanted = step.results()
    torch.manual_seed(seed)
    values = run(exported.graph, tensors)
    index = {value.name: i for i, value in enumerate(exported.graph.values)}
    return values, {name: (values[index[name]], tensor) for name, tensor in wanted.items()}


def check_memory(graph, values):
    """Shapes and types are those recorded; gives values of other strides or storage bytes."""
    different = []
    for made, tensor in values.items():
        value = graph.values[made]
        if tensor is None or 0 in value.shape:
            continue
        assert list(tensor.shape) == list(value.shape), value.name
        assert TORCH_DTYPES[value.dtype] == tensor.dtype, value.name
        if memory_order(tensor.stride(), value) != memory_order(strides_of(value), value):
            different.append(f"{value.name}: strides")
        if tensor.untyped_storage().nbytes() != graph.storages[value.storage].bytes:
            different.append(f"{value.name}: storage")
    return different
