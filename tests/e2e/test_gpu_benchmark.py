"""benchmarks/gpu/run, dry: the smallest of its models on the CPU, every part of it."""

import json
import os
import subprocess
import sys
from pathlib import Path

from harness import SOURCE, expect, main

WITH_TORCH = os.environ["HCB_WITH_TORCH"] == "1"
SCRIPT = SOURCE / "benchmarks" / "gpu" / "run"


def bench(*arguments: object) -> subprocess.CompletedProcess:
    environment = {**os.environ, "HCB_PYTHON": os.environ.get("HCB_TORCH_PYTHON", "")}
    return subprocess.run(
        [sys.executable, SCRIPT, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=240,
        env=environment,
        check=False,
    )


def test_the_dry_run_measures_parity_peak_and_speed(tmp: Path) -> None:
    programs = Path(os.environ["HCB_RUN"]).parent
    run = bench(
        "--device",
        "cpu",
        "--models",
        "gpt_tiny",
        "--rounds",
        1,
        "--steps",
        1,
        "--bin",
        programs,
        "--out",
        tmp / "out",
    )
    expect("exit code", (run.returncode, run.stdout[-2000:] if run.returncode else ""), (0, ""))
    expect(
        "files",
        sorted(f.name for f in (tmp / "out").iterdir()),
        ["log.txt", "report.json", "report.txt"],
    )
    row = json.loads((tmp / "out" / "report.json").read_text())["models"][0]
    expect("errors", row["errors"], [])
    expect("parity", (row["parity"]["equal_to_eager"], row["parity"]["gradients"]), (True, 28))
    for plan in row["plans"]:
        memory = plan["memory"]
        expect("peak", memory["measured_peak"], memory["predicted_peak"])
        expect("steps", memory["equal_after"], memory["steps"])
    for name in ("eager", "fx_interpreter", "hcb_run"):
        expect("timed", row["speed"][name]["median_ns"] > 0, True)


def test_where_programs_are_missing_it_says_so(tmp: Path) -> None:
    run = bench("--device", "cpu", "--bin", tmp, "--out", tmp / "out")
    expect(
        "error",
        (run.returncode, run.stderr.strip().splitlines()[-1]),
        (1, f"benchmarks/gpu/run: no hcb and hcb-run in {tmp}"),
    )


if __name__ == "__main__":
    # Both need a Python with torch, which is there where hcb-run was built with it.
    if WITH_TORCH:
        main(globals())
    print("built without LibTorch: nothing to measure")
