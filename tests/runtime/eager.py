"""Writes what the parity tests compare with: the step, what it starts from, what eager makes of it.

    python eager.py FOLDER [MODEL...]

FOLDER/MODEL/step.hcb             the exported training step
             weights.safetensors  parameters, buffers and constants before it
             inputs.safetensors   its inputs
             eager.T.safetensors  loss, gradients and state behind plain eager autograd, T threads

The generator is seeded with 1 before the factory and right before the step, as the tests do it.
"""

from __future__ import annotations

import pathlib
import sys

from hcb_tools import real
from hcb_tools.export_fx import export_step
from models import MODELS

SEED = 1
THREADS = (1, 2)


def write(name: str, folder: pathlib.Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    exported = export_step(MODELS[name], name)
    (folder / "step.hcb").write_bytes(exported.data)
    for threads in THREADS:  # the step changes state: each starts from a new module
        step = real.build(MODELS[name], exported, SEED)
        step.write_weights(folder / "weights.safetensors")
        step.write_inputs(folder / "inputs.safetensors")
        step.write_results(folder / f"eager.{threads}.safetensors", threads)


def main() -> None:
    folder = pathlib.Path(sys.argv[1])
    for name in sys.argv[2:] or MODELS:
        write(name, folder / name)


if __name__ == "__main__":
    main()
