"""The other ways into the exporter, and the other forms of a step."""

from __future__ import annotations

import pytest
import steps
import torch
import zoo
from hcb_tools import export_fx, optimizer, schema
from hcb_tools.errors import ExportError
from torch import nn

from replay import check_memory, replay, run

ROLE, PHASE = schema.ROLE, schema.PHASE


def ops(graph, phase=None):
    return [node.op.removeprefix("aten::") for node in graph.nodes
            if phase is None or node.phase == PHASE[phase]]


# -------------------------------------------------------------------------------------------------
# Optimizers


@pytest.mark.parametrize("spec, counts", [
    ("sgd:lr=0.1", (0, 1)),
    ("sgd:momentum=0.9,weight_decay=0.01", (1, 4)),
    ("adam:weight_decay=0.1", (3, 20)),
    ("adamw:lr=3e-4", (3, 20)),
])
@pytest.mark.parametrize("factory", [steps.mlp, steps.gpt_tiny, steps.cnn])
def test_parameters_and_state_after_the_update_equal_eager(spec, counts, factory):
    exported = export_fx.export_step(factory, optimizer=optimizer.parse(spec))
    graph = exported.graph
    values, pairs = replay(exported, factory)
    for name, (own, eager) in pairs.items():
        assert torch.equal(own, eager), name
    assert check_memory(graph, values) == []
    parameters = [v.name for v in graph.values if v.role == ROLE["PARAMETER"]]
    assert set(parameters) <= set(pairs)
    states, nodes = counts
    assert sum(v.role == ROLE["OPTIMIZER_STATE"] for v in graph.values) == states * len(parameters)
    assert len(ops(graph, "OPTIMIZER")) == nodes * len(parameters)
    assert [graph.values[i].name for i in graph.outputs] == [
        graph.values[graph.loss_plus_one - 1].name]


def test_an_update_writes_its_parameter_in_place():
    graph = export_fx.export_step(steps.mlp, optimizer=optimizer.parse("sgd")).graph
    updates = [node for node in graph.nodes if node.phase == PHASE["OPTIMIZER"]]
    for node in updates:
        assert (node.op, list(node.writes)) == ("aten::add_", [0])
        assert node.replay == schema.REPLAY["NEVER"]
        target = graph.values[node.inputs_plus_one[0] - 1]
        assert target.role == ROLE["PARAMETER"]
        assert graph.values[node.outputs[0]].storage == target.storage


@pytest.mark.parametrize("text, message", [
    ("lion", "no optimizer 'lion': sgd, adam, adamw"),
    ("sgd:beta1=0.9", "sgd has no option 'beta1': lr, momentum, weight_decay"),
    ("adamw:lr=fast", "adamw: 'fast' for lr is no number"),
])
def test_bad_optimizer_is_one_sentence(text, message):
    with pytest.raises(ExportError, match=message):
        optimizer.parse(text)


# -------------------------------------------------------------------------------------------------
# Programs and graphs


def small():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(),
                         nn.Linear(144, 1))


def test_exported_program_is_traced_as_a_step():
    module, image = small(), torch.randn(2, 3, 8, 8)
    program = torch.export.export(module, (image,), strict=False)
    exported = export_fx.from_exported_program(program, loss_fn=lambda y: y.square().mean())
    direct = export_fx.from_module(module, (image,), loss_fn=lambda y: y.square().mean())
    assert ops(exported.graph) == ops(direct.graph)
    names = [v.name for v in exported.graph.values if v.role == ROLE["PARAMETER"]]
    assert names == [name for name, _ in module.named_parameters()]


def test_exported_program_with_gradients_is_taken_as_it_is():
    from torch.export.experimental import _export_forward_backward

    class Loss(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = small()

        def forward(self, x):
            return self.inner(x).sum()

    module, image = Loss(), torch.randn(2, 3, 8, 8)
    program = torch.export.export(module, (image,))
    joint = _export_forward_backward(program, joint_loss_index=0)
    graph = export_fx.from_exported_program(joint).graph
    index = {value.name: i for i, value in enumerate(graph.values)}
    tensors = {name: t.detach().clone() for name, t in module.state_dict().items()}
    values = run(graph, {**tensors, "x": image})
    module(image).backward()
    for name, parameter in module.named_parameters():
        torch.testing.assert_close(values[index[f"{name}.grad"]], parameter.grad)
    for name, buffer in module.named_buffers():
        assert torch.equal(values[index[name]], buffer), name  # written back by copy_
    assert ops(graph).count("copy_") == 3
    assert graph.values[graph.loss_plus_one - 1].name == "sum_1"


def joint_graph(weight, x):
    """What a partition function is handed."""
    from torch._functorch.aot_autograd import aot_function
    from torch._functorch.partitioners import default_partition

    seen = []

    def partition(graph_module, inputs, **options):
        seen.append(graph_module)
        return default_partition(graph_module, inputs, **options)

    def plain(graph_module, _):
        return graph_module

    aot_function(lambda w, x: torch.tanh(x @ w).sum(), plain, plain, partition)(weight, x)
    return seen[0]


@pytest.mark.parametrize("described", [True, False])
def test_joint_graph_is_classified(described):
    weight, x = nn.Parameter(torch.randn(3, 4)), torch.randn(2, 3)
    traced = joint_graph(weight, x)
    if not described:
        for node in traced.graph.nodes:
            node.meta.pop("desc", None)
            node.meta.pop("partitioner_tag", None)
    graph = export_fx.from_pytorch_fx(traced, [weight, x]).graph
    assert [(v.name, v.role) for v in graph.values[:2]] == [
        ("primals_1", ROLE["PARAMETER"]), ("primals_2", ROLE["INPUT"])]
    assert [graph.values[i].name for i in graph.outputs] == ["sum_1", "primals_1.grad"]
    assert ops(graph, "FORWARD") == ["mm", "tanh", "sum"]
    assert ops(graph, "BACKWARD") == ["ones_like", "expand", "tanh_backward", "t", "mm"]
    assert graph.loss_plus_one == [v.name for v in graph.values].index("sum_1") + 1
    values = run(graph, {"primals_1": weight.detach(), "primals_2": x})
    torch.tanh(x @ weight).sum().backward()
    assert torch.equal(values[graph.outputs[1]], weight.grad)


def test_joint_graph_with_a_gradient_too_few_is_one_sentence():
    weight, x = nn.Parameter(torch.randn(3, 4)), torch.randn(2, 3)
    traced = joint_graph(weight, x)
    output = traced.graph.output_node()
    output.meta.pop("desc", None)
    output.args = (output.args[0][1:],)
    with pytest.raises(ExportError, match="this one has 2 outputs for 2 inputs"):
        export_fx.from_pytorch_fx(traced, [weight, x])


# -------------------------------------------------------------------------------------------------
# Composites, checkpoint regions


def test_decomposed_composites_are_the_compilers():
    eager = export_fx.export_step(zoo.dropouts).graph
    decomposed = export_fx.export_step(zoo.dropouts, composites="decomposed").graph
    assert (eager.composites, decomposed.composites) == ("eager", "decomposed")
    assert "native_dropout" not in ops(eager)
    assert "native_dropout" in ops(decomposed)
    attention = export_fx.export_step(steps.gpt_tiny, composites="decomposed").graph
    assert attention.nodes != export_fx.export_step(steps.gpt_tiny).graph.nodes


@pytest.mark.parametrize("reentrant", [False, True])
def test_checkpoint_regions_are_named(reentrant):
    from torch.utils.checkpoint import checkpoint

    class Regions(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.ModuleList(nn.Linear(4, 4) for _ in range(2))

        def forward(self, x):
            for layer in self.layers:
                x = checkpoint(layer, x, use_reentrant=reentrant)
            return x

    exported = export_fx.from_module(Regions(), (torch.randn(2, 4, requires_grad=True),))
    assert exported.notes == ["2 torch.utils.checkpoint regions are ignored: the graph is the step "
                              "without them, and hcb plans what is computed again"]
