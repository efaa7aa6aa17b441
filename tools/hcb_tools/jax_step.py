"""What a flat jaxpr is as a training step: phases, roles, gradients, state that it overwrites."""

from __future__ import annotations

from dataclasses import dataclass, field

from .jax_inline import Call, Flat, Term
from .jax_names import Stack

PHASES = ("FORWARD", "BACKWARD", "OPTIMIZER")
_OPTIMIZER = {"opt_state", "optimizer_state", "optimizer", "opt", "optim"}
_BUFFERS = {"batch_stats", "stats", "ema", "running"}


@dataclass
class Plan:
    """How to write a flat jaxpr. Indexes are positions among its inputs and outputs."""

    names: list[str]  # of inputs
    roles: list[str]
    trained: set[int] = field(default_factory=set)
    gradients: dict[int, int] = field(default_factory=dict)  # output: input
    updates: dict[int, int] = field(default_factory=dict)  # output: input it replaces
    loss: int | None = None


def role_of(name: str, trained: bool, floating: bool, named_params: bool,
            optimizer: bool = False) -> str:
    """Of an input, by its path: "state.opt_state.0.mu.kernel". optimizer: held by one's state."""
    parts = set(name.split("."))
    if trained:
        return "PARAMETER"
    if optimizer or parts & _OPTIMIZER:
        return "OPTIMIZER_STATE"
    if parts & _BUFFERS:
        return "BUFFER"
    return "PARAMETER" if named_params and "params" in parts and floating else "INPUT"


def is_joint(flat: Flat) -> bool:
    """Has it been differentiated already?"""
    return any(Stack(call.stack).phase == "BACKWARD" for call in flat.calls)


def phases(flat: Flat, updates: bool) -> list[str]:
    """By call. What a name stack does not say follows from what a call reads and where it stands.

    Data never flow back to an earlier phase. `updates`: what reads gradients outside of any
    differentiation is the optimizer's.
    """
    rank: dict[Term, int] = {}
    out, running = [], 0
    for call in flat.calls:
        marked = Stack(call.stack).phase
        floor = max((rank.get(t, 0) for t in call.operands if isinstance(t, Term)), default=0)
        if marked is not None:
            own = max(PHASES.index(marked), floor)
        elif floor > 0:
            own = 2 if updates else 1
        else:
            own = running
        running = max(running, own)
        out.append(PHASES[own])
        rank.update((term, own) for term in call.outputs)
    return out


def behind_value(flat: Flat) -> list[str]:
    """Phases without name stacks: what the first result, the value, does not need is backward."""
    wanted = {flat.outputs[0]}
    needed = []
    for call in reversed(flat.calls):
        needed.append(not wanted.isdisjoint(call.outputs))
        if needed[-1]:
            wanted.update(t for t in call.operands if isinstance(t, Term))
    return ["FORWARD" if own else "BACKWARD" for own in reversed(needed)]


def made_in_backward(flat: Flat, item) -> bool:
    """Does a call of the backward itself make this result?"""
    for call in flat.calls:
        if item in call.outputs:
            return Stack(call.stack).phase == "BACKWARD"
    return False


def reorder(flat: Flat, phases: list[str], plan: Plan) -> list[str]:
    """Forward, backward, optimizer; within the optimizer one parameter after the other.

    jax updates the moments of all parameters, then corrects all of them, and so on, which an
    executor that runs calls in order would hold all at once. The order of pure calls is free; with
    side effects in the optimizer it is kept. Changes flat.calls; gives the phases in their order.
    """
    rows = sorted(zip(phases, range(len(phases)), strict=True),
                  key=lambda row: PHASES.index(row[0]))
    calls = [flat.calls[i] for _, i in rows]
    first = sum(phase != "OPTIMIZER" for phase in phases)
    update = calls[first:]
    if not any(call.effects for call in update):
        calls[first:] = _by_result(update, _grouped(flat, plan))
    flat.calls = calls
    return [phase for phase, _ in rows]


def _grouped(flat: Flat, plan: Plan) -> list:
    """Results, those of one parameter side by side: the parameter, its moments."""
    def tail(output: int) -> str:
        name = plan.names[plan.updates[output]] if output in plan.updates else ""
        return name.split(".", 1)[-1]

    parameters = [o for o in plan.updates if plan.roles[plan.updates[o]] == "PARAMETER"]
    place = {tail(o): i for i, o in enumerate(sorted(parameters))}

    def key(output: int):
        matches = [i for name, i in place.items() if tail(output).endswith(name)]
        return (min(matches) if matches else -1, output)

    return [flat.outputs[o] for o in sorted(range(len(flat.outputs)), key=key)]


def _by_result(calls: list[Call], results: list) -> list[Call]:
    """The calls in the order in which the results, one after the other, need them."""
    maker = {term: call for call in calls for term in call.outputs}
    done: set[int] = set()
    ordered: list[Call] = []
    for result in results:
        stack = [(maker[result], False)] if result in maker else []
        while stack:
            call, ready = stack.pop()
            if id(call) in done:
                continue
            if ready:
                done.add(id(call))
                ordered.append(call)
                continue
            stack.append((call, True))
            stack.extend((maker[t], False) for t in reversed(call.operands)
                         if isinstance(t, Term) and t in maker)
    return ordered + [call for call in calls if id(call) not in done]


def write_back(flat: Flat, phases: list[str], updates: dict[int, int]) -> dict[Term, Term]:
    """Adds a call that copies each new content over the old one's memory; gives old by copy.

    It stands behind the call that makes the new content and behind the last reader of the old.
    Changes flat and phases.
    """
    last: dict[Term, int] = {}
    made: dict[Term, int] = {}
    for i, call in enumerate(flat.calls):
        last.update((t, i) for t in call.operands if isinstance(t, Term))
        made.update((t, i) for t in call.outputs)
    wanted: dict[int, list] = {}
    written: dict[Term, Term] = {}
    for output, source in sorted(updates.items()):
        new, old = flat.outputs[output], flat.inputs[source]
        if new is old or not isinstance(new, Term):
            continue
        at = max(made.get(new, -1), last.get(old, -1))
        copy = Term(new.aval)
        stack = flat.calls[made[new]].stack if new in made else ""
        wanted.setdefault(at, []).append(
            Call("copy", {}, [new, old], [copy], stack, "", False, None))
        flat.outputs[output] = copy
        written[copy] = old
    calls, order = wanted.pop(-1, []), []
    order = [PHASES[0]] * len(calls)
    for i, call in enumerate(flat.calls):
        added = wanted.get(i, [])
        calls.extend([call, *added])
        order.extend([phases[i]] * (1 + len(added)))
    flat.calls, phases[:] = calls, order
    return written


def anchors(flat: Flat, phases: list[str]) -> list[tuple[int, int]]:
    """(backward call, optimizer call) pairs of positions: the second waits for the first.

    A part of an update that reads no gradient, such as a decayed moment, could run before the
    backward and be held through it; it waits for the gradient of the update that it is a part of.
    """
    root: dict[Term, int] = {}  # the backward call that a term of the optimizer comes from
    waiting: dict[Term, int] = {}
    pairs: list[tuple[int, int]] = []
    for i, (call, phase) in enumerate(zip(flat.calls, phases, strict=True)):
        terms = [t for t in call.operands if isinstance(t, Term)]
        if phase == "BACKWARD":
            root.update((t, i) for t in call.outputs)
            continue
        found = next((root[t] for t in terms if t in root), None)
        if phase != "OPTIMIZER":
            continue
        if found is None:
            waiting.update((t, i) for t in call.outputs)
            continue
        root.update((t, found) for t in call.outputs)
        pairs += _released(flat, waiting, terms, found)
    return sorted(pairs)


def _released(flat: Flat, waiting: dict[Term, int], terms: list, found: int):
    """The waiting calls behind `terms`, which now have something to wait for."""
    pairs, stack = [], list(terms)
    while stack:
        term = stack.pop()
        if term not in waiting:
            continue
        at = waiting[term]
        for made in flat.calls[at].outputs:
            waiting.pop(made, None)
        pairs.append((found, at))
        stack.extend(t for t in flat.calls[at].operands if isinstance(t, Term))
    return pairs
