"""A plan in JSON, as docs/plan-format.md describes it: every key of the right type and in range.
Standard library alone."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

from hcb_tools.planned_graph import BadInput, strict_json
from hcb_tools.xxh3 import xxh3_128

MOST = 2**63 - 1
MOST_ID = 2**32 - 2
DEEPEST = 16
STATUSES = {"optimal", "feasible", "interrupted", "over_budget", "no_budget"}
ENDS = {"proved", "work_limit", "time_limit", "interrupted"}
SCOPES = {"any_order", "given_order", "given_order_plain_gaps"}
UNITS = {"": 1, "B": 1} | {
    f"{prefix}{kind}": base ** (power + 1)
    for power, prefix in enumerate("KMGTPE")
    for kind, base in (("iB", 1024), ("B", 1000))
}


def whole(value: object, low: int = 0, high: int = MOST) -> int:
    """An integer in [low, high]."""
    if type(value) is not int or not low <= value <= high:
        raise BadInput(f"{value!r} is no integer from {low} to {high}")
    return value


def text(value: object) -> str:
    if not isinstance(value, str):
        raise BadInput(f"{value!r} is no string")
    return value


def rows(value: object) -> list:
    if not isinstance(value, list):
        raise BadInput(f"{value!r} is no list")
    return value


def row(value: object, length: int) -> list:
    if len(rows(value)) != length:
        raise BadInput(f"{value!r}: expected {length} entries")
    return value


def table(value: object) -> dict:
    if not isinstance(value, dict):
        raise BadInput(f"{value!r} is no object")
    return value


def word(value: object, known: set[str]) -> str:
    if text(value) not in known:
        raise BadInput(f"{value!r} is none of {', '.join(sorted(known))}")
    return value


def ids(value: object) -> list[int]:
    return [whole(i, 0, MOST_ID) for i in rows(value)]


def depth(value: object) -> int:
    level, inside = 0, [value]
    while inside := [v for v in inside if isinstance(v, (list, dict))]:
        level += 1
        inside = [i for v in inside for i in (v.values() if isinstance(v, dict) else v)]
    return level


def size(given: str) -> int:
    """`8GiB`, `8GB` or a number of bytes."""
    match = re.fullmatch(r"(\d+)(?:\.(\d+))?\s*([A-Za-z]*)", given)
    if match is None or match[3] not in UNITS:
        raise BadInput(f"{given!r} is no size")
    scaled = int(match[1] + (match[2] or "")) * UNITS[match[3]]
    parts = 10 ** len(match[2] or "")
    return scaled // parts


def budget_of(given: str, base_peak: int) -> int:
    """A size, or a share of the base peak."""
    if not given.endswith("%"):
        return size(given)
    match = re.fullmatch(r"(\d+)(?:\.(\d{1,2}))?%", given)
    if match is None:
        raise BadInput(f"{given!r} is no budget")
    permyriad = int(match[1]) * 100 + int((match[2] or "").ljust(2, "0"))
    return base_peak * permyriad // 10_000


@dataclass
class Plan:
    """The keys that are checked."""

    found: dict
    steps: list[list[int]] = field(default_factory=list)
    options: dict[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, content: str) -> Plan:
        """Raises BadInput."""
        found = strict_json(content)
        if not isinstance(found, dict) or found.get("format") != "hcb-plan":
            raise BadInput('no plan: key "format" is not "hcb-plan"')
        if depth(found) > DEEPEST:
            raise BadInput(f"nested more than {DEEPEST} deep")
        try:
            plan = cls(found)
            plan._check_head()
            plan._check_tables()
            plan._check_steps()
        except KeyError as error:
            raise BadInput(f"key {error} is missing") from error
        return plan

    @staticmethod
    def hash_of(certificate: dict) -> str:
        """Of its text without blanks and line breaks."""
        written = json.dumps(certificate, separators=(",", ":"), ensure_ascii=False)
        return f"{xxh3_128(written.encode()):032x}"

    def _check_head(self) -> None:
        found = self.found
        version = re.fullmatch(r"(\d+)\.(\d+)", text(found["format_version"]))
        if version is None or int(version[1]) != 1:
            raise BadInput(f"plan format {found['format_version']}; this program reads 1.x")
        if whole(found["memory_model"]) != 1:
            raise BadInput(f"memory model {found['memory_model']}; this program counts by model 1")
        text(found["strategy"])
        word(found["status"], STATUSES)
        for key in ("peak_bytes", "base_peak_bytes", "extra_time_ns", "base_time_ns"):
            whole(found[key])
        if "budget_bytes" in found:
            whole(found["budget_bytes"], -MOST)
        if "estimate_ns" in found:
            whole(found["estimate_ns"])
        if "search" in found:
            word(table(found["search"])["ended_by"], ENDS)
            whole(found["search"]["work"])
        for number in table(found["meta"]).values():
            whole(number, -MOST)
        self._check_bound()
        for name, values in table(found["options"]).items():
            for value in rows(values):
                text(value)
            if name in ("alignment", "headroom", "memory-budget"):
                self.options[name] = row(values, 1)[0]

    def _check_bound(self) -> None:
        if "bound" not in self.found:
            return
        bound = table(self.found["bound"])
        whole(bound["extra_time_ns"])
        word(bound["scope"], SCOPES)
        if "moment" in bound:
            whole(bound["moment"], 0, MOST_ID)
            whole(row(bound["price"], 2)[0])
            whole(bound["price"][1], 1)
        if "certificate_hash" in bound and not text(bound["certificate_hash"]):
            raise BadInput("bound.certificate_hash is empty")
        if "certificate" in bound:
            table(bound["certificate"])
        gap = whole(self.found["gap_ns"], -MOST)
        if gap != self.found["extra_time_ns"] - bound["extra_time_ns"]:
            raise BadInput(f"gap_ns {gap} is not extra time less bound")

    def _check_tables(self) -> None:
        found = self.found
        ids(found["save_nodes"])
        ids(found["forward_order"])
        for block in rows(found["blocks"]):
            ids(row(block, 3)[:2])
            whole(block[2])
        for entry in rows(found["interval_tree"]):
            ids(row(entry, 3)[:2])
            ids(entry[2])
        if "projection" in found:
            projection = table(found["projection"])
            ids(projection["kept"])
            whole(projection["peak_bytes"])
            whole(projection["extra_time_ns"])
        graph = table(found["graph"])
        text(graph["name"])
        text(graph["fingerprint"])
        for node in rows(graph["nodes"]):
            [text(part) for part in row(node, 3)]
            if not re.fullmatch("[0-9a-f]{16}", node[2]):
                raise BadInput(f"{node[2]!r} is no digest")
        for buffer in rows(graph["buffers"]):
            text(row(buffer, 3)[0])
            whole(buffer[1], -1, MOST_ID)
            whole(buffer[2])
        self._check_places(graph)

    @staticmethod
    def _check_places(graph: dict) -> None:
        if "unnamed_fingerprint" in graph:
            text(graph["unnamed_fingerprint"])
        if "places" not in graph:
            return
        modules = [text(m) for m in rows(graph["modules"])]
        types = [text(t) for t in rows(graph["types"])]
        for place in rows(graph["places"]):
            whole(row(place, 2)[0], 0, len(modules) - 1)
            whole(place[1], 0, len(types) - 1)
        if len(graph["places"]) != len(graph["nodes"]):
            raise BadInput("graph.places: not one row per node")

    def _check_steps(self) -> None:
        for entry in rows(self.found["steps"]):
            if not rows(entry):
                raise BadInput("a step is empty")
            whole(entry[0], -1 if not self.steps else 0, MOST_ID)
            ids(entry[1:])
            if entry != [-1]:  # nothing
                self.steps.append(entry)


def read_plan(path: Path) -> Plan:
    """With the certificate beside it, where it stands there. Raises BadInput, OSError."""
    plan = Plan.parse(path.read_text(encoding="utf-8"))
    bound = plan.found.get("bound", {})
    if "certificate_hash" in bound and "certificate" not in bound:
        beside = Path(f"{path}.bound").read_text(encoding="utf-8")
        bound["certificate"] = table(strict_json(beside))
    return plan
