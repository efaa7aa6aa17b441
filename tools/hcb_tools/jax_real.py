"""The step run for real by jax: what its graph needs to be run, and what jax makes of it.

Files are safetensors. Random keys are u32 with one dim more, the words of a key.
"""

from __future__ import annotations

import json

import jax
import numpy as np

from . import jax_compat as compat
from . import schema
from .errors import ExportError
from .files import write_file
from .jax_capture import Exported
from .jax_names import leaf_names

_NAMES = {
    "float64": "F64", "float32": "F32", "float16": "F16", "bfloat16": "BF16", "int64": "I64",
    "int32": "I32", "int16": "I16", "int8": "I8", "uint64": "U64", "uint32": "U32",
    "uint16": "U16", "uint8": "U8", "bool": "BOOL", "float8_e4m3fn": "F8_E4M3",
    "float8_e5m2": "F8_E5M2", "complex64": "C64",
}  # fmt: skip
_WEIGHTS = {schema.ROLE[role] for role in ("PARAMETER", "BUFFER", "CONSTANT", "OPTIMIZER_STATE")}


def plain(array) -> np.ndarray:
    return np.asarray(jax.random.key_data(array) if compat.is_key(array) else array)


def safetensors(tensors: dict[str, np.ndarray], about: dict[str, str]) -> bytes:
    """A file of the format safetensors."""
    header: dict = {"__metadata__": about}
    blobs, at = [], 0
    for name, array in tensors.items():
        if array.dtype.name not in _NAMES:
            raise ExportError(f"{name}: safetensors has no element type {array.dtype.name}")
        data = np.ascontiguousarray(array).tobytes()
        header[name] = {"dtype": _NAMES[array.dtype.name], "shape": list(array.shape),
                        "data_offsets": [at, at + len(data)]}
        blobs.append(data)
        at += len(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + b"".join(blobs)


class RealStep:
    """The example arguments with their data."""

    def __init__(self, function, args: tuple, exported: Exported):
        self.function, self.args, self.exported = function, args, exported
        names = [name for row in leaf_names(function, args) for name in row]
        self.leaves = dict(zip(names, jax.tree_util.tree_leaves(args), strict=True))
        for name, leaf in self.leaves.items():
            if isinstance(leaf, jax.ShapeDtypeStruct):
                raise ExportError(f"{name}: the example argument has a shape and no data; give an "
                                  "array to have weights, inputs or results written")

    def _of(self, weights: bool) -> dict[str, np.ndarray]:
        graph = self.exported.graph
        found = {v.name: plain(self.leaves[v.name]) for v in graph.values
                 if v.name in self.leaves and (v.role in _WEIGHTS) == weights}
        if weights:
            found |= {name: plain(value) for name, value in self.exported.constants.items()}
        return found

    def write(self, weights: str | None, inputs: str | None, results: str | None) -> None:
        about = {"jax": compat.VERSION}
        if weights:
            write_file(weights, safetensors(self._of(True), about))
        if inputs:
            write_file(inputs, safetensors(self._of(False), about))
        if results:
            leaves = jax.tree_util.tree_leaves(jax.jit(self.function)(*self.args))
            named = zip(self.exported.results, leaves, strict=True)
            write_file(results, safetensors({n: plain(leaf) for n, leaf in named}, about))
