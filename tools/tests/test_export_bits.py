"""What is written is enough to run the step, and it is eager's step, bit for bit."""

from __future__ import annotations

import struct

import pytest
import steps
import torch
from hcb_tools import export_fx, real, schema
from hcb_tools.arguments import DTYPES
from hcb_tools.writer import row_major
from torch.utils import _pytree as pytree

TORCH_DTYPES = {schema.DTYPE[name]: dtype for dtype, name in DTYPES.items()}
RESIDENT = [schema.ROLE[role] for role in ("PARAMETER", "BUFFER", "INPUT", "CONSTANT")]
BUFFER = schema.ROLE["BUFFER"]


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
    return out.copy_(tensor.detach())


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


@pytest.mark.parametrize("hold", [False, True])
@pytest.mark.parametrize("name", ["mlp", "cnn", "gpt_tiny", "lstm"])
def test_gradients_buffers_and_loss_equal_eager(name, hold):
    factory = getattr(steps, name)
    exported = export_fx.export_step(factory, name, hold=hold)
    graph = exported.graph
    values, pairs = replay(exported, factory)
    for result, (own, eager) in pairs.items():
        assert torch.equal(own, eager), result
    names = [value.name for value in graph.values]
    assert {names[i] for i in [*graph.outputs, *graph.held]} <= set(pairs)
    assert {value.name for value in graph.values if value.role == BUFFER} <= set(pairs)
    assert all(gradient in pairs for gradient in (f"{path}.grad" for path in parameters(graph)))
    check_memory(graph, values)


def parameters(graph):
    return [value.name for value in graph.values if value.role == schema.ROLE["PARAMETER"]]


def check_memory(graph, values):
    """Shapes, strides and storages are those recorded."""
    for made, tensor in values.items():
        value = graph.values[made]
        if tensor is None or 0 in value.shape:
            continue
        assert list(tensor.shape) == list(value.shape), value.name
        assert list(tensor.stride()) == strides_of(value), value.name
        assert TORCH_DTYPES[value.dtype] == tensor.dtype, value.name
        assert tensor.untyped_storage().nbytes() == graph.storages[value.storage].bytes, value.name


def test_inline_constants_are_the_data():
    class Shifted(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = torch.nn.Linear(2, 2)
            self.mask = torch.arange(2.0)

        def forward(self, x):
            return self.layer(x) + torch.tensor([1.5, -2.0]) * self.mask

    def factory():
        return Shifted(), (torch.ones(1, 2),)

    exported = export_fx.export_step(factory)
    constants = {v.name: v for v in exported.graph.values if v.role == schema.ROLE["CONSTANT"]}
    (literal,) = [value for value in constants.values() if value.data]
    assert struct.unpack("<2f", literal.data) == (1.5, -2.0)
    weights = real.build(factory, exported).weights()
    assert weights[literal.name].tolist() == [1.5, -2.0]
    assert weights["mask"].tolist() == [0.0, 1.0]
    assert exported.notes == [
        "1 tensor constants have their data in the file of --weights only: mask"]
    for name, (own, eager) in replay(exported, factory)[1].items():
        assert torch.equal(own, eager), name
