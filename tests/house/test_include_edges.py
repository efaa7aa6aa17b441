#!/usr/bin/env python3
"""Who may include whom: reads every include line of src/ and fails on an edge that is not allowed.

    base < graph < {ops, plan, generate} < {ingest, check, runtime} < analysis < schedule < report
         < cli < replay
    torch -> runtime, ops, plan, graph, base;  replay joins schedule and torch

Folders in braces do not include each other. Besides:
- headers of LibTorch are included in src/torch only, and no file there sees, through our headers
  either, protobuf, ONNX, spdlog or fmt (the torch wheel ships other versions of them);
- base/log.h sees none of them, so that any file may log;
- no header includes fmt: it costs a second per file that includes it.

usage: test_include_edges.py SOURCE_ROOT
"""

import re
import sys
import tempfile
from pathlib import Path

import house

LAYERS = [
    {"base"},
    {"graph"},
    {"ops", "plan", "generate"},
    {"ingest", "check", "runtime"},
    {"analysis"},
    {"schedule"},
    {"report"},
    {"cli"},
    {"replay"},
]
TORCH_SEES = {"base", "graph", "ops", "plan", "runtime"}

INCLUDE = re.compile(r'\s*#\s*include\s*([<"])([^>"]+)[>"]')
TORCH = re.compile(r"(torch|ATen|c10|caffe2)/")
CLASHING = re.compile(r"(google/protobuf|fmt|spdlog|onnx)/|.*\.pb\.h$")
FMT = re.compile(r"fmt/")
GENERATED = re.compile(r"hcb/v1/\w+\.pb\.h$")


def allowed_edges():
    """Folder -> folders it may include, itself among them."""
    edges, below = {}, set()
    for layer in LAYERS:
        for folder in layer:
            edges[folder] = below | {folder}
        below |= layer
    edges["torch"] = TORCH_SEES | {"torch"}
    edges["replay"] |= {"torch"}
    return edges


def includes_of(file):
    """(line number, "<" or '"', path) of every include line."""
    found = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        match = INCLUDE.match(line)
        if match:
            found.append((number, match.group(1), match.group(2)))
    return found


class Tree:
    """The files under SOURCE_ROOT/src, by their path below it, and their include lines."""

    def __init__(self, root):
        self.src = Path(root) / "src"
        files = sorted(p for p in self.src.rglob("*") if p.suffix in {".h", ".cc"})
        self.includes = {p.relative_to(self.src).as_posix(): includes_of(p) for p in files}

    def foreign_headers(self, name):
        """(header, chain of ours that leads to it) for all that `name` includes in the end."""
        seen, waiting, found = {name}, [(name, (name,))], []
        while waiting:
            at, chain = waiting.pop()
            for _, _, path in self.includes[at]:
                if path not in self.includes:
                    found.append((path, chain))
                elif path not in seen:
                    seen.add(path)
                    waiting.append((path, (*chain, path)))
        return found

    def edge_problems(self):
        edges = allowed_edges()
        for name, includes in self.includes.items():
            folder = name.split("/")[0] if "/" in name else ""
            if folder not in edges:
                yield f"src/{name}: no such folder in the architecture"
                continue
            for number, form, path in includes:
                place = f"src/{name}:{number}"
                target = path.split("/")[0]
                if form == '"' and path not in self.includes and not GENERATED.match(path):
                    yield f'{place}: "{path}" is no file under src/'
                elif path in self.includes and target not in edges[folder]:
                    yield f'{place}: {folder} may not include {target} ("{path}")'

    def foreign_problems(self):
        for name, includes in self.includes.items():
            for number, _, path in includes:
                is_torch = TORCH.match(path) and path not in self.includes
                if is_torch and not name.startswith("torch/"):
                    yield f"src/{name}:{number}: only src/torch includes <{path}>"
                if FMT.match(path) and name.endswith(".h"):
                    yield f"src/{name}:{number}: a header may not include <{path}>"
            foreign = self.foreign_headers(name)
            sees_torch = any(TORCH.match(path) for path, _ in foreign)
            if not sees_torch and name != "base/log.h":
                continue
            for path, chain in foreign:
                if CLASHING.match(path) or (TORCH.match(path) and name == "base/log.h"):
                    reader = "base/log.h" if name == "base/log.h" else "a file that sees torch"
                    yield f"src/{name}: {reader} may not see <{path}> (by {' > '.join(chain)})"

    def problems(self):
        return [*self.edge_problems(), *self.foreign_problems()]


# What a tree with these files must be told; "" for nothing.
CASES = [
    ({"graph/a.h": '#include "base/b.h"', "base/b.h": "#include <vector>"}, ""),
    ({"replay/main.cc": '#include "torch/t.h"', "torch/t.h": "#include <vector>"}, ""),
    ({"plan/p.cc": '#include "hcb/v1/plan.pb.h"\n#include <fmt/format.h>'}, ""),
    ({"base/a.cc": '// #include "graph/g.h"', "graph/g.h": ""}, ""),
    (
        {"base/a.cc": '\n  # include "graph/g.h"', "graph/g.h": ""},
        'src/base/a.cc:2: base may not include graph ("graph/g.h")',
    ),
    (
        {"ops/a.cc": "#include <plan/p.h>", "plan/p.h": ""},
        'src/ops/a.cc:1: ops may not include plan ("plan/p.h")',
    ),
    (
        {"check/a.cc": '#include "ingest/i.h"', "ingest/i.h": ""},
        'src/check/a.cc:1: check may not include ingest ("ingest/i.h")',
    ),
    (
        {"torch/a.cc": '#include "schedule/s.h"', "schedule/s.h": ""},
        'src/torch/a.cc:1: torch may not include schedule ("schedule/s.h")',
    ),
    (
        {"report/a.cc": '#include "torch/t.h"', "torch/t.h": ""},
        'src/report/a.cc:1: report may not include torch ("torch/t.h")',
    ),
    (
        {"base/a.cc": '#include "b.h"', "base/b.h": ""},
        'src/base/a.cc:1: "b.h" is no file under src/',
    ),
    ({"util/a.cc": ""}, "src/util/a.cc: no such folder in the architecture"),
    ({"a.cc": ""}, "src/a.cc: no such folder in the architecture"),
    (
        {"runtime/a.cc": "#include <ATen/ATen.h>"},
        "src/runtime/a.cc:1: only src/torch includes <ATen/ATen.h>",
    ),
    (
        {"graph/a.h": "#include <fmt/format.h>"},
        "src/graph/a.h:1: a header may not include <fmt/format.h>",
    ),
    (
        {"torch/a.cc": "#include <torch/torch.h>\n#include <spdlog/spdlog.h>"},
        "src/torch/a.cc: a file that sees torch may not see <spdlog/spdlog.h> (by torch/a.cc)",
    ),
    (
        {
            "torch/a.cc": '#include "torch/t.h"\n#include "plan/p.h"',
            "torch/t.h": "#include <c10/core/Device.h>",
            "plan/p.h": '#include "hcb/v1/plan.pb.h"',
        },
        "src/torch/a.cc: a file that sees torch may not see <hcb/v1/plan.pb.h> "
        "(by torch/a.cc > plan/p.h)",
    ),
    (
        {"base/log.h": '#include "base/x.h"', "base/x.h": "#include <onnx/onnx_pb.h>"},
        "src/base/log.h: base/log.h may not see <onnx/onnx_pb.h> (by base/log.h > base/x.h)",
    ),
]


def self_test():
    for files, expected in CASES:
        with tempfile.TemporaryDirectory() as root:
            for name, text in files.items():
                path = Path(root, "src", name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            found = "\n".join(Tree(root).problems())
            assert found == expected, (
                f"self-test {files}:\nexpected {expected!r}\nfound    {found!r}"
            )


def problems(root):
    tree = Tree(root)
    return tree.problems() if tree.includes else [f"{root}/src: no source files"]


if __name__ == "__main__":
    sys.exit(house.main(self_test, problems))
