#!/usr/bin/env python3
"""The top level of the repository holds what it is to hold and nothing else: files that git tracks
or would track, in a clone; all but build/ in an unpacked archive.

usage: test_top_level.py SOURCE_ROOT
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import house

EXPECTED = {
    "CHANGELOG.md",
    "CMakeLists.txt",
    "CMakePresets.json",
    "LICENSE",
    "README.md",
    "benchmarks",
    "docs",
    "examples",
    "experiments",
    "proto",
    "ruff.toml",
    "src",
    "tests",
    "tools",
}


def entries(root):
    if (root / ".git").exists():
        command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others"]
        listed = subprocess.run(
            [*command, "--exclude-standard"], check=True, capture_output=True, text=True
        )
        names = {path.split("/")[0] for path in listed.stdout.split("\0") if path}
        return {name for name in names if (root / name).exists()}
    return {path.name for path in root.iterdir()} - {"build"}


def problems(root):
    found = {name for name in entries(root) if not name.startswith(".")}
    missing = [f"missing: {name}" for name in sorted(EXPECTED - found)]
    return missing + [f"does not belong here: {name}" for name in sorted(found - EXPECTED)]


def self_test():
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name in EXPECTED | {"build", ".editorconfig"}:
            (root / name).mkdir()
        assert problems(root) == [], problems(root)
        (root / "notes.txt").touch()
        (root / "docs").rmdir()
        assert problems(root) == ["missing: docs", "does not belong here: notes.txt"]


if __name__ == "__main__":
    sys.exit(house.main(self_test, problems))
