"""Steps in 16 bits and with their optimizer: what is resident, and that plans of them hold."""

import json
from pathlib import Path

from harness import expect, expect_error, expect_in, hcb, main
from onnx_writer import chain

# Four layers of 64 by 64 weights and 64 biases.
PARAMETERS = 4 * (64 * 64 + 64)
BATCH = ("--dim", "batch=32")


def model_file(tmp: Path) -> Path:
    path = tmp / "m.onnx"
    path.write_bytes(chain())
    return path


def found_bytes(path: Path, *options: str) -> tuple[int, int]:
    """Bytes of the parameters as the step reads them, and of the optimizer."""
    run = hcb("analyze", path, *BATCH, "--format", "json", *options)
    expect("code and message", (run.code, run.err), (0, ""))
    report = json.loads(run.out)
    return report["model"]["parameter_bytes"], report["graph"]["optimizer_bytes"]


def test_bytes_per_parameter(tmp: Path) -> None:
    path = model_file(tmp)
    for options, weight, state in (
        ((), 4, 0),
        (("--optimizer", "sgd"), 4, 0),
        (("--optimizer", "momentum"), 4, 4),
        (("--optimizer", "adamw"), 4, 8),
        (("--activation-dtype", "bf16"), 2, 0),
        (("--activation-dtype", "fp16", "--optimizer", "sgd"), 2, 4),
        (("--activation-dtype", "bf16", "--optimizer", "adamw"), 2, 12),
    ):
        expected = (weight * PARAMETERS, state * PARAMETERS)
        expect(" ".join(options), found_bytes(path, *options), expected)


def test_plans_with_updates_hold(tmp: Path) -> None:
    path, plan = model_file(tmp), tmp / "plan.json"
    options = (*BATCH, "--activation-dtype", "bf16", "--optimizer", "adamw")
    for strategy in ("store-all", "periodic", "interval-tree", "budget"):
        budget = ("--memory-budget", "95%") if strategy == "budget" else ()
        run = hcb("plan", path, *options, "--strategy", strategy, *budget, "-o", plan)
        expect(strategy, (run.code, run.err), (0, ""))
        run = hcb("check", path, plan)
        expect(strategy, run.code, 0)
        expect_in(strategy, "plan.json   holds for m.onnx", run.out)


def test_options_that_say_nothing_are_refused(tmp: Path) -> None:
    path = model_file(tmp)
    expect_error(
        hcb("analyze", path, *BATCH, "--master-weights"),
        2,
        "--master-weights: the optimizer keeps them, and there is none",
        "add --optimizer adamw",
    )
    run = hcb("analyze", path, *BATCH, "--activation-dtype", "fp61")
    expect("code", (run.code, run.out), (2, ""))
    expect_in("message", "did you mean 'fp16'?", run.err)


if __name__ == "__main__":
    main(globals())
