"""Tracing that records what eager runs.

AOTAutograd enables the Python dispatcher; rules registered there replace the C++ composites that
eager runs, even without any decomposition asked for: an LSTM becomes thousands of nodes, dropout
another op with another mask, and gradients differ in bits. While `as_eager` is entered those rules
are gone. `native_batch_norm` keeps its rules: its schema hides the write of the running
statistics, and without them the mutations would vanish.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from unittest import mock

import torch
import torch.fx.traceback
import torch.utils.checkpoint
from torch.overrides import TorchFunctionMode

_KEYS = [
    torch._C.DispatchKey.CompositeImplicitAutograd,
    torch._C.DispatchKey.Autograd,
    torch._C.DispatchKey.AutogradCPU,
    torch._C.DispatchKey.AutogradCUDA,
]
_KEPT = "native_batch_norm"
_OWN_FILES = {__file__, __file__.replace("eager.py", "trace.py")}


def _overloads() -> Iterator[torch._ops.OpOverload]:
    for full in torch._C._dispatch_get_all_op_names():
        namespace, _, name = full.partition("::")
        if namespace != "aten" or _KEPT in name:
            continue
        packet, _, overload = name.partition(".")
        with contextlib.suppress(AttributeError):
            yield getattr(getattr(torch.ops.aten, packet), overload or "default")


@contextlib.contextmanager
def as_eager() -> Iterator[None]:
    removed = []
    for op in _overloads():
        for key in _KEYS:
            if key in op.py_kernels:
                removed.append((op, key, op.py_kernels.pop(key)))
                op._dispatch_cache.clear()
    try:
        yield
    finally:
        for op, key, rule in removed:
            op.py_kernels[key] = rule
            op._dispatch_cache.clear()


def _is_library(filename: str) -> bool:
    return "/torch/" in filename or filename.startswith("<")


def short_path(filename: str) -> str:
    """A path without what belongs to one machine: from the package on, or the file's name."""
    _, found, tail = filename.rpartition("/site-packages/")
    return tail if found else filename.rpartition("/")[2]


def caller_line() -> str:
    """"model.py:42": the first frame outside torch; empty: none between torch and the exporter."""
    frame = sys._getframe(2)
    while frame is not None and frame.f_code.co_filename not in _OWN_FILES:
        if not _is_library(frame.f_code.co_filename):
            return f"{short_path(frame.f_code.co_filename)}:{frame.f_lineno}"
        frame = frame.f_back
    return ""


class SourceLines(TorchFunctionMode):
    """Notes the user's line on every node that a call in Python makes (and on its backward)."""

    def __torch_function__(self, function, types, args=(), kwargs=None):
        with torch.fx.traceback.annotate({"source": caller_line()}):
            return function(*args, **(kwargs or {}))


@contextlib.contextmanager
def module_paths(module: torch.nn.Module) -> Iterator[set[str]]:
    """Notes the module's path on every node; gives the paths of the modules that were called."""
    called: set[str] = set()
    open_notes, handles = [], []

    def enter(path):
        def hook(*_):
            called.add(path)
            note = torch.fx.traceback.annotate({"module": path})
            note.__enter__()
            open_notes.append(note)

        return hook

    def leave(*_):
        open_notes.pop().__exit__(None, None, None)

    for path, child in module.named_modules():
        if path:
            handles.append(child.register_forward_pre_hook(enter(path)))
            handles.append(child.register_forward_hook(leave, always_call=True))
    try:
        yield called
    finally:
        for handle in handles:
            handle.remove()


@contextlib.contextmanager
def without_checkpoints() -> Iterator[list[int]]:
    """Runs torch.utils.checkpoint regions as if they were none; counts them."""
    count = [0]

    def plain(function, args, kwargs, **_):
        count[0] += 1
        return function(*args, **kwargs)

    with mock.patch.object(torch.utils.checkpoint, "_checkpoint_impl", plain):
        yield count
