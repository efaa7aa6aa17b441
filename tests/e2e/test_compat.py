"""tests/compat: files of format 1.0 are read as ever; a newer minor version only adds, a newer
major one is refused naming both."""

import json
from pathlib import Path

from harness import SOURCE, expect, hcb, main

COMPAT = SOURCE / "tests" / "compat"
STEP = COMPAT / "step-1.1.hcb"
LOOP = COMPAT / "loop-1.3.hcb"


def done(*args: object) -> str:
    run = hcb(*args)
    expect(" ".join(map(str, args)), (run.code, run.err), (0, ""))
    return run.out


def expect_kept(what: str, old: object, new: object) -> None:
    """Every key and value of `old` is in `new`; only objects may have grown."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key, value in old.items():
            expect(f"{what}.{key} is there", key in new, True)
            if key != "format_version":
                expect_kept(f"{what}.{key}", value, new[key])
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for i, pair in enumerate(zip(old, new, strict=True)):
            expect_kept(f"{what}[{i}]", *pair)
    else:
        expect(what, new, old)


def test_plans_hold_for_their_step(_: Path) -> None:
    for plan in ("tree-1.0.json", "tree-1.0.pb", "budget-1.0.json", "budget-1.0.pb"):
        expect(plan, hcb("check", STEP, COMPAT / plan).code, 0)
    for plan in ("loop-1.1.json", "loop-1.1.pb"):
        expect(plan, hcb("check", LOOP, COMPAT / plan).code, 0)


def test_plans_keep_every_key_and_value_in_both_forms(tmp: Path) -> None:
    for name in ("tree-1.0", "budget-1.0", "loop-1.1"):
        old = json.loads((COMPAT / f"{name}.json").read_text())
        for form in ("json", "pb"):
            plan = COMPAT / f"{name}.{form}"
            expect_kept(plan.name, old, json.loads(done("show", plan, "--format", "json")))
            done("convert", plan, "-o", tmp / "again.pb")
            done("convert", tmp / "again.pb", "-o", tmp / "again.json")
            expect_kept(plan.name, old, json.loads((tmp / "again.json").read_text()))


def test_the_step_is_read_and_written_as_ever(tmp: Path) -> None:
    for step in (STEP, LOOP):
        done("convert", step, "-o", tmp / "step.json")
        done("convert", tmp / "step.json", "-o", tmp / "step.hcb")
        expect("bytes", (tmp / "step.hcb").read_bytes(), step.read_bytes())


def test_the_report_keeps_what_does_not_depend_on_a_strategy(_: Path) -> None:
    old = json.loads((COMPAT / "analysis-1.0.json").read_text())
    new = json.loads(done("analyze", STEP, "--memory-budget", "85%", "--format", "json"))
    for key in ("format", "memory_model", "options", "graph", "base", "inference_peak", "bound",
                "forward_frontier", "frontier", "estimates"):
        expect_kept(key, old[key], new[key])
    old_model = {key: value for key, value in old["model"].items() if key != "name"}
    expect_kept("model", old_model, new["model"])
    expect("its outlook has the same keys", set(old["outlook"]) - set(new["outlook"]), set())


def test_the_profile_is_read(_: Path) -> None:
    profile = COMPAT / "profile-1.0.json"
    measured = sum(row[2] for row in json.loads(profile.read_text())["nodes"])
    report = json.loads(done("analyze", STEP, "--costs", profile, "--format", "json"))
    expect("time", report["base"]["time_ns"], measured)


def test_a_newer_minor_version_only_adds(tmp: Path) -> None:
    newer = json.loads((COMPAT / "tree-1.0.json").read_text())
    newer["format_version"] = "1.9"
    newer["colour"] = {"of": ["many", {"kinds": 1}]}
    newer["graph"]["colour"] = 7
    plan = tmp / "plan.json"
    plan.write_text(json.dumps(newer))
    expect("a plan", hcb("check", STEP, plan).code, 0)
    profile = json.loads((COMPAT / "profile-1.0.json").read_text())
    profile["format_version"] = "1.9"
    profile["colour"] = [1]
    (tmp / "profile.json").write_text(json.dumps(profile))
    done("analyze", STEP, "--costs", tmp / "profile.json")
    step = json.loads(done("convert", STEP, "-o", "-"))
    step["version"]["minor"] = 9
    (tmp / "step.json").write_text(json.dumps(step))
    done("convert", tmp / "step.json", "-o", tmp / "step.hcb")
    expect("a step", hcb("check", tmp / "step.hcb", plan).code, 0)


def test_a_newer_minor_version_loses_what_is_not_known_with_a_warning(tmp: Path) -> None:
    step = json.loads(done("convert", STEP, "-o", "-"))
    step["version"]["minor"] = 9
    step["colour"] = 1
    (tmp / "step.json").write_text(json.dumps(step))
    run = hcb("convert", tmp / "step.json", "-o", tmp / "step.hcb")
    expect("code", run.code, 0)
    expect("said", "it has fields that this version does not know (hcb.v1 1.9, this" in run.err,
           True)


def test_a_newer_major_version_is_refused_naming_both(tmp: Path) -> None:
    plan = tmp / "plan.json"
    text = (COMPAT / "tree-1.0.json").read_text()
    plan.write_text(text.replace('"format_version": "1.0"', '"format_version": "2.3"', 1))
    for command in (["check", STEP, plan], ["convert", plan, "-o", tmp / "p.pb"], ["show", plan]):
        run = hcb(*command)
        expect("code", (run.code, run.out), (3, ""))
        expect("names both", "plan format 2.3; this program reads 1." in run.err, True)
    profile = tmp / "profile.json"
    text = (COMPAT / "profile-1.0.json").read_text()
    profile.write_text(text.replace('"1.0"', '"2.0"', 1))
    run = hcb("analyze", STEP, "--costs", profile)
    expect("profile", (run.code, "profile format 2.0; this program reads 1." in run.err), (3, True))


if __name__ == "__main__":
    main(globals())
