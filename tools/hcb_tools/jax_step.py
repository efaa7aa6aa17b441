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


def role_of(name: str, trained: bool, floating: bool, named_params: bool) -> str:
    """Of an input, by its path: "state.opt_state.0.mu.kernel"."""
    parts = set(name.split("."))
    if trained:
        return "PARAMETER"
    if parts & _OPTIMIZER:
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


def made_in_backward(flat: Flat, item) -> bool:
    """Does a call of the backward itself make this result?"""
    for call in flat.calls:
        if item in call.outputs:
            return Stack(call.stack).phase == "BACKWARD"
    return False


def write_back(flat: Flat, updates: dict[int, int]) -> dict[Term, Term]:
    """Adds a call that copies each new content over the old one's memory; gives old by copy.

    It stands behind the call that makes the new content and behind the last reader of the old.
    """
    last: dict[Term, int] = {}
    for i, call in enumerate(flat.calls):
        last.update((t, i) for t in [*call.operands, *call.outputs] if isinstance(t, Term))
    wanted: dict[int, list] = {}
    written: dict[Term, Term] = {}
    for output, source in sorted(updates.items()):
        new, old = flat.outputs[output], flat.inputs[source]
        if new is old or not isinstance(new, Term):
            continue
        made = next((i for i, c in enumerate(flat.calls) if new in c.outputs), -1)
        at = max(made, last.get(old, -1))
        copy = Term(new.aval, label="")
        stack = flat.calls[made].stack if made >= 0 else ""
        wanted.setdefault(at, []).append(
            Call("copy", {}, [new, old], [copy], stack, "", False, None))
        flat.outputs[output] = copy
        written[copy] = old
    calls = wanted.pop(-1, [])
    for i, call in enumerate(flat.calls):
        calls.append(call)
        calls.extend(wanted.get(i, []))
    flat.calls = calls
    return written
