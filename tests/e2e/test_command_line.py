"""What the command line accepts and refuses, before any model is read."""

import os
import subprocess
from pathlib import Path

from harness import EXAMPLES, HCB, expect, expect_error, expect_in, hcb, main

MLP = EXAMPLES.parent / "tests" / "data" / "models" / "mlp.onnx"


def test_version_is_one_line_on_stdout(_: Path) -> None:
    run = hcb("--version")
    expect("run", (run.code, run.out, run.err), (0, "hcb 0.1.0\n", ""))


def test_version_with_v_says_what_is_in_it(_: Path) -> None:
    run = hcb("--version", "-v")
    expect("code", (run.code, run.err), (0, ""))
    lines = run.out.splitlines()
    expect("first", lines[0], "hcb 0.1.0")
    expect("then", [line.split()[0] for line in lines[1:5]], ["formats", "memory", "built",
                                                             "contains"])
    libraries = [line.split()[0] for line in lines[5:]]
    for name in ("ONNX", "protobuf", "HiGHS", "Boost", "glibc"):
        expect_in("library", name, " ".join(libraries))
    for line in lines[5:]:
        expect("a version and a licence", len(line.split()) >= 3 and line.split()[1][0].isdigit(),
               True)
    expect_in("plan format", "plan 1.", lines[1])


def test_help_lists_commands_and_exit_codes(_: Path) -> None:
    run = hcb("--help")
    expect("code", run.code, 0)
    for part in ("analyze", "plan", "check", "10 proved not to fit"):
        expect_in("help", part, run.out)


def test_every_command_has_help_with_an_example(_: Path) -> None:
    for command in ("analyze", "plan", "check"):
        run = hcb(command, "--help")
        expect("code", run.code, 0)
        expect_in("help", f"Example: hcb {command} ", run.out)


def test_no_command(_: Path) -> None:
    expect_error(
        hcb(), 2, "a command is needed",
        "hcb --help lists the commands",
    )


def test_unknown_command_suggests_the_nearest(_: Path) -> None:
    expect_error(
        hcb("analyse", "x.onnx"),
        2,
        "unknown command 'analyse', did you mean 'analyze'?",
        "hcb --help lists the commands",
    )


def test_unknown_option_suggests_the_nearest(_: Path) -> None:
    expect_error(
        hcb("plan", MLP, "--blok-size", "3"),
        2,
        "unknown option '--blok-size', did you mean '--block-size'?",
        "hcb plan --help lists the options",
    )


def test_an_option_of_another_command_is_refused(_: Path) -> None:
    run = hcb("analyze", MLP, "--arity", "3")
    expect("code", run.code, 2)
    expect_in("error", "unknown option '--arity'", run.err)


def test_ambiguous_size_names_both_spellings(_: Path) -> None:
    expect_error(
        hcb("analyze", MLP, "--memory-budget", "8G"),
        2,
        "size '8G': 'G' is ambiguous, write GiB or GB",
        "write 8GiB (2^30), 8GB (10^9) or plain bytes, e.g. 8589934592",
    )


def test_block_size_zero(_: Path) -> None:
    expect_error(
        hcb("plan", MLP, "--batch", "2", "--block-size", "0"),
        2,
        "--block-size '0': expected a whole number >= 1",
    )


def test_unknown_strategy_suggests_the_nearest(_: Path) -> None:
    run = hcb("plan", MLP, "--batch", "2", "--strategy", "intervaltree")
    expect("code", run.code, 2)
    expect_in("error", "did you mean 'interval-tree'?", run.err)


def test_an_option_the_strategy_does_not_read(_: Path) -> None:
    run = hcb("plan", MLP, "--batch", "2", "--strategy", "periodic", "--arity", "3")
    expect("code", run.code, 2)
    expect_in("error", "--arity is not read by", run.err)
    expect_in("error", "interval-tree", run.err)


def test_unknown_plan_extension(tmp: Path) -> None:
    expect_error(
        hcb("plan", MLP, "--batch", "2", "-o", tmp / "plan.txt"),
        2,
        f"-o '{tmp}/plan.txt': the extension decides the form and is none of .json, .dot, .pb",
        "write -o plan.json, or -o - for standard output",
    )
    expect("files", os.listdir(tmp), [])


def test_unwritable_output_is_found_before_the_work(tmp: Path) -> None:
    expect_error(
        hcb("plan", tmp / "not there.onnx", "-o", tmp / "no folder" / "plan.json"),
        5,
        f"{tmp}/no folder/plan.json: cannot be written: No such file or directory",
        "give -o a path in a folder you may write to",
    )


def test_output_that_is_a_directory(tmp: Path) -> None:
    (tmp / "plan.json").mkdir()
    run = hcb("plan", MLP, "--batch", "2", "-o", tmp / "plan.json")
    expect("code", run.code, 5)
    expect_in("error", "plan.json: cannot be written: Is a directory", run.err)


def test_closed_pipe_is_an_output_error(_: Path) -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    done = subprocess.run(
        [HCB, "plan", str(MLP), "--batch", "2", "-o", "-"],
        stdout=write_end,
        stderr=subprocess.PIPE,
        timeout=60,
        check=False,
    )
    os.close(write_end)
    expect("code", done.returncode, 5)
    expect("error", done.stderr, b"hcb: error: standard output: cannot be written: Broken pipe\n")


def test_full_disk_is_an_output_error(_: Path) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [HCB, "analyze", str(MLP), "--batch", "2"],
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
        )
    expect("code", done.returncode, 5)
    expect_in("error", "No space left on device", done.stderr.decode())


def test_config_file_is_read_only_when_named(tmp: Path) -> None:
    config = tmp / "hcb.toml"
    config.write_text("[plan]\nblock-size=0\n")
    run = hcb("--config", config, "plan", MLP, "--batch", "2")
    expect("code", run.code, 2)
    expect_in("error", "--block-size '0'", run.err)


def test_unknown_key_in_config_file_is_refused(tmp: Path) -> None:
    config = tmp / "hcb.toml"
    config.write_text("[plan]\nblok-size=4\n")
    run = hcb("--config", config, "plan", MLP, "--batch", "2")
    expect("code", run.code, 2)
    expect_in("error", "blok-size", run.err)


if __name__ == "__main__":
    main(globals())
