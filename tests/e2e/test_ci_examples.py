"""examples/ci: the workflow, the job and the hook, run through the lines they hold, on a model
whose author doubles its hidden size."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

from harness import EXAMPLES, HCB, expect, expect_in, main

CI = EXAMPLES / "ci"

MODEL = "HIDDEN = 64\n"
EXPORT = """
import sys
from model import HIDDEN
from onnx_writer import chain
open(sys.argv[1], "wb").write(chain(width=HIDDEN, depth=2))
"""
GREW = "  2.00 KiB -> 4.00 KiB   /layer0/Gemm (Gemm in layer0)   float32[8,64] -> float32[8,128]\n"


class Repository:
    """A checkout with a model, its export script and the copied CI script."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "ci").mkdir()
        shutil.copy(CI / "hcb-ci.sh", folder / "ci")
        (folder / "model.py").write_text(MODEL)
        (folder / "export_model.py").write_text(EXPORT)

    def run(self, line: str, **environment: str) -> subprocess.CompletedProcess[str]:
        env = {
            "PATH": f"{Path(HCB).parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(Path(__file__).parent),
            "PYTHONDONTWRITEBYTECODE": "1",
            **environment,
        }
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", line],
            cwd=self.folder,
            env=env,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def accept(self) -> None:
        done = self.run("python3 export_model.py model.onnx && ci/hcb-ci.sh accept")
        expect("accept", (done.returncode, done.stderr), (0, ""))

    def double_the_hidden_size(self) -> None:
        (self.folder / "model.py").write_text(MODEL.replace("64", "128"))


def workflow_lines() -> list[str]:
    """What the steps of the workflow run, without the installation."""
    text = (CI / "github-workflow.yml").read_text()
    lines = re.findall(r"^ +run: (.*)$", text, re.MULTILINE)
    expect("steps", [line.split()[0] for line in lines], ["pip", "python3", "ci/hcb-ci.sh"])
    return lines[1:]


def job_lines() -> list[str]:
    """The script of the job."""
    text = (CI / "gitlab-job.yml").read_text()
    script = re.search(r"^  script:\n((?:    - .*\n)+)", text, re.MULTILINE)
    assert script is not None
    return re.findall(r"^    - (.*)$", script.group(1), re.MULTILINE)


def hook_lines() -> list[str]:
    """The entry of the hook."""
    text = (CI / "pre-commit-config.yaml").read_text()
    return re.findall(r"^ +entry: (.*)$", text, re.MULTILINE)


Done = subprocess.CompletedProcess[str]


def life(tmp: Path, lines: list[str], check: Callable[[Done], None], **env: str) -> None:
    """Unchanged: passes. Hidden size doubled: fails, says why. Accepted: passes again."""
    line = " && ".join(lines)
    repository = Repository(tmp)
    repository.accept()
    done = repository.run(line, **env)
    expect("unchanged", (done.returncode, done.stderr), (0, ""))
    expect_in("first line", "nothing changed\n", done.stdout)
    repository.double_the_hidden_size()
    done = repository.run(line, **env)
    expect("doubled", (done.returncode, done.stderr), (7, ""))
    expect_in("what changed", "the graph changed: 9 ops grew\n", done.stdout)
    expect_in("the limit", "limit          peak+2% is exceeded: ", done.stdout)
    expect_in("the op that grew", GREW, done.stdout)
    expect_in("what to do", "accept it: ci/hcb-ci.sh accept, and commit hcb-base", done.stdout)
    check(done)
    repository.accept()
    expect("accepted", repository.run(line, **env).returncode, 0)


def test_the_github_workflow(tmp: Path) -> None:
    summary = tmp / "summary.md"

    def annotated(done: Done) -> None:
        expect_in("annotation", "::error title=hcb diff%3A peak+2%25::peak+2%25 is ", done.stdout)
        expect_in("named there", "grew most: /layer1/Gemm/backward (GemmGrad in ", done.stdout)
        expect_in("summary", "**hcb diff: the graph changed: 9 ops grew**", summary.read_text())

    life(tmp, workflow_lines(), annotated, GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(summary))


def test_the_gitlab_job(tmp: Path) -> None:
    def reported(_: Done) -> None:
        suite = ElementTree.parse(tmp / "hcb-report.xml").getroot()[0]
        expect("suite", (suite.get("tests"), suite.get("failures")), ("2", "1"))
        failure = suite[0][0]
        expect_in("message", "peak+2% is exceeded", failure.get("message") or "")
        expect_in("text", GREW, failure.text or "")

    life(tmp, job_lines(), reported, HCB_JUNIT="hcb-report.xml")


def test_the_pre_commit_hook(tmp: Path) -> None:
    life(tmp, hook_lines(), lambda _: None)


def test_exact_is_as_strict_as_a_formatter(tmp: Path) -> None:
    repository = Repository(tmp)
    repository.accept()
    expect("unchanged", repository.run("ci/hcb-ci.sh exact").returncode, 0)
    done = repository.run("ci/hcb-ci.sh exact", HCB_OPTIONS="--dim batch=8 --strategy store-all")
    expect("other options", (done.returncode, done.stderr), (7, ""))
    expect_in("first line", "hcb-baseline.json   is not what hcb plan writes now\n", done.stdout)
    expect_in("what", "option         --strategy not given -> store-all\n", done.stdout)
    expect_in("what to do", "accept it: ci/hcb-ci.sh accept", done.stdout)


def test_without_a_baseline_the_job_says_so(tmp: Path) -> None:
    repository = Repository(tmp)
    repository.run("python3 export_model.py model.onnx")
    done = repository.run("ci/hcb-ci.sh check")
    expect("code", (done.returncode, done.stdout), (3, ""))
    expect_in("message", "hcb-baseline.json: cannot be read: No such file", done.stderr)


def test_a_word_too_many_or_too_few(tmp: Path) -> None:
    repository = Repository(tmp)
    for words in ("", "compare"):
        done = repository.run(f"ci/hcb-ci.sh {words}")
        expect("code", (done.returncode, done.stdout), (2, ""))
        expect_in("usage", "usage: hcb-ci.sh check | exact | accept", done.stderr)


if __name__ == "__main__":
    main(globals())
