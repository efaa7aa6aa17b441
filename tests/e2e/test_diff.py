"""`hcb diff` and `hcb plan --check`: what they say, their exit codes, and what they refuse."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

from harness import SOURCE, Run, expect, expect_error, expect_in, hcb, main
from onnx_writer import chain, model, node, tensor, value_info

STEPS = SOURCE / "tests" / "data" / "steps"
COMPAT = SOURCE / "tests" / "compat"
DIM = ("--dim", "batch=8")


def models(tmp: Path) -> tuple[Path, Path]:
    """A perceptron, and the same with its hidden size doubled."""
    narrow, wide = tmp / "narrow.onnx", tmp / "wide.onnx"
    narrow.write_bytes(chain(width=64, depth=2))
    wide.write_bytes(chain(width=128, depth=2))
    return narrow, wide


def plan(path: Path, *words: object) -> Path:
    run = hcb("plan", *words, "-o", path)
    expect("plan", (run.code, run.err), (0, ""))
    return path


def plans(tmp: Path) -> tuple[Path, Path]:
    narrow, wide = models(tmp)
    return plan(tmp / "old.json", narrow, *DIM), plan(tmp / "new.json", wide, *DIM)


def analysis(path: Path, *words: object) -> Path:
    path.write_text(hcb("analyze", *words, "--format", "json").out)
    return path


def first_line(run: Run) -> str:
    return run.out.split("\n")[0]


def test_a_doubled_hidden_size_names_the_ops_that_grew(tmp: Path) -> None:
    old, new = plans(tmp)
    run = hcb("diff", old, new, "--fail-on", "peak+2%,time+1%")
    expect("code", (run.code, run.err), (7, ""))
    expect("first line", first_line(run), "the graph changed: 9 ops grew")
    # x, w, b per layer: 8*64 + 2*(64*64 + 64) floats, and gradients of as many parameters
    expect_in("limit", "limit          peak+2% is exceeded: 72.0 KiB -> 270 KiB", run.out)
    expect_in("limit", "limit          time+1% holds: ", run.out)
    expect_in("an op", "  2.00 KiB -> 4.00 KiB   /layer0/Gemm (Gemm in layer0)   "
              "float32[8,64] -> float32[8,128]\n", run.out)  # fmt: skip
    expect_in("a parameter", "  16.0 KiB -> 64.0 KiB   w0\n", run.out)
    expect("without limits", hcb("diff", old, new).code, 0)


def test_json_and_protobuf_are_the_same_plan(tmp: Path) -> None:
    narrow, _ = models(tmp)
    old = plan(tmp / "a.json", narrow, *DIM)
    new = plan(tmp / "a.pb", narrow, *DIM)
    run = hcb("diff", old, new, "--fail-on", "any")
    expect("diff", (run.code, run.err, first_line(run)), (0, "", "nothing changed"))


def test_options_and_plan(tmp: Path) -> None:
    gpt = STEPS / "gpt_tiny.hcb"
    old = plan(tmp / "old.json", gpt, "--strategy", "store-all")
    new = plan(tmp / "new.json", gpt, "--block-size", 8)
    run = hcb("diff", old, new)
    expect("first line", first_line(run), "the options changed")
    expect_in("strategy", "option         --strategy store-all -> not given\n", run.out)
    expect_in("strategy", "strategy       store-all -> interval-tree\n", run.out)
    expect_in("recomputations", "recomputed     ", run.out)
    expect_in("order", "order          goes apart at execution ", run.out)


def test_only_the_plan_changed(tmp: Path) -> None:
    gpt = STEPS / "gpt_tiny.hcb"
    old = plan(tmp / "old.json", gpt, "--block-size", 8)
    new = json.loads(old.read_text())
    other = json.loads(plan(tmp / "new.json", gpt, "--block-size", 16).read_text())
    for key in ("peak_bytes", "extra_time_ns", "save_nodes", "steps"):
        new[key] = other[key]
    (tmp / "new.json").write_text(json.dumps(new))
    run = hcb("diff", old, tmp / "new.json", "--fail-on", "any")
    expect("diff", (run.code, first_line(run)), (7, "only the plan changed"))


def renamed_chain(prefix: str) -> bytes:
    """A layer whose names all begin with `prefix`."""
    nodes = [
        node("Gemm", ["x", f"{prefix}w"], [f"{prefix}h"], name=f"/{prefix}fc/Gemm"),
        node("Relu", [f"{prefix}h"], [f"{prefix}a"], name=f"/{prefix}fc/Relu"),
    ]
    return model(nodes, [value_info("x", [8, 4])], [value_info(f"{prefix}a", [8, 4])],
                 [tensor(f"{prefix}w", [4, 4])])  # fmt: skip


def test_renames_are_no_change(tmp: Path) -> None:
    for name in ("a", "b"):
        (tmp / f"{name}.onnx").write_bytes(renamed_chain(name))
        plan(tmp / f"{name}.json", tmp / f"{name}.onnx")
        analysis(tmp / f"{name}.analysis.json", tmp / f"{name}.onnx")
    for form in ("onnx", "json"):
        run = hcb("diff", tmp / f"a.{form}", tmp / f"b.{form}", "--fail-on", "any")
        expect(form, (run.code, first_line(run)), (0, "nothing changed; 5 ops renamed"))
    run = hcb("diff", tmp / "a.analysis.json", tmp / "b.analysis.json", "--fail-on", "any")
    expect("analysis", (run.code, first_line(run)), (0, "nothing changed"))


def test_analyses(tmp: Path) -> None:
    narrow, wide = models(tmp)
    old = analysis(tmp / "old.json", narrow, *DIM)
    new = analysis(tmp / "new.json", wide, *DIM)
    run = hcb("diff", old, new, "--fail-on", "peak+0%")
    expect("diff", (run.code, first_line(run)), (7, "the graph changed"))
    expect_in("alive", "  16.0 KiB -> 64.0 KiB   w0.grad\n", run.out)
    run = hcb("diff", old, old, "--fail-on", "any,peak+0%,time+0%,resident+0%")
    expect("same", (run.code, first_line(run)), (0, "nothing changed"))


def test_models_are_read_with_the_options_given(tmp: Path) -> None:
    narrow, wide = models(tmp)
    run = hcb("diff", narrow, wide, *DIM, "--fail-on", "peak+2%")
    expect("diff", (run.code, first_line(run)), (7, "the graph changed: 9 ops grew"))
    steps = hcb("diff", STEPS / "gpt_math.hcb", STEPS / "gpt_flash.hcb")
    expect("steps", (steps.code, steps.err), (0, ""))
    expect_in("steps", "the graph changed: ", first_line(steps))
    missing = hcb("diff", narrow, wide)
    expect("code", missing.code, 3)
    expect_in("dims", "--dim batch=", missing.err)


def test_a_peak_without_a_baseline(tmp: Path) -> None:
    old, _ = plans(tmp)
    peak = json.loads(old.read_text())["peak_bytes"]
    expect("fits", hcb("diff", old, "--max-peak", peak).code, 0)
    run = hcb("diff", old, "--max-peak", peak - 1)
    expect("does not", (run.code, first_line(run)), (7, "no baseline"))
    model = hcb("diff", tmp / "narrow.onnx", *DIM, "--max-peak", "20GiB")
    expect("a model", (model.code, model.err), (0, ""))


def test_files_of_format_1_0(tmp: Path) -> None:
    old, step = COMPAT / "tree-1.0.json", COMPAT / "step-1.1.hcb"
    fresh = plan(tmp / "fresh.json", step, "--block-size", 4)
    for new in (COMPAT / "tree-1.0.pb", fresh):
        run = hcb("diff", old, new, "--fail-on", "any")
        expect(new.name, (run.code, run.err, first_line(run)), (0, "", "nothing changed"))
    reports = (COMPAT / "analysis-1.0.json", analysis(tmp / "a.json", step))
    run = hcb("diff", *reports, "--fail-on", "peak+0%,time+0%,resident+0%")
    expect("analyses", (run.code, run.err, first_line(run)), (0, "", "the options changed"))
    run = hcb("diff", old, COMPAT / "budget-1.0.json")
    expect_in("by name", "recomputed     ", run.out)


def test_standard_input_is_one_side(tmp: Path) -> None:
    old, new = plans(tmp)
    run = hcb("diff", old, "-", stdin=new.read_bytes())
    expect_in("sides", f"{old} (narrow.onnx) -> stdin (wide.onnx)\n", run.out)
    expect_error(hcb("diff", "-", "-"), 2,
                 "standard input can be read once: OLD and NEW are both '-'")  # fmt: skip


def test_forms(tmp: Path) -> None:
    old, new = plans(tmp)
    words = ("diff", old, new, "--fail-on", "peak+2%", "--format")
    document = json.loads(hcb(*words, "json").out)
    expect("json", (document["format"], document["failed"]), ("hcb-diff", True))
    grew = [op["name"] for op in document["ops"] if op["change"] == "grew"]
    expect("all that grew", (len(grew), grew[2]), (9, "/layer0/Gemm"))
    suite = ElementTree.fromstring(hcb(*words, "junit").out)[0]
    expect("junit", (suite.get("tests"), suite.get("failures")), ("1", "1"))
    expect_in("markdown", "| peak | 72.0 KiB | 270 KiB |", hcb(*words, "markdown").out)
    expect_in("github", "::error title=hcb diff", hcb(*words, "github").out)
    for form in ("text", "json", "markdown", "github", "junit"):
        run = hcb(*words, form)
        expect(form, (run.code, run.out), (7, hcb(*words, form).out))


def test_sides_that_cannot_be_compared(tmp: Path) -> None:
    old, _ = plans(tmp)
    report = analysis(tmp / "report.json", tmp / "narrow.onnx", *DIM)
    expect_error(hcb("diff", old, report), 3,
                 f"{old} is a plan, {report} is an analysis: they cannot be compared",
                 "give two plans, two analyses or two models")  # fmt: skip
    run = hcb("diff", old, tmp / "narrow.onnx")
    expect("a plan and a model", (run.code, run.out), (3, ""))
    other = plan(tmp / "t4.json", tmp / "narrow.onnx", *DIM, "--device", "t4")
    run = hcb("diff", old, other)
    expect("devices", (run.code, run.out), (3, ""))
    expect_in("both are named", "profile a100-80g in ", run.err)
    expect_in("both are named", "profile t4 in ", run.err)


def test_damaged_sides(tmp: Path) -> None:
    old, new = plans(tmp)
    report = analysis(tmp / "report.json", tmp / "narrow.onnx", *DIM)
    bad = tmp / "bad.json"
    for whole in (old, report):
        text = whole.read_text()
        for size in range(1, len(text) - 2, max(1, len(text) // 20)):
            bad.write_text(text[:size])
            run = hcb("diff", whole, bad)
            expect(f"truncated at {size}", (run.code, run.out), (3, ""))
        bad.write_text(re.sub(r'"format_version": "1\.\d"', '"format_version": "2.0"', text))
        run = hcb("diff", bad, whole)
        expect("newer major", (run.code, run.out), (3, ""))
        expect_in("both are named", "format 2.0; this program reads 1.", run.err)
        bad.write_text(text.replace('"memory_model": 1', '"memory_model": 2'))
        run = hcb("diff", whole, bad)
        expect("memory model", (run.code, run.out), (3, ""))
        expect_in("both", "made for memory model 2; this program counts by model 1", run.err)
        bad.write_text(text.replace('"format_version"', '"unknown": [1, {}],\n  "format_version"'))
        run = hcb("diff", whole, bad, "--fail-on", "any")
        expect("unknown keys", (run.code, run.err), (0, ""))
    bad.write_text(new.read_text().replace('"save_nodes": [', '"save_nodes": ["x",'))
    expect("wrong type", hcb("diff", old, bad).code, 3)
    bad.write_text(new.read_text().replace('"steps": [\n[0', '"steps": [\n[4000'))
    expect_in("an id of no node", "steps: no node 4000: the graph has ", hcb("diff", old, bad).err)
    bad.write_text(report.read_text().replace('"peak":', '"apex":'))
    expect_in("a missing key", 'base: key "peak" is missing', hcb("diff", report, bad).err)


def test_files_that_are_none(tmp: Path) -> None:
    old, _ = plans(tmp)
    (tmp / "folder.json").mkdir()
    (tmp / "folder").mkdir()
    (tmp / "folder.pb").mkdir()
    whole = plan(tmp / "whole.pb", tmp / "narrow.onnx", *DIM)
    (tmp / "cut.pb").write_bytes(whole.read_bytes()[:99])
    (tmp / "empty.json").write_text("")
    (tmp / "list.json").write_text("[1]")
    (tmp / "text.txt").write_text("hello")
    cases = {
        "missing.json": "cannot be read: No such file or directory",
        "missing.onnx": "no such file",
        "folder.json": "cannot be read: Is a directory",
        "folder": "a directory",
        "folder.pb": "cannot be read: Is a directory",
        "cut.pb": "not a protobuf plan, or cut off",
        "empty.json": "empty",
        "list.json": "neither a plan nor an analysis",
        "text.txt": "text.txt: ",
    }
    for name, message in cases.items():
        for sides in ((tmp / name, old), (old, tmp / name)):
            run = hcb("diff", *sides)
            expect(name, (run.code, run.out), (3, ""))
            expect_in(name, message, run.err)


def test_wrong_words(tmp: Path) -> None:
    old, new = plans(tmp)
    expect_error(hcb("diff", old), 2, "diff needs OLD and NEW",
                 "with --max-peak SIZE alone one is enough")  # fmt: skip
    expect("nothing", hcb("diff").code, 2)
    expect_error(hcb("diff", old, "--fail-on", "any", "--max-peak", "1GiB"), 2,
                 "--fail-on: compares with OLD, which is not given",
                 "hcb diff OLD NEW --fail-on …")  # fmt: skip
    for limits in ("peak", "peak+2", "peak+8G", "peek+2%", "time+2MiB", ",", "peak+2%,"):
        code = 0 if limits == "peak+2" else 2  # two bytes
        run = hcb("diff", old, old, "--fail-on", limits)
        expect(limits, (run.code, run.out == ""), (code, code == 2))
    expect("no size", hcb("diff", old, new, "--max-peak", "60%").code, 2)
    run = hcb("diff", old, new, "--batch", 4)
    expect_error(run, 2, f"--batch: {old} is a plan, made with options of its own",
                 "leave it out; only models take options")  # fmt: skip
    expect("format", hcb("diff", old, new, "--format", "html").code, 2)


def test_check_is_a_formatter(tmp: Path) -> None:
    old, _ = plans(tmp)
    narrow, wide = models(tmp)
    run = hcb("plan", narrow, *DIM, "--check", old)
    expect("fresh", (run.code, run.out, run.err), (0, f"{old}   is what hcb plan writes now\n", ""))
    before = old.read_bytes()
    run = hcb("plan", wide, *DIM, "--check", old)
    expect("stale", (run.code, run.err), (7, ""))
    expect("first line", first_line(run), f"{old}   is not what hcb plan writes now")
    expect_in("what changed", "\nthe graph changed: 9 ops grew\n", run.out)
    expect("nothing is written", old.read_bytes(), before)
    protobuf = plan(tmp / "old.pb", narrow, *DIM)
    expect("protobuf", hcb("plan", narrow, *DIM, "--check", protobuf).code, 0)


def test_check_sees_what_diff_does_not_compare(tmp: Path) -> None:
    old, _ = plans(tmp)
    edited = old.read_text().replace('"meta": {', '"meta": {"note": 1, ')
    old.write_text(edited)
    run = hcb("plan", tmp / "narrow.onnx", *DIM, "--check", old)
    expect("code", run.code, 7)
    expect_in("the key", "keys           meta\n", run.out)


def test_check_of_a_plan_of_format_1_0(tmp: Path) -> None:
    old, _ = plans(tmp)
    text = old.read_text().replace('"format_version": "1.1"', '"format_version": "1.0"')
    start, end = text.index('    "unnamed_fingerprint"'), text.index('    "nodes"')
    old.write_text(text[:start] + text[end:])
    expect("code", hcb("plan", tmp / "narrow.onnx", *DIM, "--check", old).code, 0)


def test_check_of_a_plan_whose_proof_is_beside_it(tmp: Path) -> None:
    words = (STEPS / "gpt_tiny.hcb", "--memory-budget", "90%", "--effort", "fast")
    committed = plan(tmp / "plan.json", *words)
    expect("check", hcb("plan", *words, "--check", committed).code, 0)
    other = hcb("plan", *words[:2], "95%", *words[3:], "--check", committed)
    expect("another budget", (other.code, other.err), (7, ""))
    expect_in("option", "option         --memory-budget 90% -> 95%\n", other.out)


def test_check_refuses(tmp: Path) -> None:
    narrow, _ = models(tmp)
    run = hcb("plan", narrow, *DIM, "--check", tmp / "missing.json")
    expect_error(run, 3, f"{tmp}/missing.json: cannot be read: No such file or directory",
                 "give a plan that `hcb plan -o` wrote")  # fmt: skip
    old = plan(tmp / "old.json", narrow, *DIM)
    for words in (("-o", tmp / "x.json"), ("--format", "json")):
        run = hcb("plan", narrow, *DIM, "--check", old, *words)
        expect_error(run, 2, "--check writes no plan: it goes with neither -o nor --format",
                     "leave one of them out; hcb diff compares in other formats")  # fmt: skip
    run = hcb("plan", narrow, *DIM, "--memory-budget", "1", "--check", old)
    expect("proved not to fit comes first", run.code, 10)


if __name__ == "__main__":
    main(globals())
