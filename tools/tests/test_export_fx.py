"""Exported steps are whole, consistent and the same every time.

Needs the environment of `tools/setup torch`, and protoc.
"""

from __future__ import annotations

import pathlib
import shutil
import subprocess
import sys

import models
import pytest
import steps
import torch
from hcb_tools import export_fx, schema
from hcb_tools.errors import ExportError
from torch import nn

HERE = pathlib.Path(__file__).resolve().parent
DATA = HERE.parent.parent / "tests" / "data" / "steps"
FORWARD, BACKWARD = schema.PHASE["FORWARD"], schema.PHASE["BACKWARD"]

# What torch 2.15 traces: a change here is a change of what is recorded, see eager.py.
NODES = {"mlp": 25, "cnn": 41, "gpt_tiny": 214, "lstm": 25}
every_step = pytest.mark.parametrize("name", NODES)


@pytest.fixture(scope="module")
def exported():
    return {name: export_fx.export_step(getattr(steps, name), name) for name in NODES}


def named(graph):
    return {value.name: value for value in graph.values}


def by_op(graph, op):
    return [node for node in graph.nodes if node.op == f"aten::{op}"]


@every_step
def test_node_count(exported, name):
    assert len(exported[name].graph.nodes) == NODES[name]


@every_step
def test_every_parameter_has_a_gradient_of_its_shape(exported, name):
    graph = exported[name].graph
    values = named(graph)
    wanted = {path: list(p.shape) for path, p in getattr(steps, name)()[0].named_parameters()}
    parameters = {v.name for v in graph.values if v.role == schema.ROLE["PARAMETER"]}
    assert parameters == set(wanted)
    outputs = {graph.values[i].name for i in graph.outputs}
    for path, shape in wanted.items():
        assert values[f"{path}.grad"].role == schema.ROLE["GRADIENT"]
        assert list(values[f"{path}.grad"].shape) == shape
        assert f"{path}.grad" in outputs
    assert len(graph.outputs) == len(wanted) + 1  # and the loss


@every_step
def test_every_value_is_made_once_and_before_it_is_read(exported, name):
    graph = exported[name].graph
    residents = {schema.ROLE[r] for r in ("PARAMETER", "BUFFER", "INPUT", "CONSTANT")}
    made = {i for i, value in enumerate(graph.values) if value.role in residents}
    for node in graph.nodes:
        assert all(plus_one - 1 in made for plus_one in node.inputs_plus_one if plus_one)
        assert made.isdisjoint(node.outputs)
        made.update(node.outputs)
    assert made == set(range(len(graph.values)))
    assert len({value.name for value in graph.values}) == len(graph.values)
    assert len({node.name for node in graph.nodes}) == len(graph.nodes)


@every_step
def test_nothing_of_the_forward_waits_for_the_backward(exported, name):
    graph = exported[name].graph
    made_in = {v: node.phase for node in graph.nodes for v in node.outputs}
    for node in graph.nodes:
        if node.phase == FORWARD:
            assert all(made_in.get(p - 1, FORWARD) == FORWARD for p in node.inputs_plus_one if p)
    assert {node.phase for node in graph.nodes} == {FORWARD, BACKWARD}


@every_step
def test_tensors_fit_in_their_storage(exported, name):
    graph = exported[name].graph
    sizes = {number: dtype.itemsize for dtype, number in _dtype_numbers().items()}
    for value in graph.values:
        if value.dtype == schema.DTYPE["UNDEFINED"] or 0 in value.shape:
            continue
        strides = list(value.strides) or _contiguous(value.shape)
        last = value.storage_offset
        last += sum((n - 1) * s for n, s in zip(value.shape, strides, strict=True))
        assert (last + 1) * sizes[value.dtype] <= graph.storages[value.storage].bytes, value.name


def _dtype_numbers():
    from hcb_tools.arguments import DTYPES

    return {dtype: schema.DTYPE[name] for dtype, name in DTYPES.items()}


def _contiguous(shape):
    strides, step = [], 1
    for size in reversed(shape):
        strides.insert(0, step)
        step *= size
    return strides


@every_step
def test_a_view_shares_the_storage_of_an_argument_and_nothing_else_does(exported, name):
    graph = exported[name].graph
    for node in graph.nodes:
        arguments = {p - 1 for p in node.inputs_plus_one if p}
        shared = {graph.values[i].storage for i in arguments}
        for output in node.outputs:
            value = graph.values[output]
            if value.view_of_plus_one:
                base = value.view_of_plus_one - 1
                assert base in arguments
                assert graph.values[base].storage == value.storage
            else:
                assert value.storage not in shared
        assert not (node.view and node.donates)
    for node in by_op(graph, "t") + by_op(graph, "view") + by_op(graph, "transpose"):
        assert node.view


@every_step
def test_a_donation_is_between_storages_of_one_size(exported, name):
    graph = exported[name].graph
    for node in graph.nodes:
        for donation in node.donates:
            given = graph.values[node.inputs_plus_one[donation.input] - 1].storage
            taken = graph.values[node.outputs[donation.output]].storage
            assert given != taken
            assert graph.storages[given].bytes == graph.storages[taken].bytes


@every_step
def test_same_step_same_bytes(exported, name):
    again = export_fx.export_step(getattr(steps, name), name)
    assert again.data == exported[name].data


@every_step
def test_committed_files_are_what_is_exported(exported, name):
    assert (DATA / f"{name}.hcb").read_bytes() == exported[name].data


@pytest.mark.parametrize("name", models.NODES)
def test_committed_models_are_what_is_exported(name):
    exported = export_fx.export_step(getattr(models, name), name)
    assert (DATA / f"{name}.hcb").read_bytes() == exported.data


def test_in_place_calls_donate(exported):
    (relu, residual) = by_op(exported["cnn"].graph, "relu_")
    assert [(d.output, d.input) for d in relu.donates] == [(0, 0)]
    assert [(d.output, d.input) for d in residual.donates] == [(0, 0)]


def test_every_batch_norm_writes_its_state(exported):
    graph = exported["cnn"].graph
    names = [value.name for value in graph.values]
    written = set()
    for node in graph.nodes:
        if schema.EFFECT["STATE"] in node.effects:
            written |= {names[p - 1] for p in node.inputs_plus_one if p}
    buffers = {v.name for v in graph.values if v.role == schema.ROLE["BUFFER"]}
    assert len(buffers) == 6
    assert buffers <= written
    for norm in by_op(graph, "_native_batch_norm_legit"):
        assert norm.replay == schema.REPLAY["PURE"]
    counters = [n for n in graph.nodes if n.replay == schema.REPLAY["NEVER"]]
    assert [n.op for n in counters] == ["aten::add_", "aten::add_"]


def test_dropout_is_what_eager_runs(exported):
    graph = exported["cnn"].graph
    (fill,) = [node for node in graph.nodes if node.random]
    assert (fill.op, fill.overload) == ("aten::bernoulli_", "float")
    assert fill.donates
    assert not by_op(graph, "native_dropout")
    probability = {a.name: a.argument for a in fill.arguments}["p"]
    assert probability.real == 0.9


def test_attention_without_dropout_is_not_random(exported):
    graph = exported["gpt_tiny"].graph
    attention = by_op(graph, "_scaled_dot_product_flash_attention_for_cpu")
    assert len(attention) == 2
    assert not any(node.random for node in attention)
    assert sum(node.random for node in graph.nodes) == 4  # two dropouts per block


def test_tied_head_is_one_parameter_with_one_sum(exported):
    graph = exported["gpt_tiny"].graph
    values = named(graph)
    assert "tokens.weight" in values
    assert "head.weight" not in values
    index = [v.name for v in graph.values].index("tokens.weight.grad")
    (maker,) = [node for node in graph.nodes if index in node.outputs]
    assert maker.op in ("aten::add", "aten::add_")


def test_lstm_is_one_call_per_layer(exported):
    graph = exported["lstm"].graph
    assert len(by_op(graph, "mkldnn_rnn_layer")) == 2
    assert exported["lstm"].notes == [
        "0 bytes under fake tensors, the real size needs a profile: "
        "mkldnn_rnn_layer.3, mkldnn_rnn_layer_1.3"
    ]


def test_modules_and_lines(exported):
    graph = exported["gpt_tiny"].graph
    (first, _) = by_op(graph, "gelu")
    assert first.module == "blocks.0"
    assert first.source.startswith("steps.py:")
    (backward, _) = by_op(graph, "gelu_backward")[::-1]
    assert backward.module == "blocks.0"
    assert graph.nodes[backward.forward_plus_one - 1].op == "aten::gelu"


def test_without_loss_fn_the_file_says_so(exported):
    modules = {node.module for node in exported["lstm"].graph.nodes}
    assert "(loss: sum of the floating outputs)" in modules
    assert "(loss)" in {node.module for node in exported["mlp"].graph.nodes}


def test_a_view_read_after_a_write_is_taken_again():
    class Stale(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.ones(4, 3))

        def forward(self, x):
            base = x @ self.weight
            row = base[0]
            base.mul_(2.0)
            return row.sum()

    graph = export_fx.from_module(Stale(), (torch.ones(2, 4),)).graph
    names = [value.name for value in graph.values]
    (total,) = by_op(graph, "sum")
    read = graph.values[total.inputs_plus_one[0] - 1]
    (again,) = by_op(graph, "as_strided")
    assert names[again.outputs[0]] == read.name
    assert names[again.inputs_plus_one[0] - 1] == "mul_"


def test_scalar_for_a_tensor_is_wrapped():
    class Plus(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.ones(3))

        def forward(self):
            return (self.weight + 2).sum()

    (add,) = by_op(export_fx.from_module(Plus(), ()).graph, "add")
    other = add.arguments[1]
    assert other.name == "other"
    assert other.argument.wrapped.number.integer == 2
    assert other.argument.wrapped.dtype == schema.DTYPE["I64"]


def test_two_gradients_that_autograd_shares_are_two_values():
    class Sum(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Parameter(torch.ones(3)), nn.Parameter(torch.ones(3))

        def forward(self, x):
            return ((self.a + self.b) * x).sum()

    graph = export_fx.from_module(Sum(), (torch.ones(3),)).graph
    values = named(graph)
    assert values["a.grad"].storage != values["b.grad"].storage


def test_traced_graph_module():
    from torch.fx.experimental.proxy_tensor import make_fx

    inputs = [torch.ones(2, 3), torch.ones(3)]
    traced = make_fx(lambda x, y: torch.tanh(x * y))(*inputs)
    graph = export_fx.from_pytorch_fx(traced, inputs).graph
    assert [node.op for node in graph.nodes] == ["aten::mul", "aten::tanh"]
    assert [value.role for value in graph.values[:2]] == [schema.ROLE["INPUT"]] * 2
    assert len(graph.outputs) == 1


def test_replaced_buffer_is_refused():
    class Average(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(2, 2)
            self.register_buffer("mean", torch.zeros(2))

        def forward(self, x):
            self.mean = self.mean * 0.9
            return self.layer(x).sum()

    with pytest.raises(ExportError, match=r"buffer mean is replaced in forward"):
        export_fx.from_module(Average(), (torch.ones(1, 2),))


@pytest.mark.parametrize("forward", [
    lambda x: x[x > 0].sum(),
    lambda x: x * x.sum().item(),
])
def test_data_dependent_step_is_one_sentence(forward):
    class Step(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(2, 2)

        def forward(self, x):
            return forward(self.layer(x))

    with pytest.raises(ExportError, match=r"the step depends on the data of a tensor"):
        export_fx.from_module(Step(), (torch.ones(1, 2),))


@pytest.mark.parametrize("spec, text", [
    ("nowhere_at_all:make", "no module 'nowhere_at_all' to take the factory from"),
    ("steps:nothing", "module 'steps' has no function 'nothing'"),
    ("steps", "'steps' names no factory: write module:factory"),
])
def test_missing_factory_is_one_sentence(spec, text, capsys, tmp_path):
    assert export_fx.main([spec, "-o", str(tmp_path / "x.hcb")]) == 3
    assert capsys.readouterr().err == f"error: {text}\n"
    assert not list(tmp_path.iterdir())


def test_command_writes_step_and_weights(tmp_path):
    from safetensors.torch import load_file

    step, weights = tmp_path / "mlp.hcb", tmp_path / "mlp.safetensors"
    spec = f"{HERE / 'steps.py'}:mlp"
    assert export_fx.main([spec, "-o", str(step), "--weights", str(weights)]) == 0
    graph = schema.Graph.FromString(step.read_bytes())
    assert graph.version.major == 1
    assert set(load_file(weights)) == {"0.weight", "0.bias", "2.weight", "2.bias"}


def test_seven_billion_parameters_need_no_memory_of_their_own(tmp_path):
    program = (
        "import resource, sys; from hcb_tools import export_fx\n"
        f"assert export_fx.main(['steps:gpt_7b', '-o', {str(tmp_path / 'b.hcb')!r}]) == 0\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    path = {"PYTHONPATH": f"{HERE}:{HERE.parent}", "PATH": "/usr/bin:/bin"}
    run = subprocess.run([sys.executable, "-c", program], env=path, check=True,
                         stdout=subprocess.PIPE, text=True)
    graph = schema.Graph.FromString((tmp_path / "b.hcb").read_bytes())
    parameters = [v for v in graph.values if v.role == schema.ROLE["PARAMETER"]]
    assert sum(graph.storages[v.storage].bytes for v in parameters) > 4 * 6_900_000_000
    assert int(run.stdout.split()[-1]) * 1024 < 4 << 30  # measured: 0.7 GB


@pytest.mark.slow
def test_installed_console_script_writes_the_same_bytes(tmp_path):
    """pip gets setuptools for the build from where it gets packages."""
    tools = HERE.parent
    source = tmp_path / "source"
    shutil.copytree(tools, source / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(tools.parent / "proto", source / "proto")
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps",
               "--disable-pip-version-check", "--target", tmp_path / "site", source / "tools"]
    subprocess.run(install, check=True)
    subprocess.run(
        [sys.executable, tmp_path / "site" / "bin" / "hcb-export-fx", f"{HERE / 'steps.py'}:mlp",
         "-o", tmp_path / "mlp.hcb"],
        env={"PYTHONPATH": str(tmp_path / "site"), "PATH": "/nowhere"}, cwd=tmp_path, check=True)
    assert (tmp_path / "mlp.hcb").read_bytes() == (DATA / "mlp.hcb").read_bytes()
