"""A graph as a planner sees it, from what `hcb show MODEL --format json` prints."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property

from hcb_tools.xxh3 import xxh3_64, xxh3_128

FLAG_LETTERS = {"view": "v", "random": "r", "effect": "e", "never_replay": "n", "default_rule": "d"}


class BadInput(Exception):
    """A file that is not what it should be."""


def strict_json(text: str) -> object:
    """JSON without duplicate keys, NaN and infinities."""

    def unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
        keys = dict(pairs)
        if len(keys) != len(pairs):
            raise BadInput("a key is there twice")
        return keys

    def constant(word: str) -> object:
        raise BadInput(f"{word} is no JSON")

    try:
        return json.loads(text, object_pairs_hook=unique, parse_constant=constant)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"not JSON: {error}") from error


def _quoted(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


@dataclass
class Node:
    """One op. `reads` and `makes` are buffers: reads without residents, makes without views."""

    name: str
    op: str
    phase: str
    inputs: list[int | None]
    outputs: list[int]
    flags: frozenset[str]
    time: int
    workspace: int
    flops: int
    reads: list[int] = field(default_factory=list)
    makes: list[int] = field(default_factory=list)

    @property
    def once(self) -> bool:
        return "never_replay" in self.flags


@dataclass
class Value:
    """A tensor; `producer` is the node that makes it, views included, or None."""

    name: str
    dtype: str
    shape: list[int]
    role: str
    buffer: int
    producer: int | None = None


@dataclass
class Buffer:
    """A piece of storage. `owner` None: resident."""

    base: int
    bytes: int
    owner: int | None
    donor: int | None
    output: bool = False


@dataclass
class Graph:
    """Nodes in the given order; all lists by id."""

    dialect: str
    nodes: list[Node]
    values: list[Value]
    buffers: list[Buffer]
    order_edges: list[tuple[int, int]]
    outputs: list[int]

    @classmethod
    def parse(cls, text: str) -> Graph:
        """Raises BadInput."""
        found = strict_json(text)
        if not isinstance(found, dict) or found.get("format") != "hcb-graph":
            raise BadInput("no graph: `hcb show MODEL --format json` prints one")
        try:
            return cls._linked(found)
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise BadInput(f"damaged: {error!r}") from error

    @classmethod
    def _linked(cls, found: dict) -> Graph:
        graph = cls(
            found["dialect"],
            [
                Node(
                    n["name"],
                    n["op"],
                    n["phase"],
                    n["inputs"],
                    n["outputs"],
                    frozenset(n["flags"]),
                    n["cost"]["time_ns"],
                    n["cost"]["workspace"],
                    n["cost"]["flops"],
                )
                for n in found["nodes"]
            ],
            [
                Value(v["name"], v["dtype"], v["shape"], v["role"], v["buffer"])
                for v in found["values"]
            ],
            [Buffer(b["value"], b["bytes"], b["owner"], b["donor"]) for b in found["buffers"]],
            [(before, after) for before, after in found["order_edges"]],
            found["outputs"],
        )
        graph._link()
        return graph

    def _link(self) -> None:
        for i, node in enumerate(self.nodes):
            for v in node.outputs:
                self.values[v].producer = i
            used = {self.values[v].buffer for v in node.inputs if v is not None}
            node.reads = sorted(b for b in used if self.buffers[b].owner is not None)
            made = {self.values[v].buffer for v in node.outputs}
            node.makes = sorted(b for b in made if self.buffers[b].owner == i)
        for v in self.outputs:
            self.buffers[self.values[v].buffer].output = True

    def buffer_name(self, b: int) -> str:
        return self.values[self.buffers[b].base].name

    @cached_property
    def turn(self) -> int | None:
        """The first backward node."""
        return next((i for i, n in enumerate(self.nodes) if n.phase == "backward"), None)

    @cached_property
    def readers(self) -> list[list[int]]:
        """By buffer: the nodes that read it, residents included, ascending."""
        rows: list[list[int]] = [[] for _ in self.buffers]
        for i, node in enumerate(self.nodes):
            for b in {self.values[v].buffer for v in node.inputs if v is not None}:
                rows[b].append(i)
        return rows

    def updates_resident(self, b: int) -> bool:
        """Lives in the storage of a resident, whose old contents it ends."""
        donor = self.buffers[b].donor
        return donor is not None and self.buffers[donor].owner is None

    def rounded(self, alignment: int) -> list[int]:
        """Bytes by buffer, in whole multiples of `alignment`; those in a resident's storage too."""
        return [-(-b.bytes // alignment) * alignment for b in self.buffers]

    # ---- identity

    @cached_property
    def _value_texts(self) -> list[str]:
        texts = []
        for v in self.values:
            buffer = self.buffers[v.buffer]
            text = (
                f"{_quoted(v.name)} {v.dtype} [{','.join(map(str, v.shape))}] {v.role} "
                f"base={_quoted(self.values[buffer.base].name)} bytes={buffer.bytes}"
            )
            if buffer.donor is not None:
                text += f" donor={_quoted(self.buffer_name(buffer.donor))}"
            texts.append(text)
        return texts

    @cached_property
    def node_lines(self) -> list[str]:
        """Of the canonical text."""
        texts = self._value_texts

        def arguments(values: list[int | None]) -> str:
            return "".join("()" if v is None else f"({texts[v]})" for v in values)

        lines = []
        for n in self.nodes:
            flags = "".join(letter for flag, letter in FLAG_LETTERS.items() if flag in n.flags)
            lines.append(
                f"node {_quoted(n.name)} {_quoted(n.op)} {n.phase} flags={flags or '-'} "
                f"time={n.time} workspace={n.workspace} flops={n.flops} "
                f"in={arguments(n.inputs)} out={arguments(n.outputs)}"
            )
        return lines

    @cached_property
    def digests(self) -> list[str]:
        return [f"{xxh3_64(line.encode()):016x}" for line in self.node_lines]

    @cached_property
    def fingerprint(self) -> str:
        lines = [f"graph {self.dialect}"]
        lines += [f"value {text}" for text in self._value_texts]
        lines += self.node_lines
        for before, after in self.order_edges:
            lines.append(
                f"order {_quoted(self.nodes[before].name)} {_quoted(self.nodes[after].name)}"
            )
        lines += [f"output {_quoted(self.values[v].name)}" for v in self.outputs]
        return f"{xxh3_128(''.join(line + chr(10) for line in lines).encode()):032x}"
