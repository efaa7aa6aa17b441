"""Step time of hcb-run (store-all) against eager autograd and the FX interpreter, one CPU thread.

    PYTHONPATH=tools:tools/tests python benchmarks/speed/run.py build/release/bin/hcb-run [PAIRS]

The three take turns, PAIRS times; each turn runs the same number of steps. What is compared is
CPU time of the process, so that other programs on the machine disturb little: for hcb-run that of a
run with many steps less that of a run with one. A row has medians in milliseconds, and hcb-run's
speed relative to the others: median, and the range over the turns.
"""

from __future__ import annotations

import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

import speed_models
import torch
from hcb_tools import real
from hcb_tools.export_fx import export_step
from hcb_tools.trace import step_of, trace
from torch._subclasses.fake_tensor import FakeTensorMode

WARMUP = 3


def per_step(function: Callable, steps: int) -> float:
    start = time.process_time()
    for _ in range(steps):
        function()
    return (time.process_time() - start) / steps


def eager_step(factory: Callable) -> Callable:
    step = step_of(factory())

    def run():
        step.module.zero_grad(set_to_none=True)
        output = step.module(*step.args, **step.kwargs)
        (step.loss_fn(output) if step.loss_fn else output.sum()).backward()

    return run


def interpreted_step(factory: Callable) -> Callable:
    """The joint graph, op by op in Python: what runs FX graphs without a compiler."""
    traced = trace(step_of(factory()), FakeTensorMode(allow_non_fake_inputs=True))
    inputs = [_real(node.meta["val"]) for node in traced.graph.find_nodes(op="placeholder")]
    interpreter = torch.fx.Interpreter(traced.owner)

    def run():
        # GradMode on: without it some ops leave out what their backward needs.
        with torch.inference_mode(), torch.enable_grad():
            interpreter.run(*inputs, enable_io_processing=False)

    return run


def _real(fake: torch.Tensor) -> torch.Tensor:
    if fake.is_floating_point():
        return torch.randn(tuple(fake.shape)) * 0.1
    return torch.zeros(tuple(fake.shape), dtype=fake.dtype)


class HcbRun:
    def __init__(self, program: str, factory: Callable, folder: pathlib.Path):
        exported = export_step(factory, "step")
        (folder / "step.hcb").write_bytes(exported.data)
        step = real.build(factory, exported)
        step.write_weights(folder / "weights.safetensors")
        step.write_inputs(folder / "inputs.safetensors")
        self._command = [program, str(folder / "step.hcb"), "--strategy", "store-all", "--threads",
                         "1", "--weights", str(folder / "weights.safetensors"), "--inputs",
                         str(folder / "inputs.safetensors"), "--warmup", str(WARMUP), "--quiet"]

    def per_step(self, steps: int) -> float:
        return (self._seconds(steps + 1) - self._seconds(1)) / steps

    def _seconds(self, iterations: int) -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([*self._command, "--iterations", str(iterations)], check=True,
                       stdout=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def row(name: str, program: str, pairs: int) -> str:
    factory, steps = getattr(speed_models, name), speed_models.STEPS[name]
    with tempfile.TemporaryDirectory() as folder:
        hcb = HcbRun(program, factory, pathlib.Path(folder))
        eager, interpreted = eager_step(factory), interpreted_step(factory)
        per_step(eager, WARMUP), per_step(interpreted, WARMUP)
        turns = [(hcb.per_step(steps), per_step(eager, steps), per_step(interpreted, steps))
                 for _ in range(pairs)]
    own, others = [turn[0] for turn in turns], list(zip(*turns, strict=True))[1:]
    cells = [f"{1000 * statistics.median(own):.2f}"]
    for other in others:
        ratios = [theirs / ours for ours, theirs in zip(own, other, strict=True)]
        cells.append(f"{1000 * statistics.median(other):.2f}")
        cells.append(f"{statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})")
    return f"| {name} | {' | '.join(cells)} |"


def main() -> None:
    torch.set_num_threads(1)
    pairs = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    print("| step | hcb-run, ms | eager, ms | speed | FX interpreter, ms | speed |")
    print("|---|---|---|---|---|---|")
    for name in speed_models.STEPS:
        print(row(name, sys.argv[1], pairs), flush=True)


if __name__ == "__main__":
    main()
