"""Tensors that a step holds beside its arguments: in a module's attributes, or in its loss_fn.

Under fake tensors they have no data, and the graph only knows that a call reads one. Where it was
found says what it is called, and where its data is when the factory is run for real.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Iterator

import torch

_MAX_OBJECTS = 100_000
_OWN_STATE = ("_parameters", "_buffers")  # have names of their own
_LEAVES = (str, bytes, int, float, complex, type, types.ModuleType, types.BuiltinFunctionType)

Path = tuple[tuple[str, object], ...]  # ("attribute" | "item" | "cell" | "default", key)


def _parts(thing) -> Iterator[tuple[tuple[str, object], object]]:
    if isinstance(thing, dict):
        yield from ((("item", key), part) for key, part in list(thing.items()))
    elif isinstance(thing, (list, tuple)):
        yield from ((("item", key), part) for key, part in enumerate(thing))
    elif isinstance(thing, functools.partial):
        for name in ("func", "args", "keywords"):
            yield ("attribute", name), getattr(thing, name)
    elif isinstance(thing, types.MethodType):
        yield ("attribute", "__self__"), thing.__self__
    elif isinstance(thing, types.FunctionType):
        for name, cell in zip(thing.__code__.co_freevars, thing.__closure__ or (), strict=True):
            yield from [(("cell", name), cell.cell_contents)] if _filled(cell) else []
        yield ("attribute", "__defaults__"), thing.__defaults__
        yield ("attribute", "__kwdefaults__"), thing.__kwdefaults__
    else:
        for name, part in list(getattr(thing, "__dict__", {}).items()):
            if name not in _OWN_STATE:
                yield ("attribute", name), part


def _filled(cell: types.CellType) -> bool:
    try:
        _ = cell.cell_contents
    except ValueError:
        return False
    return True


def tensors(root) -> Iterator[tuple[Path, torch.Tensor]]:
    """Every tensor that `root` holds, breadth first, with the way to it."""
    queue: list[tuple[Path, object]] = [((), root)]
    seen = {id(root)}
    for path, thing in queue:
        if isinstance(thing, torch.Tensor):
            yield path, thing
            continue
        for step, part in _parts(thing):
            if part is None or isinstance(part, _LEAVES) or id(part) in seen:
                continue
            if len(queue) < _MAX_OBJECTS:
                seen.add(id(part))
                queue.append(((*path, step), part))


def resolve(root, path: Path):
    """What is at `path` of `root`, which was built by the same factory."""
    for step in path:
        root = dict(_parts(root))[step]
    return root


def text(path: Path) -> str:
    """As a person would name it: "blocks.0.mask", "target"."""
    skipped = ("_modules", "__defaults__", "__kwdefaults__", "__self__", "args", "keywords", "func")
    return ".".join(str(key) for _, key in path if key not in skipped)
