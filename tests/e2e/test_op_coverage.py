"""No op of the example models, nor of the models in tests/data, is planned by the default rule.

Together they hold what exporters write of networks of many kinds (tools/survey_models.py); the ops
listed below stand in them, so that a file cannot leave unnoticed.
"""

import json
from pathlib import Path

from harness import EXAMPLES, MODELS, SOURCE, expect, hcb, main

ZOO = SOURCE / "tests" / "data" / "zoo"


def analyze(path: Path, *options: object) -> dict[str, object]:
    run = hcb("analyze", path, "--format", "json", *options)
    if run.code == 3 and "--dim" in run.err and not options:
        names = [word.split("=")[0] for word in run.err.split("--dim ")[1:]]
        return analyze(path, *(word for name in names for word in ("--dim", f"{name}=8")))
    expect(f"analyze {path.name}", (run.code, run.err), (0, ""))
    return json.loads(run.out)


def test_no_op_by_default_rule(_: Path) -> None:
    paths = [path for folder in (EXAMPLES, MODELS, ZOO) for path in sorted(folder.glob("*.onnx"))]
    expect("enough models", len(paths) >= 24, True)
    for path in paths:
        report = analyze(path)
        expect(f"default ops of {path.name}", report["estimates"]["default_rule_ops"], [])
        expect(f"backward of {path.name}", report["graph"]["training"], True)
        expect(f"parameters of {path.name}", report["model"]["parameters"] > 0, True)


if __name__ == "__main__":
    main(globals())
