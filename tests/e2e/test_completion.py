"""Completion scripts and manual pages: what they offer is what the programs take.

bash runs its script as a person's shell would; zsh and fish only read theirs, where they are
installed.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

from harness import HCB, expect, expect_error, expect_in, hcb, main

HCB_RUN = os.environ["HCB_RUN"]
PROGRAMS = {"hcb": HCB, "hcb-run": HCB_RUN}


def script(program: str, shell: str) -> str:
    done = subprocess.run(
        [PROGRAMS[program], "completion", shell], capture_output=True, text=True, check=True
    )
    expect("stderr", done.stderr, "")
    return done.stdout


def completed(tmp: Path, program: str, *words: str) -> list[str]:
    """What bash offers with the cursor behind the last word."""
    (tmp / "script.bash").write_text(script(program, "bash"))
    quoted = " ".join(f"'{word}'" for word in (program, *words))
    code = f"""
      source script.bash
      complete -p {program} >&2
      COMP_WORDS=({quoted}) COMP_CWORD={len(words)}
      _{program.replace("-", "_")}
      printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    done = subprocess.run(
        ["bash", "--norc", "-euc", code], cwd=tmp, capture_output=True, text=True, check=True
    )
    expect("registered", done.stderr, f"complete -F _{program.replace('-', '_')} {program}\n")
    return done.stdout.split("\n")[:-1] if done.stdout.strip() else []


def help_of(program: str, command: str) -> str:
    return subprocess.run(
        [PROGRAMS[program], command, "--help"], capture_output=True, text=True, check=True
    ).stdout


def commands(program: str) -> list[str]:
    text = subprocess.run(
        [PROGRAMS[program], "--help"], capture_output=True, text=True, check=True
    ).stdout
    listed = text.split("Subcommands:\n")[1].split("\n\n")[0]
    return re.findall(r"^  (\S+)", listed, re.MULTILINE)


def test_bash_offers_the_commands(tmp: Path) -> None:
    for program in PROGRAMS:
        expect(program, completed(tmp, program, ""), commands(program))
    expect("by prefix", completed(tmp, "hcb", "comp"), ["completion"])


def test_bash_offers_exactly_the_options_of_the_help(tmp: Path) -> None:
    for program in PROGRAMS:
        for command in commands(program):
            listed = re.findall(r"^  (?:-\w,)?(--[a-z-]+)", help_of(program, command), re.MULTILINE)
            offered = completed(tmp, program, command, "--")
            expect(f"{program} {command}", sorted(offered), sorted(listed))


def test_bash_offers_values(tmp: Path) -> None:
    expect(
        "words",
        completed(tmp, "hcb", "plan", "m.onnx", "--effort", ""),
        ["fast", "balanced", "exhaustive"],
    )
    expect("prefix", completed(tmp, "hcb", "plan", "--effort", "b"), ["balanced"])
    expect("behind =", completed(tmp, "hcb", "plan", "--effort", "=", "ex"), ["exhaustive"])
    expect("= alone", completed(tmp, "hcb", "show", "--format", "="), ["text", "json", "dot"])
    listed = [line.split()[0] for line in hcb("plan", "--list-strategies").out.splitlines()]
    expect("strategies", completed(tmp, "hcb", "plan", "--strategy", ""), listed)
    expect("devices", completed(tmp, "hcb", "analyze", "--device", "a"), ["a100-80g", "a100-40g"])
    expect("a number", completed(tmp, "hcb", "plan", "--batch", ""), [])
    expect("shells", completed(tmp, "hcb", "completion", ""), ["bash", "zsh", "fish", "man"])
    expect("families", completed(tmp, "hcb", "generate", "se"), ["series-parallel"])
    expect("cuda", completed(tmp, "hcb-run", "run", "--device", "c"), ["cpu", "cuda"])


def test_bash_offers_files(tmp: Path) -> None:
    (tmp / "one model.onnx").touch()
    expect("operand", completed(tmp, "hcb", "analyze", "one"), ["one model.onnx"])
    expect("value", completed(tmp, "hcb", "plan", "--costs", "one"), ["one model.onnx"])
    expect("short name", completed(tmp, "hcb", "plan", "-o", "one"), ["one model.onnx"])


def test_zsh_and_fish_name_every_option(tmp: Path) -> None:
    for program in PROGRAMS:
        zsh, fish = script(program, "zsh"), script(program, "fish")
        expect("first line", zsh.split("\n")[0], f"#compdef {program}")
        for command in commands(program):
            cases = zsh.split(f"        {command})\n")[1].split(";;")[0]
            lines = [x for x in fish.split("\n") if f"subcommand_from {command}'" in x]
            for name in re.findall(r"(--[a-z-]+)", help_of(program, command)):
                if f"  {name}" not in help_of(program, command):
                    continue
                expect_in(f"zsh {command}", f"{name}[", cases)
                expect_in(f"fish {command}", f" -l {name[2:]} ", "\n".join(lines))
        for shell, text in (("zsh", zsh), ("fish", fish)):
            if shutil.which(shell) is None:
                continue
            (tmp / shell).write_text(text)
            done = subprocess.run(
                [shell, "-n", tmp / shell], capture_output=True, text=True, check=False
            )
            expect(f"{shell} -n", (done.returncode, done.stderr), (0, ""))


def test_manual_pages_name_every_command_and_option(tmp: Path) -> None:
    for program in PROGRAMS:
        page = script(program, "man")
        expect("title", page.split("\n")[0].split('"')[1], program.upper().replace("-", "\\-"))
        expect("ASCII", page.isascii(), True)
        for command in commands(program):
            section = page.split(f"\n.SS {command}\n")[1].split("\n.S")[0]
            for name in re.findall(
                r"^  (?:-\w,)?(--[a-z-]+)", help_of(program, command), re.MULTILINE
            ):
                expect_in(command, "\\fB" + name.replace("-", "\\-") + "\\fR", section)
        if shutil.which("groff") is None:
            continue
        (tmp / "page.1").write_text(page)
        done = subprocess.run(
            ["groff", "-man", "-Tutf8", "-ww", "-b", tmp / "page.1"],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
        )
        expect("groff warnings", (done.returncode, done.stderr), (0, ""))
        shown = re.sub(r".\x08", "", done.stdout)  # bold is struck twice
        expect_in("sections", "\nSEE ALSO\n", shown)
        expect_in("an option", "-o, --output", shown)


def test_bad_words(_: Path) -> None:
    expect_error(
        hcb("completion", "bsh"),
        2,
        "'bsh': expected one of bash, zsh, fish, man, did you mean 'bash'?",
        "hcb completion --help",
    )
    expect_error(
        hcb("completion"), 2, "completion needs SHELL", "hcb completion --help lists the options"
    )
    done = subprocess.run([HCB_RUN, "completion"], capture_output=True, text=True, check=False)
    expect(
        "hcb-run",
        (done.returncode, done.stderr),
        (
            2,
            "hcb-run: error: completion needs SHELL\n"
            "help: hcb-run completion --help lists the options\n",
        ),
    )


if __name__ == "__main__":
    main(globals())
