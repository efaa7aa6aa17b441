"""hcb is one static file: it runs in a root folder that holds nothing else."""

import os
import shutil
import subprocess
from pathlib import Path

from harness import HCB, expect, expect_in, main
from onnx_writer import chain


def in_empty_root(root: Path, *args: str) -> subprocess.CompletedProcess[str]:
    command = ["chroot", str(root), "/hcb", *args]
    if os.geteuid() != 0:
        command = ["unshare", "--user", "--map-root-user", *command]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_runs_in_an_empty_root(tmp: Path) -> None:
    shutil.copy2(HCB, tmp / "hcb")
    (tmp / "model.onnx").write_bytes(chain())
    run = in_empty_root(tmp, "plan", "/model.onnx", "--dim", "batch=8", "-o", "/plan.json")
    expect("run", (run.returncode, run.stderr), (0, ""))
    run = in_empty_root(tmp, "check", "/model.onnx", "/plan.json")
    expect("run", (run.returncode, run.stderr), (0, ""))
    expect("files", sorted(os.listdir(tmp)), ["hcb", "model.onnx", "plan.json"])


def test_needs_no_interpreter(_: Path) -> None:
    header = subprocess.run(["readelf", "-l", HCB], capture_output=True, text=True, check=True)
    expect("interpreter", "INTERP" in header.stdout, False)
    expect_in("program headers", "LOAD", header.stdout)


if __name__ == "__main__":
    main(globals())
