#!/usr/bin/env python3
"""Every relative link of a Markdown file leads to a file, and every path of this repository that a
document, a comment or a script names is there.

usage: test_docs_links.py SOURCE_ROOT
"""

import re
import sys
import tempfile
from pathlib import Path

import house

LINK = re.compile(r"\]\(([^)\s]+)\)")
# A path with one of our extensions under one of our folders, not part of a longer path.
NAMED = re.compile(
    r"(?<![\w./<-])((?:docs|src|benchmarks|experiments|examples|proto)/[\w./-]+\.(?:md|h|cc|py|proto))"
)
# Written by a program, not kept: tools/release-check.
MADE = {"docs/release-check.md"}
# Made-up paths are this test's and the include test's own material.
NOT_READ = {"tests/house/test_docs_links.py", "tests/house/test_include_edges.py"}
SUFFIXES = {".md", ".h", ".cc", ".py", ".proto", ".txt", ""}


def texts(root):
    """(path below root, contents) of all files people write, sorted."""
    for path in sorted(root.rglob("*")):
        inside = path.relative_to(root)
        hidden = any(part.startswith(".") for part in inside.parts)
        if hidden or inside.parts[0] == "build" or path.suffix not in SUFFIXES:
            continue
        if path.is_file() and inside.as_posix() not in NOT_READ:
            yield inside, path.read_text(encoding="utf-8", errors="replace")


def broken_links(root, inside, text):
    for target in LINK.findall(text):
        if re.match(r"[a-z]+:|#", target):
            continue
        if not (root / inside.parent / target.split("#")[0]).exists():
            yield f"{inside}: the link ({target}) leads nowhere"


def unknown_names(root, inside, text):
    for name in sorted(set(NAMED.findall(text)) - MADE):
        if not (root / name).exists():
            yield f"{inside}: names {name}, which is not there"


def unlisted_decisions(root):
    """docs/decisions/README.md lists every decision."""
    folder = root / "docs" / "decisions"
    listed = set(LINK.findall((folder / "README.md").read_text()))
    found = {path.name for path in folder.glob("*.md")} - {"README.md"}
    return [f"docs/decisions/README.md does not list {name}" for name in sorted(found - listed)]


def problems(root):
    found = unlisted_decisions(root)
    for inside, text in texts(root):
        if inside.suffix == ".md":
            found += broken_links(root, inside, text)
        found += unknown_names(root, inside, text)
    return found


def self_test():
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "docs" / "decisions").mkdir(parents=True)
        (root / "src").mkdir()
        (root / "docs" / "decisions" / "README.md").write_text("[a](0001-a.md)")
        (root / "docs" / "decisions" / "0001-a.md").write_text("[up](../x.md#part) [w](https://w)")
        (root / "docs" / "x.md").write_text("[y](y.md)")
        (root / "src" / "a.h").write_text("// see docs/x.md, src/b.h; <src/c.h>, lib/src/d.h\n")
        (root / "docs" / "decisions" / "0002-b.md").touch()
        assert problems(root) == [
            "docs/decisions/README.md does not list 0002-b.md",
            "docs/x.md: the link (y.md) leads nowhere",
            "src/a.h: names src/b.h, which is not there",
        ], problems(root)


if __name__ == "__main__":
    sys.exit(house.main(self_test, problems))
