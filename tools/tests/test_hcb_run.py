"""Every model and step of the zoo by `hcb-run`: eager's bits and the predicted bytes, with replays.

Slow: pytest --slow. Takes the hcb-run of $HCB_RUN, or that of the preset release.
"""

from __future__ import annotations

import os
import pathlib
import subprocess

import models
import pytest
import steps
import zoo
from hcb_tools import export_fx, optimizer, real

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
HCB_RUN = pathlib.Path(os.environ.get("HCB_RUN", ROOT / "build" / "release" / "bin" / "hcb-run"))
FACTORIES = {name: getattr(place, name) for place, names in (
    (zoo, zoo.NAMES), (models, models.NODES), (steps, ("mlp", "cnn", "gpt_tiny", "lstm")))
    for name in names}

pytestmark = [pytest.mark.slow,
              pytest.mark.skipif(not HCB_RUN.exists(), reason="hcb-run is not built")]


def hcb_run(*arguments) -> str:
    done = subprocess.run([HCB_RUN, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def lines(text: str, first: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith(f"{first} ")]


def run(tmp_path, exported, factory):
    """hcb-run compares with what eager gave, at one thread, and with its own store-all."""
    step = real.build(factory, exported)
    graph, weights, inputs, results, profile = (
        str(tmp_path / name) for name in ("step.hcb", "weights", "inputs", "results", "profile"))
    pathlib.Path(graph).write_bytes(exported.data)
    step.write_weights(weights)
    step.write_inputs(inputs)
    step.write_results(results, threads=1)
    data = ["--weights", weights, "--inputs", inputs]
    hcb_run("profile", graph, *data, "--threads", "1", "--iterations", "1", "-o", profile)
    for strategy in ("store-all", "interval-tree"):
        text = hcb_run("run", graph, *data, "--expect", results, "--costs", profile, "--verify",
                       "--warmup", "0", "--strategy", strategy)
        verified = lines(text, "verified")
        assert len(verified) == 2
        assert all(line.endswith(" bit for bit") for line in verified)
        (measured,) = lines(text, "bytes")
        assert measured.endswith(" equal to the byte at every step")


@pytest.mark.parametrize("name", FACTORIES)
def test_step_equals_eager(name, tmp_path):
    run(tmp_path, export_fx.export_step(FACTORIES[name], name), FACTORIES[name])


@pytest.mark.parametrize("spec", ["sgd", "sgd:momentum=0.9", "adamw"])
def test_update_equals_eager(spec, tmp_path):
    exported = export_fx.export_step(steps.gpt_tiny, optimizer=optimizer.parse(spec))
    run(tmp_path, exported, steps.gpt_tiny)


def test_held_outputs_equal_eager(tmp_path):
    run(tmp_path, export_fx.export_step(steps.mlp, hold=True), steps.mlp)
