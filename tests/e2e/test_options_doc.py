"""docs/options.md shows what `hcb --help` and the help of every command print, to the letter.

`--update` as the last argument writes the file anew.
"""

import re
import sys
from pathlib import Path

from harness import SOURCE, expect, hcb, main

PAGE = SOURCE / "docs" / "options.md"

HEAD = """# Options

What each command reads, as `hcb COMMAND --help` prints it. Written by
`tests/e2e/test_options_doc.py --update`; the same test fails when this page and the program differ.
"""


def help_of(*words: str) -> str:
    run = hcb(*words, "--help")
    expect(f"hcb {' '.join(words)} --help", (run.code, run.err), (0, ""))
    return run.out


def commands() -> list[str]:
    """The names under "Subcommands:"."""
    listed = help_of().split("Subcommands:\n")[1].split("\n\n")[0]
    return re.findall(r"^  (\S+)", listed, re.MULTILINE)


def page() -> str:
    parts = [HEAD]
    for words in [[], *([command] for command in commands())]:
        title = " ".join(["hcb", *words])
        parts.append(f"\n## {title}\n\n```\n{help_of(*words).strip()}\n```\n")
    return "".join(parts)


def test_the_page_is_what_the_program_prints(_: Path) -> None:
    expect("docs/options.md", PAGE.read_text(), page())


def test_usage_lines_can_be_pasted(_: Path) -> None:
    for command in commands():
        expect("usage", help_of(command).split("\n")[1].split(" [")[0], f"Usage: hcb {command}")


if __name__ == "__main__":
    if sys.argv[1:] == ["--update"]:
        PAGE.write_text(page())
    else:
        main(globals())
