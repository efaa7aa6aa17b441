"""The budgeted planner on shipped models: never worse than what people use today; how it stops."""

import json
import signal
import subprocess
from pathlib import Path

from harness import EXAMPLES, HCB, expect, expect_in, hcb, main

GPT2 = [EXAMPLES / "gpt2.onnx", "--dim", "batch=8", "--dim", "seq=512"]
MODELS = [
    [EXAMPLES / "bert.onnx", "--dim", "batch=8", "--dim", "seq=128"],
    [EXAMPLES / "lstm.onnx", "--dim", "batch=8", "--dim", "seq=32"],
    [EXAMPLES / "resnet50.onnx", "--dim", "batch=16"],
    [EXAMPLES / "unet.onnx", "--dim", "batch=4"],
    [EXAMPLES / "vit.onnx", "--dim", "batch=16"],
]


def dims_of(model: list[object]) -> list[object]:
    """The model with the dims it has among those given."""
    run = hcb("analyze", model[0])
    names = [w.split("=")[0] for w in run.err.split("--dim ")[1:]] if run.code == 3 else []
    given = {str(v).split("=")[0]: v for v in model[2::2]}
    return [model[0], *(v for n in names for v in ("--dim", given.get(n, f"{n}=8")))]


def planned(model: list[object], path: Path, *options: object) -> dict[str, object]:
    run = hcb("plan", *model, "-o", path, *options)
    expect("plan", (run.code, run.err), (0, ""))
    plan: dict[str, object] = json.loads(path.read_text())
    return plan


def extra(plan: dict[str, object]) -> int:
    value = plan["extra_time_ns"]
    assert isinstance(value, int)
    return value


def test_never_worse_than_tree_and_periodic_at_their_own_peaks(tmp: Path) -> None:
    for model in map(dims_of, MODELS):
        for strategy in ("interval-tree", "periodic"):
            theirs = planned(model, tmp / "theirs.json", "--strategy", strategy)
            ours = planned(
                model, tmp / "ours.json",
                "--memory-budget", theirs["peak_bytes"], "--work-limit", 200_000,
            )  # fmt: skip
            expect(f"{model[0]} {strategy}", extra(ours) <= extra(theirs), True)


def test_efforts_only_continue_each_other(tmp: Path) -> None:
    model = dims_of(MODELS[2])
    budget = ["--memory-budget", "45%"]
    plans = [
        planned(model, tmp / "plan.json", *budget, "--work-limit", limit)
        for limit in (100_000, 1_000_000, 4_000_000)
    ]
    times = [extra(plan) for plan in plans]
    expect("extra times", times, sorted(times, reverse=True))


def test_a_time_limit_is_named_as_the_reason(tmp: Path) -> None:
    options = ["--memory-budget", "45%", "--effort", "exhaustive", "--time-limit", 1]
    plan = planned(GPT2, tmp / "plan.json", *options)
    search = plan["search"]
    assert isinstance(search, dict)
    expect("ended by", search["ended_by"], "time_limit")
    expect("check", hcb("check", GPT2[0], tmp / "plan.json").code, 0)


def test_an_interrupt_writes_the_best_plan_so_far(tmp: Path) -> None:
    path = tmp / "plan.json"
    options = ["--memory-budget", "45%", "--effort", "exhaustive", "-o", path, "-vv"]
    process = subprocess.Popen(
        [HCB, *map(str, ["plan", *GPT2, *options])], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stderr is not None
    while b"base schedule" not in (line := process.stderr.readline()):
        expect("planning begins", line != b"", True)
    try:
        process.wait(timeout=3)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    expect("code", process.returncode, 130)
    plan = json.loads(path.read_text())
    expect("ended by", plan["search"]["ended_by"], "interrupted")
    expect("status", plan["status"], "interrupted")
    expect("within the budget", plan["peak_bytes"] <= plan["budget_bytes"], True)
    expect_in("the summary says so", "interrupted", out.decode())
    expect("check", hcb("check", GPT2[0], path).code, 0)


if __name__ == "__main__":
    main(globals())
