"""Writes what the parity tests compare with: steps, what they start from, what eager makes of them.

    python eager.py FOLDER COUNTING [NAME...]

FOLDER/models/NAME/step.hcb             the exported training step (zoo/NAME: a single feature)
                   weights.safetensors  parameters, buffers and constants before it
                   inputs.safetensors   its inputs
                   eager.T.safetensors  loss, gradients and state after eager autograd, T threads
                   eager.T.peak         most bytes that eager allocated beyond what it started with

The generator is seeded with 1 before the factory and right before the step, as the tests do it.
COUNTING is the library of tests/runtime/counting. Models and zoo are those of tools/tests.
"""

from __future__ import annotations

import ctypes
import pathlib
import sys
from collections.abc import Callable

import models
import torch
import zoo
from hcb_tools import real
from hcb_tools.export_fx import export_step
from safetensors.torch import save_file

SEED = 1
THREADS = (1, 2)


class Counting:
    def __init__(self, path: str):
        self._library = ctypes.CDLL(path)
        for function in (self._library.hcb_live, self._library.hcb_peak):
            function.restype = ctypes.c_int64
        self._library.hcb_install()

    def most_during(self, function: Callable):
        """(result, most bytes allocated beyond what was there before)."""
        before = self._library.hcb_live()
        self._library.hcb_mark()
        result = function()
        return result, self._library.hcb_peak() - before


def save(tensors: dict[str, torch.Tensor], path: pathlib.Path) -> None:
    form = torch.contiguous_format
    save_file({n: t.detach().clone(memory_format=form) for n, t in tensors.items()}, path)


def write(factory: Callable, folder: pathlib.Path, counting: Counting) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    exported = export_step(factory, folder.name)
    (folder / "step.hcb").write_bytes(exported.data)
    for threads in THREADS:  # the step changes state: each starts from a new module
        torch.set_num_threads(threads)
        step = real.build(factory, exported, SEED)
        save(step.weights(), folder / "weights.safetensors")
        save(step.inputs(), folder / "inputs.safetensors")
        results, peak = counting.most_during(step.results)
        save(results, folder / f"eager.{threads}.safetensors")
        (folder / f"eager.{threads}.peak").write_text(f"{peak}\n")


def main() -> None:
    folder, counting = pathlib.Path(sys.argv[1]), Counting(sys.argv[2])
    wanted = sys.argv[3:]
    for kind, module, names in (("models", models, models.NODES), ("zoo", zoo, zoo.NAMES)):
        for name in names:
            if not wanted or name in wanted:
                write(getattr(module, name), folder / kind / name, counting)


if __name__ == "__main__":
    main()
