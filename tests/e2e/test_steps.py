"""Steps exported from PyTorch: analyzed, planned and checked as ONNX models are."""

import json
from pathlib import Path

from harness import SOURCE, expect, expect_error, expect_in, hcb, main

STEPS = sorted((SOURCE / "tests" / "data" / "steps").glob("*.hcb"))


def step_peak(path: Path, *options: str) -> int:
    return json.loads(hcb("analyze", path, "--format", "json", *options).out)["base"]["peak"]


def test_there_are_steps(_: Path) -> None:
    expect("committed steps", bool(STEPS), True)


def test_analyze_knows_every_op_and_sees_a_training_step(_: Path) -> None:
    for path in STEPS:
        run = hcb("analyze", path, "--format", "json")
        expect("analyze", (path.name, run.code, run.err), (path.name, 0, ""))
        report = json.loads(run.out)
        expect(f"default ops of {path.name}", report["estimates"]["default_rule_ops"], [])
        expect_in("text", "\ntraining    peak ", hcb("analyze", path).out)


def test_plans_hold_and_belong_to_their_step(tmp: Path) -> None:
    for path in STEPS:
        for form in ("json", "pb"):
            plan = tmp / f"{path.stem}.{form}"
            run = hcb("plan", path, "--block-size", 2, "-o", plan)
            expect("plan", (path.name, run.code, run.err), (path.name, 0, ""))
            run = hcb("check", path, plan)
            expect("check", (path.name, run.code, run.err), (path.name, 0, ""))
    if len(STEPS) > 1:
        expect("other plan", hcb("check", STEPS[0], tmp / f"{STEPS[1].stem}.json").code, 6)


def test_a_step_may_come_through_a_pipe(tmp: Path) -> None:
    path = STEPS[0]
    expect("name or not", (tmp / "odd.bin").write_bytes(path.read_bytes()) > 0, True)
    by_name = hcb("analyze", path).out.splitlines()[1:5]
    expect("by content", hcb("analyze", tmp / "odd.bin").out.splitlines()[1:5], by_name)
    expect("by pipe", hcb("analyze", "-", stdin=path.read_bytes()).out.splitlines()[1:5], by_name)


def test_inference_is_no_larger(_: Path) -> None:
    for path in STEPS:
        peaks = [
            step_peak(path, *options)
            for options in ([], ["--inference"])
        ]
        expect(path.name, peaks[1] <= peaks[0], True)


def test_cut_files_are_errors(tmp: Path) -> None:
    cut = tmp / "cut.hcb"
    cut.write_bytes(STEPS[0].read_bytes()[:-3])
    expect_error(
        hcb("analyze", cut),
        3,
        f"{cut}: damaged or truncated: protobuf cannot read it as hcb.v1.Graph",
        "export one with hcb_tools",
    )


def test_options_that_bind_shapes_are_refused(_: Path) -> None:
    expect_error(
        hcb("analyze", STEPS[0], "--batch", "4"),
        2,
        "--batch: an hcb.v1 graph has its shapes and parameters fixed",
        "export the step again as it should be",
    )


if __name__ == "__main__":
    main(globals())
