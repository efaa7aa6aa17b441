"""docs/schema: what the programs print keeps to its schema, and a schema refuses what is not that.

Runs under the Python of `tools/setup package`, which has jsonschema.
"""

import copy
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from harness import EXAMPLES, LIGHT, SOURCE, expect, hcb, main

STEPS = SOURCE / "tests" / "data" / "steps"
SCHEMAS = SOURCE / "docs" / "schema"
COMPAT = SOURCE / "tests" / "compat"

try:
    import jsonschema
except ImportError:
    setup = [str(SOURCE / "tools" / "setup"), "--print", "python", "package"]
    python = subprocess.run(setup, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    os.execv(python, [python, "-B", *sys.argv])

# By the "format" of a document; the JSON of hcb.v1 has none.
SCHEMA_OF = {
    "hcb-plan": "plan",
    "hcb-analysis": "analysis",
    "hcb-diff": "diff",
    "hcb-profile": "profile",
    "hcb-run-report": "run",
    None: "graph",
}


def schema(name: str) -> jsonschema.Draft202012Validator:
    document = json.loads((SCHEMAS / f"{name}.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(document)
    return jsonschema.Draft202012Validator(document)


def problems(document: dict) -> list[str]:
    """Where the document departs from the schema of its format."""
    errors = schema(SCHEMA_OF[document.get("format")]).iter_errors(document)
    return [f"{error.json_path}: {error.message[:200]}" for error in errors]


def output(*arguments: object) -> dict:
    run = hcb(*arguments)
    expect(" ".join(map(str, arguments)), (run.code in (0, 10), run.err), (True, ""))
    return json.loads(run.out)


def plans() -> list[dict]:
    """One per kind of content: a tree, a search with a proof, a bound of 0, a forward graph."""
    step, squeezenet = STEPS / "cnn.hcb", LIGHT / "light_squeezenet.onnx"
    return [
        output("plan", STEPS / "gpt_tiny.hcb", "--block-size", 8, "-o", "-"),
        output("plan", STEPS / "unet.hcb", "--memory-budget", "80%", "--effort", "fast", "-o", "-"),
        output("plan", step, "--memory-budget", "100%", "-o", "-"),
        output("plan", squeezenet, "--inference", "--strategy", "store-all", "-o", "-"),
    ]


def analyses() -> list[dict]:
    gpt2 = [EXAMPLES / "gpt2.onnx", "--dim", "batch=1", "--dim", "seq=32"]
    return [
        output("analyze", STEPS / "cnn.hcb", "--format", "json"),
        output("analyze", STEPS / "cnn.hcb", "--memory-budget", "70%", "--format", "json"),
        output("analyze", STEPS / "cnn.hcb", "--memory-budget", 1000, "--format", "json"),
        output("analyze", *gpt2, "--optimizer", "adamw", "--format", "json"),
        output("analyze", LIGHT / "light_squeezenet.onnx", "--inference", "--format", "json"),
    ]


def diffs() -> list[dict]:
    """Of plans, analyses and models; with a limit, and without a baseline."""
    old, new = COMPAT / "tree-1.0.json", COMPAT / "budget-1.0.pb"
    analysis = COMPAT / "analysis-1.0.json"
    words = ["--format", "json"]
    return [
        output("diff", old, new, "--fail-on", "peak+900%", *words),
        output("diff", analysis, analysis, *words),
        output("diff", STEPS / "gpt_math.hcb", STEPS / "gpt_flash.hcb", *words),
        output("diff", old, "--max-peak", "1GiB", *words),
    ]


def graphs() -> list[dict]:
    names = ("mlp", "lstm", "gpt_tiny", "resnet18_channels_last")
    steps = [output("convert", STEPS / f"{name}.hcb", "-o", "-") for name in names]
    return [*steps, output("convert", LIGHT / "light_squeezenet.onnx", "--inference", "-o", "-")]


def run_reports(tmp: Path) -> list[dict]:
    if os.environ["HCB_WITH_TORCH"] != "1":
        return []
    reports = []
    step = STEPS / "cnn.hcb"
    profile = tmp / "profile.json"
    for arguments in (
        ["run", step, "--threads", "1", "--iterations", "1", "--verify", "-o", tmp / "run.json"],
        ["profile", step, "--threads", "1", "-o", profile],
        ["compare", step, "--threads", "1", "--iterations", "1", "--strategies", "periodic", "-o",
         tmp / "compare.json"],
    ):
        subprocess.run([os.environ["HCB_RUN"], *map(str, arguments)], check=True,
                       stdout=subprocess.DEVNULL)
        reports.append(json.loads(Path(arguments[-1]).read_text()))
    reports.append(output("analyze", step, "--costs", profile, "--format", "json"))
    return reports


def test_what_is_printed_keeps_to_its_schema(tmp: Path) -> None:
    for document in [*plans(), *analyses(), *diffs(), *graphs(), *run_reports(tmp)]:
        expect(str(document.get("format")), problems(document), [])


def test_golden_and_compatibility_files_keep_to_their_schemas(_: Path) -> None:
    files = [*(SOURCE / "tests" / "golden").rglob("*.json"), *COMPAT.rglob("*.json")]
    known = 0
    for path in files:
        document = json.loads(path.read_text())
        if document.get("format") not in SCHEMA_OF:
            continue
        expect(str(path), problems(document), [])
        known += 1
    expect("found some", known >= 3, True)


def objects(document: object) -> list[tuple]:
    """The path of one object of every kind in a document: items of a list are of one kind."""
    found: dict[tuple, tuple] = {}
    todo: list[tuple[tuple, object]] = [((), document)]
    for path, value in todo:
        if isinstance(value, dict):
            kind = tuple("*" if isinstance(key, int) else key for key in path)
            found.setdefault(kind, path)
        items = value.items() if isinstance(value, dict) else enumerate(value)
        todo += [((*path, k), v) for k, v in items if isinstance(v, dict | list)]
    return list(found.values())


def changed(document: dict, path: tuple, change: Callable[[dict], object]) -> dict:
    copied = copy.deepcopy(document)
    at = copied
    for key in path:
        at = at[key]
    change(at)
    return copied


# Objects whose keys are names that people and strategies choose.
FREE = {("options",), ("meta",)}


def small_documents(tmp: Path) -> list[dict]:
    budget = ["--memory-budget", "90%"]
    tree = output("plan", STEPS / "cnn.hcb", *budget, "--effort", "fast", "-o", "-")
    analysis = output("analyze", STEPS / "cnn.hcb", *budget, "--format", "json")
    graph = output("convert", STEPS / "perceptron.hcb", "-o", "-")
    return [tree, analysis, *diffs()[::2], graph, *run_reports(tmp)[:3]]


def test_unknown_keys_are_refused_everywhere(tmp: Path) -> None:
    for document in small_documents(tmp):
        validator = schema(SCHEMA_OF[document.get("format")])
        for path in objects(document):
            if path in FREE:
                continue
            odd = changed(document, path, lambda at: at.update(colour="red"))
            expect(f"{document.get('format')} {path}", validator.is_valid(odd), False)


def test_missing_keys_and_wrong_kinds_are_refused(tmp: Path) -> None:
    for document in small_documents(tmp):
        if "format" not in document:
            continue  # fields of hcb.v1 may be left out
        validator = schema(SCHEMA_OF[document["format"]])
        for key in document:
            for value in (3.5, True, 1 if isinstance(document[key], str) else "x"):
                if type(value) is type(document[key]):
                    continue
                odd = copy.deepcopy(document) | {key: value}
                expect(f"{document['format']} {key} {value}", validator.is_valid(odd), False)
        for key in ("format", "format_version"):
            odd = changed(document, (), lambda at, key=key: at.pop(key))
            expect(f"without {key}", validator.is_valid(odd), False)


def test_rows_and_numbers(_: Path) -> None:
    plan = plans()[0]
    for path, change in [
        (("steps",), lambda at: at.append([])),
        (("steps",), lambda at: at.append([-2])),
        (("steps",), lambda at: at.append([1, "2"])),
        (("blocks",), lambda at: at.append([1, 2])),
        (("interval_tree",), lambda at: at.append([1, 2, 3])),
        (("graph", "nodes"), lambda at: at.append(["a", "b", "not hex"])),
        (("graph", "buffers"), lambda at: at.append(["a", 0, -1])),
        (("save_nodes",), lambda at: at.append(2**32)),
        ((), lambda at: at.update(peak_bytes=2**63)),
        ((), lambda at: at.update(status="fine")),
        ((), lambda at: at.update(gap_ns=1)),
    ]:
        expect(str(path), schema("plan").is_valid(changed(plan, path, change)), False)


def test_the_schema_of_hcb_v1_has_the_fields_of_the_proto(_: Path) -> None:
    proto = re.sub(r"//.*", "", (SOURCE / "proto" / "hcb" / "v1" / "graph.proto").read_text())
    definitions = json.loads((SCHEMAS / "graph.schema.json").read_text())["$defs"]
    fields, values = set(), set()
    for name, definition in definitions.items():
        fields |= set(definition.get("properties", {}))
        values |= set(definition.get("enum", [])) if name not in ("double",) else set()
    without_enums = re.sub(r"enum \w+ \{.*?\}", "", proto, flags=re.DOTALL)
    expect("fields", fields, set(re.findall(r"(\w+)\s*=\s*\d+;", without_enums)))
    in_enums = "".join(re.findall(r"enum \w+ \{.*?\}", proto, flags=re.DOTALL))
    expect("values", values, set(re.findall(r"(\w+)\s*=\s*\d+;", in_enums)))


if __name__ == "__main__":
    main(globals())
