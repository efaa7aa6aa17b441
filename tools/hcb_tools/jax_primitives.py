"""What the exporter has to know of single primitives: bodies, effects, names it has met."""

from __future__ import annotations

from dataclasses import dataclass

from . import jax_compat as compat
from .jax_inline import Call

_COLLECTIVES = {"psum", "psum_invariant", "pmax", "pmin", "all_gather", "all_gather_invariant",
                "reduce_scatter", "ppermute", "pbroadcast", "all_to_all", "axis_index"}
_HOST = {"debug_callback", "io_callback", "debug_print", "infeed", "outfeed", "debug_discharged"}
# Whatever else jax has: other devices, other languages, random generators with hidden state.
_OPAQUE = _COLLECTIVES | _HOST | {
    "pure_callback", "shard_map", "xla_pmap", "pallas_call", "tpu_custom_call", "ffi_call",
    "run_state", "run_scoped", "composite", "call_hi_primitive", "custom_call", "core_map",
    "get", "swap", "addupdate", "rng_uniform", "random_gamma", "create_token", "after_all",
    "custom_partitioning", "empty", "empty2", "ragged_all_to_all", "mpmd_map", "for",
}  # fmt: skip


@dataclass
class BodyLayout:
    """Groups of a body's inputs; length 0: known at run time only, or a branch."""

    length: int = 0
    reverse: bool = False
    consts: int = 0
    carries: int = 0


def bodies(call: Call) -> dict[str, BodyLayout]:
    """By parameter that holds jaxprs to keep."""
    params = call.params
    if call.op == "scan":
        consts, carries = compat.scan_groups(params)
        return {"jaxpr": BodyLayout(params["length"], params["reverse"], consts, carries)}
    if call.op == "while":
        carries = len(call.outputs)
        return {"cond_jaxpr": BodyLayout(consts=params["cond_nconsts"], carries=carries),
                "body_jaxpr": BodyLayout(consts=params["body_nconsts"], carries=carries)}
    if call.op == "cond":
        return {"branches": BodyLayout(consts=len(call.operands) - 1)}
    if call.op in ("reduce", "reduce_window"):
        return {k: BodyLayout() for k in ("computation", "jaxpr") if compat.is_jaxpr(params.get(k))}
    return {}


def effect(call: Call) -> str | None:
    """What happens besides making outputs."""
    if call.op in _COLLECTIVES:
        return "COLLECTIVE"
    if call.op == "rng_uniform":
        return "RANDOM"
    return "HOST" if call.op in _HOST or call.effects else None


def is_known(op: str) -> bool:
    """Is it computed from its operands alone, on one device?"""
    return op not in _OPAQUE
