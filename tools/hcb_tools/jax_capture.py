"""Functions traced by jax under abstract values, and jaxprs that are there already, as hcb.v1."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field

import jax
import numpy as np

from . import jax_compat as compat
from . import jax_names, jax_segments, jax_step, schema
from .errors import ExportError
from .jax_inline import Flat, Term, flatten
from .jax_step import Plan
from .jax_writer import JaxWriter, write_calls
from .prune import mark_stashes
from .verify import verify


@dataclass
class Exported:
    """A step as hcb.v1, and what to tell the person who asked for it."""

    graph: object  # hcb.v1.Graph
    data: bytes
    constants: dict[str, object]  # by name: what the function closes over
    results: list[str]  # by result: the name of its value, or of the resident it replaces
    notes: list[str] = field(default_factory=list)


@dataclass
class Traced:
    jaxpr: object  # closed
    names: list[str]
    argument: list[int]  # by input: which argument it is a leaf of
    optimizer: list[bool]  # by input: part of an optimizer's state
    out_names: list[str]


# -------------------------------------------------------------------------------------------------
# Tracing


def build(factory: Callable):
    """(function, example arguments) of a factory, which runs abstractly where it can."""
    kept = []

    def run():
        function, args = pair(factory())
        kept.append(function)
        return args

    try:
        args = jax.eval_shape(run)
        return kept[-1], args
    except (TypeError, jax.errors.JAXTypeError, jax.errors.UnexpectedTracerError):
        return pair(factory())  # arguments that are no arrays, or that the factory looks into


def pair(made):
    if not (isinstance(made, tuple) and len(made) == 2 and callable(made[0])):
        raise ExportError("the factory does not return (function, example_args)")
    function, args = made
    if not isinstance(args, (tuple, list)):
        raise ExportError("example_args is no tuple of arguments")
    return function, tuple(args)


def _abstract(leaf, name: str, dims: dict[str, int]):
    """Shape and element type of an example, symbolic dims bound."""
    if not hasattr(leaf, "dtype") or not hasattr(leaf, "shape"):
        leaf = np.asarray(leaf) if isinstance(leaf, (bool, int, float, complex)) else leaf
        if not hasattr(leaf, "dtype"):
            raise ExportError(f"{name}: a {type(leaf).__name__} is no array; close over it instead")
        dtype = jax.dtypes.canonicalize_dtype(leaf.dtype)
        return jax.ShapeDtypeStruct(leaf.shape, dtype)
    shape = []
    for dim in leaf.shape:
        bound = compat.evaluate_dim(dim, dims)
        if bound is None:
            flags = " ".join(f"--dim {v}=N" for v in compat.dim_variables(dim) if v not in dims)
            raise ExportError(f"{name}: its dim {dim} is symbolic; bind it: {flags}")
        shape.append(bound)
    return jax.ShapeDtypeStruct(tuple(shape), leaf.dtype)


def trace(function: Callable, args: tuple, dims: dict[str, int]) -> Traced:
    names = jax_names.leaf_names(function, args)
    flat_names = [name for row in names for name in row]
    leaves, tree = jax.tree_util.tree_flatten(args)
    shapes = [_abstract(leaf, name, dims) for leaf, name in zip(leaves, flat_names, strict=True)]
    try:
        jaxpr, out = jax.make_jaxpr(function, return_shape=True)(
            *jax.tree_util.tree_unflatten(tree, shapes))
    except jax.errors.ConcretizationTypeError as error:
        raise ExportError("the function looks at its data while it is traced: "
                          f"{str(error).splitlines()[0]}") from None
    outs, _ = jax.tree_util.tree_flatten_with_path(out)
    argument = [i for i, row in enumerate(names) for _ in row]
    return Traced(jaxpr, flat_names, argument, jax_names.optimizer_leaves(args),
                  [jax_names.path_text(p) for p, _ in outs])


def differentiated(function: Callable, argnums: tuple[int, ...]) -> Callable:
    """value_and_grad under the name and signature of the function.

    Before 0.8 jax says which half an equation belongs to only inside of a named scope.
    """
    @functools.wraps(function)
    def scoped(*args):
        with jax.named_scope(jax_names.OUTER):
            return function(*args)

    return functools.wraps(function)(jax.value_and_grad(scoped, argnums=argnums))


# -------------------------------------------------------------------------------------------------
# Exporting


def export(factory: Callable, **options) -> Exported:
    """What the factory returns, abstractly where its example arguments allow it."""
    function, args = build(factory)
    try:
        return capture(function, args, **options)
    except jax.errors.UnexpectedTracerError:  # the function closes over arrays of the factory
        return capture(*pair(factory()), **options)


def capture(function: Callable, args: tuple, name: str = "step", grad: bool = False,
            argnums=(0,), donate=(), dims=None, scan: str = "keep") -> Exported:
    """`function(*args)`, or with `grad` its value_and_grad with respect to `argnums`.

    donate: arguments whose memory the results take over, beside those of a jitted function.
    scan: what loops keep for their backward, "keep" or one of jax_segments.ACTIONS.
    """
    argnums = (argnums,) if isinstance(argnums, int) else tuple(argnums)
    if grad and max(argnums, default=0) >= len(args):
        raise ExportError(f"argnums {max(argnums)}: there are {len(args)} arguments")
    traced_function = differentiated(function, argnums) if grad else function
    try:
        traced = trace(traced_function, args, dims or {})
    except (TypeError, ValueError) as error:
        raise _explained(error) from None
    flat = flatten(traced.jaxpr)
    plan = _grad_plan(traced, argnums) if grad else _plan(traced, flat)
    donated = {i for i, argument in enumerate(traced.argument) if argument in set(donate)}
    donated |= {i for i, term in enumerate(flat.inputs) if term in flat.donated}
    plan.updates = _updates(flat, traced, donated, plan)
    return write(flat, plan, name, scan)


def _explained(error: Exception) -> ExportError:
    text = str(error).splitlines()[0]
    if "while_loop" in str(error) and "everse" in str(error):
        return ExportError("a while loop has no gradient: jax cannot run backwards what runs until "
                           "a condition holds; write lax.scan or fori_loop with fixed bounds "
                           f"(jax: {text})")
    return ExportError(f"jax cannot trace the function: {text}")


def from_jaxpr(jaxpr, name: str = "jaxpr", names=None, parameters=()) -> Exported:
    """A closed jaxpr, or a bare one.

    names: of the inputs, in order. parameters: positions of the inputs that are trained; a jaxpr
    of a value_and_grad returns the value and then one gradient for each of them.
    """
    flat = flatten(jaxpr)
    names = list(names or compat.input_names(jaxpr, len(flat.inputs)))
    if len(names) != len(flat.inputs):
        raise ExportError(f"{len(names)} names for {len(flat.inputs)} inputs")
    trained = sorted(parameters)
    roles = [jax_step.role_of(n, i in trained, _floating(t), True)
             for i, (n, t) in enumerate(zip(names, flat.inputs, strict=True))]
    plan = Plan(names, roles, set(trained))
    if jax_step.is_joint(flat) or trained:
        _joint_outputs(flat, plan, trained)
    return write(flat, plan, name)


def _joint_outputs(flat: Flat, plan: Plan, trained: list[int]) -> None:
    plan.loss = 0
    if not trained:  # the inputs whose types the results behind the value repeat
        rest = [o.aval for o in flat.outputs[1:]]
        same = [t.aval for t in flat.inputs[: len(rest)]]
        if not rest or [_kind(a) for a in rest] != [_kind(a) for a in same]:
            raise ExportError("the jaxpr has a backward, but which of its results are gradients is "
                              "not known; give the positions of the trained inputs: parameters=")
        trained = list(range(len(rest)))
        plan.trained = set(trained)
        for i in trained:
            plan.roles[i] = "PARAMETER"
    if len(trained) != len(flat.outputs) - 1:
        raise ExportError(f"{len(trained)} trained inputs, but {len(flat.outputs) - 1} results "
                          "behind the value")
    plan.gradients = {1 + i: source for i, source in enumerate(trained)}


def _kind(aval):
    return aval.shape, str(aval.dtype)


def _floating(term: Term) -> bool:
    return jax.numpy.issubdtype(term.aval.dtype, np.inexact)


def _grad_plan(traced: Traced, argnums: tuple[int, ...]) -> Plan:
    order = [i for n in argnums for i, argument in enumerate(traced.argument) if argument == n]
    trained = set(order)
    roles = [jax_step.role_of(name, i in trained, False, False)
             for i, name in enumerate(traced.names)]
    gradients = {1 + k: source for k, source in enumerate(order)}
    return Plan(traced.names, roles, trained, gradients, loss=0)


def _plan(traced: Traced, flat: Flat) -> Plan:
    """A function as it is: a forward pass, a value_and_grad, or a whole step with its update."""
    named = any("params" in name.split(".") for name in traced.names)
    roles = [jax_step.role_of(name, False, _floating(term), True, optimizer)
             for name, term, optimizer in zip(traced.names, flat.inputs, traced.optimizer,
                                              strict=True)]
    first = [i for i, argument in enumerate(traced.argument) if argument == 0]
    if not named:
        for i in first:
            if _floating(flat.inputs[i]) and roles[i] == "INPUT":
                roles[i] = "PARAMETER"
    plan = Plan(traced.names, roles)
    if not jax_step.is_joint(flat):
        return plan
    plan.trained = {i for i, role in enumerate(roles) if role == "PARAMETER"}
    scalars = [i for i, o in enumerate(flat.outputs) if o.aval.shape == () and _floating(o)]
    plan.loss = scalars[0] if scalars else None
    run = _gradient_run(flat, sorted(plan.trained))
    if run is not None:
        plan.gradients = {run + k: source for k, source in enumerate(sorted(plan.trained))}
    return plan


def _gradient_run(flat: Flat, trained: list[int]) -> int | None:
    """Where results in a row have the types of the parameters and come out of the backward."""
    wanted = [_kind(flat.inputs[i].aval) for i in trained]
    kinds = [_kind(o.aval) for o in flat.outputs]
    for start in range(len(kinds) - len(wanted) + 1):
        if kinds[start : start + len(wanted)] != wanted:
            continue
        items = flat.outputs[start : start + len(wanted)]
        if sum(jax_step.made_in_backward(flat, item) for item in items) * 2 > len(items):
            return start
    return None


def _updates(flat: Flat, traced: Traced, donated: set[int], plan: Plan) -> dict[int, int]:
    """New content of donated inputs: by name, else the first result of the same type."""
    updates, free = {}, [o for o in range(len(flat.outputs)) if o not in plan.gradients]
    for source in sorted(donated):
        kind = _kind(flat.inputs[source].aval)
        fitting = [o for o in free if _kind(flat.outputs[o].aval) == kind]
        tail = traced.names[source].partition(".")[2]
        exact = [o for o in fitting if traced.out_names[o].partition(".")[2] == tail]
        chosen = (exact or fitting or [None])[0]
        if chosen is not None:
            updates[chosen] = source
            free.remove(chosen)
    return updates


# -------------------------------------------------------------------------------------------------
# Writing


def write(flat: Flat, plan: Plan, name: str, scan: str = "keep") -> Exported:
    joint = jax_step.is_joint(flat)
    if joint:
        phases = jax_step.phases(flat, updates=not plan.gradients)
    elif plan.gradients:  # without name stacks
        phases, joint = jax_step.behind_value(flat), True
    else:
        phases = ["FORWARD"] * len(flat.calls)
    phases = jax_step.reorder(flat, phases, plan)
    written = jax_step.write_back(flat, phases, plan.updates)
    graph = schema.Graph(name=name, dialect=schema.DIALECT["JAX"])
    graph.version.major, graph.version.minor = schema.VERSION
    graph.framework = f"jax {compat.VERSION}"
    writer = JaxWriter(graph)
    for i, (term, label, role) in enumerate(zip(flat.inputs, plan.names, plan.roles, strict=True)):
        writer.input(term, label, role, i in plan.trained)
    write_calls(writer, flat, phases, written)
    for before, after in jax_step.anchors(flat, phases):
        graph.order_edges.add(before=before, after=after)
    _outputs(writer, flat, plan, joint)
    constants = {graph.values[writer.index(t)].name: t.const for t in flat.constants}
    results = [plan.names[plan.updates[i]] if i in plan.updates else graph.values[index].name
               for i, index in enumerate(graph.outputs)]
    writer.pair_scans()
    loops = jax_segments.segment(graph, scan) if scan != "keep" else []
    mark_stashes(graph)
    verify(graph)
    return Exported(graph, graph.SerializeToString(deterministic=True), constants, results,
                    _notes(flat, writer, plan) + loops)


def _outputs(writer: JaxWriter, flat: Flat, plan: Plan, joint: bool) -> None:
    graph, taken = writer.graph, set()
    phase = ("OPTIMIZER" if not plan.gradients else "BACKWARD") if joint else "FORWARD"
    for position, item in enumerate(flat.outputs):
        index = writer.result(item, taken, f"out.{position}",
                              "FORWARD" if position == plan.loss else phase)
        taken.add(index)
        graph.outputs.append(index)
        if position == plan.loss:
            graph.loss_plus_one = index + 1
        if position in plan.gradients:
            source = plan.gradients[position]
            writer.rename(index, f"{plan.names[source]}.grad")
            graph.values[index].role = schema.ROLE["GRADIENT"]
            graph.values[index].gradient_of_plus_one = source + 1


def _notes(flat: Flat, writer: JaxWriter, plan: Plan) -> list[str]:
    notes = []
    if flat.dead:
        notes.append(f"{flat.dead} equations that nothing reads are left out")
    if writer.opaque:
        listed = ", ".join(f"{op} ({n})" for op, n in sorted(writer.opaque.items()))
        notes.append(f"primitives that hcb-run cannot run: {listed}; they can be planned around")
    apart = [v.name for v in writer.graph.values
             if v.role == schema.ROLE["CONSTANT"] and not v.data and 0 not in v.shape]
    if apart:
        notes.append(f"{len(apart)} constants have their data in no file: {', '.join(apart)}")
    if tuple(map(int, compat.VERSION.split(".")[:2])) > compat.NEWEST_TESTED:
        notes.append(f"jax {compat.VERSION} is newer than the exporter was tested with")
    return notes


def real_step(factory: Callable, exported: Exported, grad: bool, argnums: tuple[int, ...]):
    """The step with the data of its example arguments (jax_real.RealStep)."""
    from .jax_real import RealStep

    function, args = pair(factory())
    return RealStep(differentiated(function, argnums) if grad else function, args, exported)
