"""docs/api_reference.md: its pieces of code are those of examples/analyze_graph.cc, which is
compiled, and what that program prints is what the page shows."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from harness import SOURCE, expect, main

PAGE = (SOURCE / "docs" / "api_reference.md").read_text()
PROGRAM = (SOURCE / "examples" / "analyze_graph.cc").read_text()
FUNCTIONS = (
    "frontier_profile",
    "compute_frontier_width",
    "summarize_frontier",
    "evaluate_hcp",
    "evaluate_orders",
    "best_heuristic_order",
    "lower_bound_report",
    "analyze_graph",
)


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_the_code_is_the_program_s(_: Path) -> None:
    expect("not in the program", [code for code in blocks("cpp") if code not in PROGRAM], [])


def test_every_function_has_a_heading_and_an_example(_: Path) -> None:
    headings = re.findall(r"^### `(\w+)\(", PAGE, re.MULTILINE)
    expect("headings", sorted(headings), sorted(FUNCTIONS))
    code = "".join(blocks("cpp"))
    expect("without example", [name for name in FUNCTIONS if f"{name}(" not in code], [])


def test_headings_are_declared_where_the_page_says(_: Path) -> None:
    for part in re.split(r"^## ", PAGE, flags=re.MULTILINE):
        header = re.search(r"`(analysis/\w+\.h)`$", part.partition("\n")[0])
        for name in re.findall(r"^### `(\w+)\(", part, re.MULTILINE):
            text = (SOURCE / "src" / header.group(1)).read_text()
            expect(f"{name} in {header.group(1)}", f" {name}(" in text, True)


def test_it_prints_what_the_page_shows(_: Path) -> None:
    done = subprocess.run(
        [os.environ["HCB_EXAMPLE"]], capture_output=True, timeout=60, check=True
    )
    expect("output", done.stdout.decode(), blocks("")[-1])


if __name__ == "__main__":
    main(globals())
