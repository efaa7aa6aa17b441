"""What is written is enough to run the step, and it is eager's step, bit for bit."""

from __future__ import annotations

import struct

import pytest
import steps
import torch
from hcb_tools import export_fx, real, schema

from replay import check_memory, replay

BUFFER = schema.ROLE["BUFFER"]


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
    assert check_memory(graph, values) == []


def parameters(graph):
    return [value.name for value in graph.values if value.role == schema.ROLE["PARAMETER"]]


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
