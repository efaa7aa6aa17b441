"""What people read: names of inputs from pytree paths, modules and phases from name stacks."""

from __future__ import annotations

import inspect
import re

import jax

OUTER = "_hcb_step"  # a scope around the whole function, in no name
_WRAPPER = re.compile(r"^(\w+)\((.*)\)$")
_NUMBERED = re.compile(r"_(\d+)$")  # flax's layers_0 is layers.0, as numbered modules are elsewhere
_REMAT = ("checkpoint", "rematted_computation", "remat")
_MODULE = re.compile(r"^[\w.\[\]]+$")  # no einsum, no generated text


def path_text(path) -> str:
    """"layers_0.kernel" of a key path."""
    pieces = []
    for key in path:
        for field in ("key", "name", "idx"):
            if hasattr(key, field):
                pieces.append(str(getattr(key, field)))
                break
        else:
            pieces.append(str(key).strip("[].'\""))
    return ".".join(pieces)


def argument_names(function, count: int) -> list[str]:
    """Names of positional parameters; "arg0" where the signature does not say."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    names = [p.name for p in parameters
             if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return (names + [f"arg{i}" for i in range(len(names), count)])[:count]


def leaf_names(function, args) -> list[list[str]]:
    """By argument, the name of each leaf: "params.layers_0.kernel"."""
    rows = []
    for name, arg in zip(argument_names(function, len(args)), args, strict=True):
        leaves, _ = jax.tree_util.tree_flatten_with_path(arg)
        rows.append([".".join(filter(None, (name, path_text(path)))) for path, _ in leaves])
    return rows


def optimizer_leaves(args) -> list[bool]:
    """By leaf of the arguments: does a container of optax, the state of an optimizer, hold it?"""
    def is_state(tree) -> bool:
        return isinstance(tree, tuple) and type(tree).__module__.partition(".")[0] == "optax"

    rows = []
    for tree in jax.tree_util.tree_leaves(args, is_leaf=is_state):
        rows += [is_state(tree)] * len(jax.tree_util.tree_leaves(tree))
    return rows


def _peel(component: str) -> tuple[list[str], str]:
    """Transformations around a component of a name stack, and what is inside."""
    wrappers = []
    while match := _WRAPPER.match(component):
        wrappers.append(match.group(1))
        component = match.group(2)
    return wrappers, component


class Stack:
    """A name stack taken apart: "transpose(jvp(GPT))/layers_0/rematted_computation/mlp"."""

    def __init__(self, text: str):
        self.transforms: set[str] = set()
        self.recomputed = False
        modules = []
        for component in text.split("/"):
            wrappers, inside = _peel(component)
            self.transforms.update(wrappers)
            self.recomputed |= inside == "rematted_computation"
            named = "jit" not in wrappers and "pjit" not in wrappers
            if named and inside and inside not in (*_REMAT, OUTER) and _MODULE.match(inside):
                modules.append(_NUMBERED.sub(r".\1", inside))
        self.module = ".".join(modules)

    @property
    def phase(self) -> str | None:
        """"BACKWARD", "FORWARD", or None: outside of any differentiation."""
        if "transpose" in self.transforms:
            return "BACKWARD"
        return "FORWARD" if "jvp" in self.transforms else None


def join_stacks(outer: str, inner: str) -> str:
    return f"{outer}/{inner}" if outer and inner else outer or inner
