"""Runs `hcb` as a person would and compares exit code and text. Standard library only.

A test file is a module of functions named test_*; `main()` runs them all, prints what failed and
exits 1 if any did. Every function gets a fresh folder as its argument.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import traceback
from dataclasses import dataclass
from pathlib import Path

HCB = os.environ["HCB"]
SOURCE = Path(os.environ["HCB_SOURCE_DIR"])
LIGHT = Path(os.environ["HCB_LIGHT_MODELS"])
# What hcb generate makes.
FAMILIES = [
    "chain",
    "layered",
    "series-parallel",
    "u-net",
    "transformer",
    "dense",
    "wide",
    "long-range",
    "random",
    "adversarial",
]
EXAMPLES = SOURCE / "examples"
MODELS = SOURCE / "tests" / "data" / "models"


@dataclass
class Run:
    """What one run of the program gave."""

    code: int
    out: str
    err: str


def hcb(*args: object, stdin: bytes = b"", cwd: Path | None = None) -> Run:
    """Runs hcb with these arguments, at most 120 s."""
    done = subprocess.run(
        [HCB, *map(str, args)], input=stdin, capture_output=True, cwd=cwd, timeout=120, check=False
    )
    return Run(done.returncode, done.stdout.decode(), done.stderr.decode())


def expect(what: str, actual: object, expected: object) -> None:
    """Fails with both values when they differ."""
    if actual != expected:
        raise AssertionError(f"{what}:\n  expected {expected!r}\n  actual   {actual!r}")


def expect_in(what: str, part: str, text: str) -> None:
    """Fails when `part` does not occur in `text`."""
    if part not in text:
        raise AssertionError(f"{what}:\n  expected to find {part!r}\n  in {text!r}")


def expect_error(run: Run, code: int, message: str, help_text: str | None = None) -> None:
    """Exactly this error on stderr, nothing on stdout."""
    wanted = f"hcb: error: {message}\n" + (f"help: {help_text}\n" if help_text else "")
    expect("exit code", (run.code, run.err), (code, wanted))
    expect("standard output", run.out, "")


def main(module: dict[str, object]) -> None:
    """Runs every test_* function of the calling module: `main(globals())`."""
    tests = [(n, f) for n, f in module.items() if n.startswith("test_") and callable(f)]
    failed = 0
    for name, function in tests:
        with tempfile.TemporaryDirectory() as folder:
            try:
                function(Path(folder))
            except Exception:  # every failure is reported, whatever it is
                failed += 1
                print(f"FAILED {name}")
                traceback.print_exc(limit=-2, file=sys.stdout)
    print(f"{len(tests) - failed} passed, {failed} failed")
    sys.exit(1 if failed or not tests else 0)
