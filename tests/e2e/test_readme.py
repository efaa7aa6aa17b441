"""The README shows what the program prints: every `$ hcb` line in it is run and compared."""

import re
import subprocess
import sys
from pathlib import Path

from harness import EXAMPLES, HCB, SOURCE, expect, hcb, main

README = (SOURCE / "README.md").read_text()


def shown_runs() -> list[tuple[str, str]]:
    """Commands in fenced blocks with the output shown under each."""
    runs: list[tuple[str, str]] = []
    for block in re.findall(r"^```\n(.*?)^```", README, re.MULTILINE | re.DOTALL):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            runs.append((command, output))
    return runs


def test_every_shown_command_prints_what_is_shown(tmp: Path) -> None:
    (tmp / "examples").symlink_to(EXAMPLES)
    (tmp / "tests").symlink_to(SOURCE / "tests")
    runs = shown_runs()
    shown = " ".join(command.split()[1] for command, _ in runs)
    wanted = "analyze analyze plan check convert plan fit diff explain analyze generate"
    expect("commands shown", shown, wanted)
    for command, output in runs:
        program, *arguments = command.split()
        expect("program", program, "hcb")
        run = hcb(*arguments, cwd=tmp)
        expect(command, (run.code, run.out, run.err), (0, output, ""))


def test_the_table_is_what_its_command_prints(_: Path) -> None:
    script = SOURCE / "experiments" / "strategies.py"
    done = subprocess.run(
        [sys.executable, "-B", str(script), HCB],
        capture_output=True,
        text=True,
        timeout=250,
        check=True,
    )
    shown = re.search(r"^\| model \|.*?\n(?=\n)", README, re.MULTILINE | re.DOTALL)
    assert shown is not None
    expect("table", shown.group(0), done.stdout)


if __name__ == "__main__":
    main(globals())
