"""Models and single features: each written whole, and eager's step, bit for bit."""

from __future__ import annotations

import models
import pytest
import torch
import zoo
from hcb_tools import export_fx

from replay import check_memory, replay

# Where fake tensors say something else than the kernels do.
DIFFERENT = {
    # The kernel keeps the order of dims of a tensor that is dense, the fake one does not.
    "batch_norm_sequence": ["getitem: strides", "getitem_3: strides", "input_0.grad: strides"],
    # offset2bag, which the kernel allocates with one more place.
    "embedding_bag": ["getitem_1: storage"],
}


def check(factory, name):
    exported = export_fx.export_step(factory, name)
    values, pairs = replay(exported, factory)
    assert pairs
    for result, (own, eager) in pairs.items():
        assert torch.equal(own, eager), result
    assert check_memory(exported.graph, values) == DIFFERENT.get(name, [])
    return exported


@pytest.mark.parametrize("name", zoo.NAMES)
def test_feature_equals_eager(name):
    check(getattr(zoo, name), name)


@pytest.mark.parametrize("name", models.NODES)
def test_model_equals_eager(name):
    exported = check(getattr(models, name), name)
    assert len(exported.graph.nodes) == models.NODES[name]
