"""A jaxpr with its calls inlined: one flat list of calls of primitives.

Idea: an environment per level maps jax's variables to terms of our own, because a body that is
called twice has the same variables both times. Invariant: a term is made by one call, or is an
input or a constant; calls are in the order in which jax would run them. What nothing reads is left
out at the end, unless it has effects.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from . import jax_compat as compat
from .errors import ExportError
from .jax_names import join_stacks

# The value of their operand, whatever lies behind it; a term is renamed, nothing is run.
_RENAMED = {"stop_gradient", "copy", "copy_p", "name", "optimization_barrier", "pvary",
            "sharding_constraint", "mesh_cast", "reshard", "device_put", "tie_in", "tie",
            "custom_lin_identity", "pcast", "layout_constraint", "dce_sink"}


@dataclass(eq=False)
class Term:
    """An array of the step: without a value, unless it is a constant."""

    aval: object
    label: str = ""  # of checkpoint_name
    const: object = None


@dataclass(eq=False)
class Known:
    """A literal, in place of a term."""

    value: object
    aval: object


@dataclass(eq=False)
class Region:
    """What calls came out of: one call with a meaning of its own."""

    kind: str
    name: str
    parent: Region | None


@dataclass(eq=False)
class Call:
    op: str
    params: dict
    operands: list
    outputs: list[Term]
    stack: str
    source: str
    effects: bool
    region: Region | None


@dataclass
class Flat:
    inputs: list[Term]
    constants: list[Term]
    calls: list[Call]
    outputs: list
    donated: set[Term]  # inputs whose memory the caller gave away
    dead: int = 0


def _is_noop(eqn) -> bool:
    name = eqn.primitive.name
    if name in _RENAMED:
        return len(eqn.invars) == len(eqn.outvars)
    if name == "convert_element_type":
        return eqn.invars[0].aval.dtype == eqn.outvars[0].aval.dtype
    if name == "reduce_precision":
        info = _float_bits(eqn.invars[0].aval.dtype)
        return (eqn.params["exponent_bits"], eqn.params["mantissa_bits"]) == info
    return False


def _float_bits(dtype) -> tuple[int, int]:
    import ml_dtypes

    info = ml_dtypes.finfo(dtype)
    return info.nexp, info.nmant


class Inliner:
    def __init__(self):
        self.calls: list[Call] = []
        self.constants: list[Term] = []
        self._region: Region | None = None
        self._seen: dict[int, Term] = {}
        self.donated: set[Term] = set()

    def constant(self, value, aval) -> object:
        if np.ndim(value) == 0 and isinstance(value, (bool, int, float, complex, np.generic)):
            return Known(value, aval)
        if id(value) not in self._seen:
            self._seen[id(value)] = Term(aval, const=value)
            self.constants.append(self._seen[id(value)])
        return self._seen[id(value)]

    def body(self, jaxpr, operands: list, stack: str) -> list:
        """Adds the calls of a jaxpr over `operands`; gives what it returns."""
        inner, consts = compat.parts(jaxpr)
        env: dict = {}
        for var, value in zip(inner.constvars, consts, strict=False):
            env[var] = self.constant(value, var.aval)
        binders = [*inner.constvars[len(consts):], *inner.invars]
        env.update(zip(binders, operands, strict=True))

        def read(atom):
            if compat.is_literal(atom):
                return self.constant(atom.val, atom.aval) if np.ndim(atom.val) else Known(
                    atom.val, atom.aval)
            return env[atom]

        for eqn in inner.eqns:
            results = self.equation(eqn, [read(v) for v in eqn.invars], stack)
            env.update(zip(eqn.outvars, results, strict=True))
        return [read(v) for v in inner.outvars]

    def equation(self, eqn, operands: list, stack: str) -> list:
        stack = join_stacks(stack, str(eqn.source_info.name_stack))
        name = eqn.primitive.name
        body = compat.called(eqn)
        if body is not None:
            return self._call(eqn, body, operands, stack)
        if _is_noop(eqn):
            if name == "name" and isinstance(operands[0], Term):
                operands[0].label = operands[0].label or str(eqn.params["name"])
            return operands
        outputs = [Term(v.aval) for v in eqn.outvars]
        self.calls.append(Call(name, compat.params(eqn), operands, outputs, stack,
                               compat.source(eqn), bool(eqn.effects), self._region))
        return outputs

    def _call(self, eqn, body, operands: list, stack: str) -> list:
        flags = eqn.params.get("donated_invars", ())
        self.donated.update(t for t, given in zip(operands, flags, strict=False)
                            if given and isinstance(t, Term))
        outer, self._region = self._region, self._region_of(eqn)
        results = self.body(body, operands, stack)
        self._region = outer
        return results

    def _region_of(self, eqn) -> Region | None:
        if eqn.primitive.name in compat.REMATS:
            kind = "RECOMPUTE" if eqn.params.get("differentiated") else "CHECKPOINT"
            return Region(kind, "", self._region)
        if eqn.primitive.name in compat.CUSTOM_GRADIENTS:
            return Region("CUSTOM_GRADIENT", compat.custom_name(eqn), self._region)
        return self._region


def _live(flat: Flat) -> None:
    """Leaves out what nothing reads."""
    wanted = {id(t) for t in flat.outputs if isinstance(t, Term)}
    kept = []
    for call in reversed(flat.calls):
        if call.effects or any(id(t) in wanted for t in call.outputs):
            kept.append(call)
            wanted.update(id(t) for t in call.operands if isinstance(t, Term))
    flat.dead = len(flat.calls) - len(kept)
    flat.calls = kept[::-1]
    flat.constants = [c for c in flat.constants if id(c) in wanted]


def flatten(jaxpr) -> Flat:
    """The jaxpr, closed or bare, as one list of calls."""
    inner, consts = compat.parts(jaxpr)
    inputs = [Term(v.aval) for v in [*inner.constvars[len(consts):], *inner.invars]]
    inliner = Inliner()
    outputs = inliner.body(jaxpr, list(inputs), "")
    flat = Flat(inputs, inliner.constants, inliner.calls, outputs,
                inliner.donated & set(inputs))
    _live(flat)
    return flat


def static_shape(aval, where: str) -> tuple[int, ...]:
    for dim in aval.shape:
        if not isinstance(dim, (int, np.integer)):
            names = ", ".join(compat.dim_variables(dim)) or str(dim)
            raise ExportError(f"{where}: its dim {dim} is symbolic; bind it: --dim {names}=N")
    return tuple(int(d) for d in aval.shape)
