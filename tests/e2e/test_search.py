"""The budgeted planner on shipped models: never worse than what people use today; how it stops."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
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
    given = plan["options"]
    assert isinstance(given, dict)
    expect("the limit", given["time-limit"], ["1"])
    text = hcb("plan", *GPT2, *options)
    expect("text", (text.code, text.err), (0, ""))
    expect_in("summary", "the search ended at the time limit of 1 s", text.out)
    expect("check", hcb("check", GPT2[0], tmp / "plan.json").code, 0)


def test_an_interrupt_writes_the_best_plan_so_far(tmp: Path) -> None:
    path = tmp / "plan.json"
    options = ["--memory-budget", "45%", "--effort", "exhaustive", "-o", path, "-vv"]
    process = subprocess.Popen(
        [HCB, *map(str, ["plan", *GPT2, *options])], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stderr is not None
    while b"starts: " not in (line := process.stderr.readline()):
        expect("a plan is known", line != b"", True)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    expect("code", process.returncode, 130)
    plan = json.loads(path.read_text())
    expect("ended by", plan["search"]["ended_by"], "interrupted")
    expect("status", plan["status"], "interrupted")
    expect("within the budget", plan["peak_bytes"] <= plan["budget_bytes"], True)
    expect_in("the summary says so", "interrupted", out.decode())
    expect("check", hcb("check", GPT2[0], path).code, 0)


def wait_until(what: str, holds: Callable[[], bool]) -> None:
    """Looks again and again, at most a minute."""
    for _ in range(6000):
        if holds():
            return
        time.sleep(0.01)
    raise AssertionError(f"{what}: not within a minute")


def has_pending_interrupt(pid: int) -> bool:
    """Is a SIGINT on its way to the process, or being handled?"""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    masks = [line.split() for line in lines if line.startswith(("SigPnd", "ShdPnd", "SigBlk"))]
    return any(int(mask, 16) & 1 << (signal.SIGINT - 1) for _, mask in masks)


def full_pipe() -> tuple[int, int]:
    """A pipe that nobody reads and that takes nothing more: whoever writes to it waits."""
    read_end, write_end = os.pipe()
    os.set_blocking(write_end, False)
    try:
        while True:
            os.write(write_end, bytes(4096))
    except BlockingIOError:
        os.set_blocking(write_end, True)
    return read_end, write_end


def test_a_second_interrupt_ends_at_once_and_leaves_nothing_half_written(tmp: Path) -> None:
    path = tmp / "plan.json"
    path.write_text("of an earlier run\n")
    read_end, write_end = full_pipe()
    options = ["--memory-budget", "45%", "-o", path, "-vv"]
    # It waits at its first line of log, so the first interrupt cannot end it.
    process = subprocess.Popen(
        [HCB, *map(str, ["plan", *GPT2, *options])], stdout=subprocess.DEVNULL, stderr=write_end
    )
    wait_until("plan and bound are open", lambda: len(list(tmp.iterdir())) == 3)
    process.send_signal(signal.SIGINT)
    wait_until("handled", lambda: not has_pending_interrupt(process.pid))
    expect("still there", process.poll(), None)
    process.send_signal(signal.SIGINT)
    expect("ended by", process.wait(timeout=60), -signal.SIGINT)
    expect("files", [p.name for p in tmp.iterdir()], ["plan.json"])
    expect("as before", path.read_text(), "of an earlier run\n")
    os.close(read_end)
    os.close(write_end)


if __name__ == "__main__":
    main(globals())
