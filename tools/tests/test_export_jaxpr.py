"""Exported jaxprs are whole, consistent and the same every time.

Needs the environment of `tools/setup jax`, and protoc. tools/jax-versions runs it with other
versions of jax, where what is pinned to one version is left out.
"""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys

import pytest

jax = pytest.importorskip("jax")
os.environ.setdefault("JAX_PLATFORMS", "cpu")

import jax.numpy as jnp  # noqa: E402
import jax_models as models  # noqa: E402
import numpy as np  # noqa: E402
from hcb_tools import export_jaxpr, jax_capture, jax_segments, schema  # noqa: E402
from hcb_tools.errors import ExportError  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
DATA = HERE.parent.parent / "tests" / "data" / "steps"
FORWARD, BACKWARD, OPTIMIZER = (schema.PHASE[p] for p in ("FORWARD", "BACKWARD", "OPTIMIZER"))
PINNED = jax.__version__ == "0.10.2"
pinned = pytest.mark.skipif(not PINNED, reason="what jax 0.10.2 traces")

# What jax 0.10.2 traces: a change here is a change of what is recorded.
NODES = {"jax_transformer": 685, "jax_cnn": 145, "jax_mlp": 80, "jax_rnn": 21}
every_step = pytest.mark.parametrize("name", NODES)


@pytest.fixture(scope="module")
def exported():
    return {name: jax_capture.export(getattr(models, name), name=name, grad=True)
            for name in NODES}


def export(factory, **options):
    return jax_capture.export(factory, **options)


def calls(made):
    return [(n.op, list(n.inputs_plus_one), list(n.outputs)) for n in made.graph.nodes]


def value(graph, name):
    return next(v for v in graph.values if v.name == name)


def by_op(graph, op):
    return [node for node in graph.nodes if node.op == op]


@every_step
@pinned
def test_node_count(exported, name):
    assert len(exported[name].graph.nodes) == NODES[name]


@every_step
@pinned
def test_the_files_under_tests_data_are_what_is_written(exported, name):
    assert (DATA / f"{name}.hcb").read_bytes() == exported[name].data


def test_the_same_bytes_every_time(exported):
    again = jax_capture.export(models.jax_cnn, name="jax_cnn", grad=True)
    assert again.data == exported["jax_cnn"].data


@every_step
def test_every_parameter_has_a_gradient_of_its_shape(exported, name):
    graph = exported[name].graph
    _, args = jax_capture.build(getattr(models, name))
    leaves = jax.tree_util.tree_leaves(args[0])
    parameters = [v for v in graph.values if v.role == schema.ROLE["PARAMETER"]]
    assert [tuple(v.shape) for v in parameters] == [leaf.shape for leaf in leaves]
    outputs = [graph.values[i] for i in graph.outputs]
    assert outputs[0].name == graph.values[graph.loss_plus_one - 1].name
    assert [v.name for v in outputs[1:]] == [f"{p.name}.grad" for p in parameters]
    assert all(graph.values[v.gradient_of_plus_one - 1].name + ".grad" == v.name
               for v in outputs[1:])


@every_step
def test_phases_follow_each_other(exported, name):
    phases = [node.phase for node in exported[name].graph.nodes]
    assert phases == sorted(phases)
    assert set(phases) == {FORWARD, BACKWARD}


@every_step
def test_the_file_says_which_jax(exported, name):
    graph = exported[name].graph
    assert graph.framework == f"jax {jax.__version__}"
    assert (graph.version.major, graph.version.minor) == (1, 3)


def test_parameters_are_named_by_their_path(exported):
    kernel = value(exported["jax_transformer"].graph, "params.layers_1.Dense_0.kernel")
    assert list(kernel.shape) == [32, 128]


def test_modules_and_sources_come_from_name_stacks(exported):
    graph = exported["jax_transformer"].graph
    products = [n for n in by_op(graph, "dot_general") if n.module.endswith("layers.1.Dense.0")]
    assert {n.phase for n in products} == {FORWARD, BACKWARD}
    sources = {node.source.rpartition(":")[0] for node in graph.nodes}
    assert "jax_models.py" in sources


def test_keys_are_keys(exported):
    graph = exported["jax_mlp"].graph
    key = value(graph, "key")
    assert (key.dtype, list(key.shape), key.role) == (schema.DTYPE["KEY"], [], schema.ROLE["INPUT"])
    assert graph.storages[key.storage].bytes == 8


def test_literals_are_arguments_without_inputs():
    graph = export(lambda: (lambda w: jnp.sum(w * 3.0), (jnp.ones((4,)),))).graph
    (node,) = by_op(graph, "mul")
    numbers = [a.argument for a in node.arguments if a.argument.WhichOneof("kind") == "wrapped"]
    assert [n.wrapped.number.real for n in numbers] == [3.0]
    assert len(node.inputs_plus_one) == 1


def test_dimension_numbers_are_records(exported):
    node = by_op(exported["jax_cnn"].graph, "conv_general_dilated")[0]
    given = {a.name: a.argument for a in node.arguments}
    fields = [item.name for item in given["dimension_numbers"].record.items]
    assert fields == ["lhs_spec", "rhs_spec", "out_spec"]
    assert [i.integer for i in given["window_strides"].list.items] == [1, 1]


# -------------------------------------------------------------------------------------------------
# Structure


def test_a_scan_keeps_its_body_and_knows_its_backward(exported):
    graph = exported["jax_rnn"].graph
    first, second = by_op(graph, "scan")
    body, back = first.bodies[0], second.bodies[0]
    assert (body.length, body.reverse, back.length, back.reverse) == (64, False, 64, True)
    assert body.carries == 2
    inputs = [v for v in body.graph.values if v.role == schema.ROLE["INPUT"]]
    assert len(inputs) == body.consts + body.carries + body.xs
    assert len(body.graph.outputs) == len(first.outputs)
    at = list(graph.nodes).index
    assert back.reversed_partner_plus_one == at(first) + 1 == second.forward_plus_one
    assert body.reversed_partner_plus_one == at(second) + 1


@pytest.mark.parametrize(("action", "outer", "inner"),
                         [("carry", 64, 1), ("segment", 16, 4), ("nested", 8, 8)])
def test_loops_in_segments(action, outer, inner):
    """64 iterations, 512 bytes of carry, 3 KiB of residuals each."""
    made = jax_capture.export(models.jax_rnn, grad=True, scan=action)
    assert f"scan: 64 iterations as {outer} x {inner} ({action})" in made.notes
    first, second = by_op(made.graph, "scan")
    assert [n.bodies[0].length for n in (first, second)] == [outer, outer]
    assert [n.bodies[0].length for n in by_op(first.bodies[0].graph, "scan")] == [inner]
    stacks = [made.graph.values[o] for o in list(first.outputs)[2:]]
    assert [list(v.shape) for v in stacks] == [[outer, 4, 16]] * 2  # the carry, nothing else
    loops = [n.bodies[0].length for n in by_op(second.bodies[0].graph, "scan")]
    assert loops == [inner, inner]  # again, and backwards


def test_the_inner_length_is_the_divisor_that_holds_least():
    # 60 = outer x inner: 10·outer + 40·inner is 15·10 + 4·40 = 310; 12 x 5: 320, 20 x 3: 320
    assert jax_segments.best_inner(60, 10, 40) == 4
    assert jax_segments.best_inner(61, 10, 1000) == 1  # a prime: all carries


def test_a_while_loop_is_one_node():
    graph = export(models.while_loop).graph
    (node,) = graph.nodes
    assert (node.op, len(node.bodies), node.bodies[0].length) == ("while", 2, 0)


def test_branches_are_one_node():
    node = by_op(export(models.branches).graph, "cond")[0]
    branches = next(a.argument for a in node.arguments if a.name == "branches")
    assert [i.body for i in branches.list.items] == [0, 1]


def test_recomputation_of_the_user_is_marked():
    graph = export(models.checkpointed, grad=True).graph
    kinds = [graph.regions[n.region_plus_one - 1].kind for n in graph.nodes if n.region_plus_one]
    assert schema.REGION_KIND["RECOMPUTE"] in kinds
    again = [n for n in graph.nodes if n.region_plus_one
             and graph.regions[n.region_plus_one - 1].kind == schema.REGION_KIND["RECOMPUTE"]]
    assert {n.phase for n in again} == {BACKWARD}


def test_a_gradient_of_its_own_is_a_region_of_a_forward_graph():
    graph = export(models.custom_gradient).graph
    (region,) = graph.regions
    assert region.kind == schema.REGION_KIND["CUSTOM_GRADIENT"]
    inside = [n.op for n in graph.nodes if n.region_plus_one == 1]
    assert inside == ["sin"]


def test_side_effects_happen_once_and_in_order():
    graph = export(models.callbacks).graph
    effects = [n for n in graph.nodes if n.effects]
    assert len(effects) == 2
    assert all(n.replay == schema.REPLAY["NEVER"] for n in effects)
    assert all(list(n.effects) == [schema.EFFECT["HOST"]] for n in effects)
    at = list(graph.nodes).index
    assert [(e.before, e.after) for e in graph.order_edges] == [(at(effects[0]), at(effects[1]))]


def test_what_nobody_can_run_is_named():
    made = export(models.opaque)
    (note,) = [n for n in made.notes if n.startswith("primitives")]
    assert "pure_callback (1)" in note and "random_gamma (1)" in note


def test_constants_have_their_data_where_they_are_small():
    graph = export(models.constants).graph
    constants = [v for v in graph.values if v.role == schema.ROLE["CONSTANT"]]
    small, large = sorted(constants, key=lambda v: len(v.shape))
    assert small.data == np.arange(8, dtype=np.float32).tobytes()
    assert (list(large.shape), large.data) == ([256, 256], b"")


# -------------------------------------------------------------------------------------------------
# Memory


def test_views_share_the_storage_of_their_base():
    def function(w):
        return jnp.sin(w.T), jnp.sin(w.reshape(2, 6).T.reshape(12)), jnp.broadcast_to(w, (5, 3, 4))

    graph = export(lambda: (function, (jnp.ones((3, 4)),))).graph
    transposed = by_op(graph, "transpose")[0]
    view = graph.values[transposed.outputs[0]]
    assert (transposed.view, list(view.shape), list(view.strides)) == (True, [4, 3], [1, 4])
    flat, copied = by_op(graph, "reshape")
    assert (flat.view, copied.view) == (True, False)  # [2, 6] in place; a transpose is not flat
    wide = graph.values[by_op(graph, "broadcast_in_dim")[0].outputs[0]]
    assert (list(wide.strides), wide.storage) == ([0, 4, 1], graph.values[0].storage)


def test_a_number_that_is_repeated_is_stored_once():
    graph = export(lambda: (lambda: jnp.zeros((100, 100)), ())).graph
    (zeros,) = graph.values
    assert (graph.storages[zeros.storage].bytes, list(zeros.strides)) == (4, [0, 0])


def test_results_take_over_the_memory_of_donated_arguments():
    graph = export(models.jax_adamw, donate=(0, 1)).graph
    copies = [n for n in graph.nodes if n.writes]
    parameters = [v for v in graph.values if v.role == schema.ROLE["PARAMETER"]]
    assert len(copies) == 3 * len(parameters) + 1  # parameters, two moments of each, the count
    assert {n.phase for n in copies} <= {FORWARD, OPTIMIZER}
    for node in copies:
        old = node.inputs_plus_one[1]
        result = graph.values[node.outputs[0]]
        assert (list(node.writes), result.view_of_plus_one) == ([1], old)
        assert graph.values[old - 1].role in (schema.ROLE["PARAMETER"],
                                              schema.ROLE["OPTIMIZER_STATE"])


def test_state_of_an_optimizer_is_known_under_any_name():
    def factory():
        step, (params, state, tokens, key) = models.jax_adamw()
        return lambda p, s, t, k: step(p, s, t, k), (params, state, tokens, key)

    graph = export(factory).graph
    parameters = [v for v in graph.values if v.role == schema.ROLE["PARAMETER"]]
    state = [v for v in graph.values if v.role == schema.ROLE["OPTIMIZER_STATE"]]
    assert all(v.name.startswith("p.") for v in parameters)
    assert len(state) == 2 * len(parameters) + 1  # two moments of each, the count


def test_donation_of_a_jitted_function_is_seen():
    step = jax.jit(lambda w, g: w - g, donate_argnums=(0,))
    graph = export(lambda: (step, (jnp.ones((4,)), jnp.ones((4,))))).graph
    assert [n.op for n in graph.nodes if n.writes] == ["copy"]


# -------------------------------------------------------------------------------------------------
# From Python, and what is refused


def test_functions_and_jaxprs():
    w, x = jnp.ones((3, 2)), jnp.ones((4, 3))
    loss = lambda w, x: jnp.sum(jnp.tanh(x @ w))  # noqa: E731
    one = export_jaxpr.capture_graph_jaxpr(loss, (w, x), grad=True)
    closed = jax.make_jaxpr(jax.value_and_grad(loss))(w, x)
    two = export_jaxpr.from_jaxpr(closed, names=["w", "x"], parameters=[0], name="step")
    three = export_jaxpr.from_jaxpr(closed.jaxpr, names=["w", "x"], parameters=[0], name="step")
    assert calls(two) == calls(three)
    if jax.__version_info__ >= (0, 8):
        assert calls(one) == calls(two)
        assert [n.phase for n in one.graph.nodes] == [n.phase for n in two.graph.nodes]
    else:  # a jaxpr from elsewhere says nothing of phases: what the value needs is forward
        assert sorted(n.op for n in one.graph.nodes) == sorted(n.op for n in two.graph.nodes)


@pytest.mark.skipif(jax.__version_info__ < (0, 8), reason="needs name stacks without scopes")
def test_a_value_and_grad_is_known_without_being_told():
    function, args = jax_capture.build(models.jax_mlp)
    graph = export_jaxpr.capture_graph_jaxpr(jax.value_and_grad(function), args).graph
    assert sum(v.role == schema.ROLE["GRADIENT"] for v in graph.values) == 6


def test_symbolic_dims_are_bound_or_refused():
    with pytest.raises(ExportError, match=r"^x: its dim batch is symbolic; bind it: --dim batch=N"):
        export(models.symbolic)
    graph = export(models.symbolic, dims={"batch": 7}).graph
    assert list(value(graph, "x").shape) == [7, 8]


def test_a_while_loop_has_no_gradient():
    def factory():
        loop, args = models.while_loop()
        return lambda w: jnp.sum(loop(w)), args

    with pytest.raises(ExportError, match=r"^a while loop has no gradient: "):
        export(factory, grad=True)


def test_a_factory_that_returns_something_else_is_refused():
    with pytest.raises(ExportError, match="does not return"):
        export(lambda: 3)


def test_missing_jax_is_one_sentence(tmp_path):
    program = ("import sys; sys.modules['jax'] = None; from hcb_tools import export_jaxpr; "
               "sys.exit(export_jaxpr.main(['m:f', '-o', 'x.hcb']))")
    run = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True,
                         text=True, env={**os.environ, "PYTHONPATH": str(HERE.parent)})
    assert (run.returncode, run.stdout) == (3, "")
    assert run.stderr == ("error: jax is not installed: pip install 'hcb[jax]'; nothing but "
                          "hcb_tools.export_jaxpr needs it\n")


def test_results_of_jax_itself(tmp_path):
    """The files for hcb-run: every weight and input, every result."""
    files = [tmp_path / name for name in ("w", "i", "r")]
    arguments = [f"{HERE / 'jax_models.py'}:jax_mlp", "-o", str(tmp_path / "x.hcb"), "--grad"]
    for option, file in zip(("--weights", "--inputs", "--results"), files, strict=True):
        arguments += [option, str(file)]
    assert export_jaxpr.main(arguments) == 0
    header = files[2].read_bytes()
    size = int.from_bytes(header[:8], "little")
    assert b'"params.Dense_0.kernel.grad":{"dtype":"F32","shape":[24,64]' in header[8 : 8 + size]
    assert b'"key":{"dtype":"U32","shape":[2]' in files[1].read_bytes()


@pytest.mark.slow
def test_seven_billion_parameters_in_less_than_4_gb(tmp_path):
    """jax's shapes only; the peak of the whole process, jax with it."""
    program = ("import resource, sys; from hcb_tools import export_jaxpr; "
               "export_jaxpr.main(sys.argv[1:]); "
               "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)")
    run = subprocess.run(
        [sys.executable, "-c", program, f"{HERE / 'jax_models.py'}:jax_7b", "-o",
         str(tmp_path / "7b.hcb"), "--grad"], capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": str(HERE.parent)})
    assert int(run.stdout.split()[-1]) < 4 << 20  # KiB
    graph = schema.Graph.FromString((tmp_path / "7b.hcb").read_bytes())
    elements = sum(int(np.prod(v.shape)) for v in graph.values
                   if v.role == schema.ROLE["PARAMETER"])
    assert 6.9e9 < elements < 7.3e9
