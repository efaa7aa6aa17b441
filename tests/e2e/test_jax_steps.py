"""Steps exported from JAX: what every command does with them, loops above all."""

import json
from pathlib import Path

from harness import SOURCE, expect, expect_in, hcb, main

STEPS = SOURCE / "tests" / "data" / "steps"
NAMES = ["jax_cnn", "jax_mlp", "jax_rnn", "jax_transformer"]
LOOP = (
    "note: scan and its backward scan.1: 64 iterations of 22 nodes, carry 512 B, 3.00 KiB left "
    "behind by each, "
)
CHOICES = (
    "keep 192 KiB (64 runs of the body), carry 35.0 KiB (128 runs of the body), "
    "segment 22 x 3 20.0 KiB (128 runs of the body), nested 8 x 8 11.0 KiB (192 runs of the body)"
)


def report(name: str) -> dict:
    return json.loads(hcb("analyze", STEPS / f"{name}.hcb", "--format", "json").out)


def test_they_are_training_steps_without_unknown_ops(_: Path) -> None:
    for name in NAMES:
        found = report(name)
        expect(f"{name}: training", found["graph"]["training"], True)
        expect(f"{name}: default ops", found["estimates"]["default_rule_ops"], [])


def test_a_loop_says_what_it_could_keep(_: Path) -> None:
    text = hcb("analyze", STEPS / "jax_rnn.hcb").out
    expect_in("the loop", LOOP, text)
    expect_in("choices", CHOICES, text)
    expect("others have none", [n for n in report("jax_cnn")["notes"] if "iterations" in n], [])


def test_a_plan_by_modules_and_what_every_command_says(tmp: Path) -> None:
    step, plan = STEPS / "jax_transformer.hcb", tmp / "plan.json"
    made = hcb("plan", step, "--memory-budget", "60%", "-o", plan)
    expect("plan", (made.code, made.err), (0, ""))
    expect("check", hcb("check", step, plan).code, 0)
    expect_in("show", "dot_general", hcb("show", step).out)
    expect("diff", hcb("diff", step, step).code, 0)
    expect("explain", hcb("explain", step, plan).code, 0)


def test_json_and_back_is_the_same_file(tmp: Path) -> None:
    for name in NAMES:
        text, back = tmp / f"{name}.json", tmp / f"{name}.hcb"
        expect("to JSON", hcb("convert", STEPS / f"{name}.hcb", "-o", text).code, 0)
        expect("and back", hcb("convert", text, "-o", back).code, 0)
        expect(name, back.read_bytes(), (STEPS / f"{name}.hcb").read_bytes())


def test_forward_alone(_: Path) -> None:
    run = hcb("analyze", STEPS / "jax_mlp.hcb", "--inference")
    expect("inference", run.code, 0)
    expect_in("text", "\ninference   peak ", run.out)


if __name__ == "__main__":
    main(globals())
