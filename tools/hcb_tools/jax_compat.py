"""What differs between the versions of jax since 0.4.35; nothing else asks which one is there.

Run with 0.4.35, 0.6, 0.8 and 0.10 (tools/jax-versions). What is written for 0.11 and later follows
their source and is not run: a ClosedJaxpr is a Jaxpr that holds its constants, `scan` says its
groups by flat trees, `eval_jaxpr` stands for all plain calls.
"""

from __future__ import annotations

import jax
import jax._src.source_info_util as source_info_util

VERSION = jax.__version__
NEWEST_TESTED = (0, 10)

# Calls that mean what their body means, and the parameter that holds the body.
CALLS = {
    "jit": ("jaxpr",),
    "pjit": ("jaxpr",),
    "closed_call": ("call_jaxpr",),
    "core_call": ("call_jaxpr",),
    "core_closed_call": ("call_jaxpr",),
    "eval_jaxpr": ("call_jaxpr", "jaxpr"),
    "custom_lin": ("call_jaxpr",),
    "remat2": ("jaxpr",),
    "checkpoint": ("jaxpr",),
    "remat": ("jaxpr",),
    "custom_jvp_call": ("call_jaxpr",),
    "custom_jvp_call_jaxpr": ("fun_jaxpr",),
    "custom_vjp_call": ("call_jaxpr", "fun_jaxpr"),
    "custom_vjp_call_jaxpr": ("fun_jaxpr", "call_jaxpr"),
}
CUSTOM_GRADIENTS = ("custom_jvp_call", "custom_jvp_call_jaxpr", "custom_vjp_call",
                    "custom_vjp_call_jaxpr")
REMATS = ("remat2", "checkpoint", "remat")


def is_jaxpr(item) -> bool:
    """A Jaxpr, closed or not."""
    return (hasattr(item, "eqns") and hasattr(item, "outvars")) or (
        hasattr(item, "jaxpr") and hasattr(item, "consts"))


def parts(jaxpr) -> tuple[object, list]:
    """(bare jaxpr, values of its constvars); a bare one has none, its constvars are inputs."""
    consts = list(getattr(jaxpr, "consts", ()))
    inner = getattr(jaxpr, "jaxpr", jaxpr)
    return inner, consts


def is_literal(atom) -> bool:
    return hasattr(atom, "val")


def is_key(value) -> bool:
    """An array of random keys?"""
    return hasattr(getattr(value, "dtype", None), "_impl")


def called(eqn):
    """The body of a plain call, closed or not, or None."""
    for key in CALLS.get(eqn.primitive.name, ()):
        if is_jaxpr(eqn.params.get(key)):
            return eqn.params[key]
    return None


def custom_name(eqn) -> str:
    """Name of the function with a gradient of its own, where the version says it."""
    name = eqn.params.get("name")
    if name is None:
        debug = getattr(parts(called(eqn))[0], "debug_info", None)
        name = getattr(debug, "func_name", None)
    return str(name or "")


def input_names(jaxpr, count: int) -> list[str]:
    """Names of a jaxpr's inputs, where it remembers them: "params['w']" is "params.w"."""
    inner, _ = parts(jaxpr)
    given = getattr(getattr(inner, "debug_info", None), "arg_names", None) or ()
    names = [_plain(str(name)) for name in given]
    return names if len(names) == count else [f"in.{i}" for i in range(count)]


def _plain(path: str) -> str:
    for mark in ("['", "[", "."):
        path = path.replace(mark, ".")
    return path.replace("']", "").replace("]", "")


def scan_groups(params) -> tuple[int, int]:
    """(consts, carries) among the operands of a scan."""
    if "num_consts" in params:
        return params["num_consts"], params["num_carry"]
    consts, carry, _ = params["ft_in"].unpack()  # since 0.11: flat trees
    return len(consts), len(carry)


def source(eqn) -> str:
    """"model.py:42", or nothing."""
    try:
        text = source_info_util.summarize(eqn.source_info)
    except (AttributeError, TypeError):
        return ""
    place = text.split(" (")[0].rsplit("/", 1)[-1].split(":")
    return ":".join(place[:2]) if len(place) > 1 and place[1].isdigit() else ""


def evaluate_dim(dim, bindings: dict[str, int]):
    """A symbolic dim with its variables bound, or None where one is missing."""
    if isinstance(dim, int):
        return dim
    if not set(dim_variables(dim)) <= set(bindings):
        return None
    return int(dim._evaluate({name: bindings[name] for name in dim_variables(dim)}))


def dim_variables(dim) -> list[str]:
    """Names of the variables of a symbolic dim, sorted."""
    return [] if isinstance(dim, int) else sorted(dim._get_vars())


def params(eqn) -> dict:
    """Parameters of an equation, and the part of its context that decides what it computes."""
    if getattr(getattr(eqn, "ctx", None), "threefry_partitionable", True):
        return eqn.params
    counted = eqn.primitive.name in ("random_bits", "random_split")
    return {**eqn.params, "threefry_partitionable": False} if counted else eqn.params
