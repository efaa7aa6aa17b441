"""Factories named on a command line, and files written whole, with what is in them in a line."""

from __future__ import annotations

import importlib
import os
import pathlib
import sys
from collections.abc import Callable

from .errors import ExportError

_PARAMETER, _GRADIENT = 1, 8  # roles of hcb.v1


def load_factory(spec: str) -> Callable:
    """The factory that "package.module:name" or "path/file.py:name" names."""
    place, _, name = spec.rpartition(":")
    if not place:
        raise ExportError(f"'{spec}' names no factory: write module:factory")
    path = pathlib.Path(place)
    sys.path.insert(0, str(path.parent) if path.suffix == ".py" else os.getcwd())
    module_name = path.stem if path.suffix == ".py" else place
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name and module_name.startswith(error.name):
            raise ExportError(f"no module '{place}' to take the factory from") from None
        raise
    if not callable(getattr(module, name, None)):
        raise ExportError(f"module '{place}' has no function '{name}'")
    return getattr(module, name)


def write_file(path: str, data: bytes) -> None:
    """The whole file or nothing of it."""
    temporary = pathlib.Path(f"{path}.part")
    temporary.write_bytes(data)
    temporary.replace(path)


def summary(path: str, graph, data: bytes) -> str:
    """What was written, in one line."""
    roles = [value.role for value in graph.values]
    return (f"{path}: {len(graph.nodes)} nodes, {roles.count(_PARAMETER)} parameters, "
            f"{roles.count(_GRADIENT)} gradients, {len(data)} bytes")
