"""What is written is enough to run the step, and it is eager's step, bit for bit."""

from __future__ import annotations

import copy

import pytest
import steps
import torch
from hcb_tools import export_fx, schema
from hcb_tools.arguments import DTYPES
from torch.utils import _pytree as pytree

TORCH_DTYPES = {schema.DTYPE[name]: dtype for dtype, name in DTYPES.items()}
STATE = (schema.ROLE["PARAMETER"], schema.ROLE["BUFFER"])


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


def run(graph, state, inputs):
    """Values by index, after every node was called once in the given order."""
    inputs, values = iter(inputs), {}
    for index, value in enumerate(graph.values):
        if value.role in STATE:
            values[index] = state[value.name].detach()
        elif value.role == schema.ROLE["INPUT"]:
            values[index] = next(inputs)
    for node in graph.nodes:
        values.update(zip(node.outputs, call(node, values), strict=True))
    return values


@pytest.mark.parametrize("name", ["mlp", "cnn", "gpt_tiny", "lstm"])
def test_gradients_buffers_and_loss_equal_eager(name):
    graph = export_fx.export_step(getattr(steps, name), name).graph
    torch.manual_seed(0)
    module, args, *loss_fn = getattr(steps, name)()
    twin = copy.deepcopy(module)
    state = dict([*twin.named_parameters(), *twin.named_buffers()])
    target = [torch.zeros(2, dtype=torch.long)] if name == "mlp" else []  # what loss_fn holds

    torch.manual_seed(1)
    values = run(graph, state, [*args, *target])
    torch.manual_seed(1)
    output = module(*args)
    loss = loss_fn[0](output) if loss_fn else output.sum()
    loss.backward()

    index = {value.name: i for i, value in enumerate(graph.values)}
    for path, parameter in module.named_parameters():
        assert torch.equal(values[index[f"{path}.grad"]], parameter.grad), path
    for path, buffer in module.named_buffers():
        assert torch.equal(state[path], buffer), path
    assert torch.equal(values[graph.outputs[0]], loss)

    for made, tensor in values.items():
        value = graph.values[made]
        if tensor is None or 0 in value.shape:
            continue
        assert list(tensor.shape) == list(value.shape), value.name
        assert list(tensor.stride()) == (list(value.strides) or list(tensor.stride())), value.name
        assert TORCH_DTYPES[value.dtype] == tensor.dtype, value.name
        assert tensor.untyped_storage().nbytes() == graph.storages[value.storage].bytes, value.name
