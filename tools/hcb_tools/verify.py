"""The structure of a graph that is about to be written: what every reader of hcb.v1 relies on."""

from __future__ import annotations

from . import schema
from .errors import ExportError
from .prune import tensors

_RESIDENT = schema.ROLE["OPTIMIZER_STATE"]  # the last of the roles that no node makes


def _require(holds: bool, where: str, what: str) -> None:
    if not holds:
        raise ExportError(f"the exporter wrote a graph that does not hold together: {where}: "
                          f"{what}; please report it")


def _names(items, kind: str) -> None:
    seen: set[str] = set()
    for item in items:
        _require(bool(item.name) and item.name not in seen, f"{kind} '{item.name}'", "name twice")
        seen.add(item.name)


def _values(graph) -> None:
    for value in graph.values:
        where = f"value '{value.name}'"
        _require(value.storage < len(graph.storages), where, "no such storage")
        _require(all(d >= 0 for d in value.shape), where, "a negative dim")
        _require(len(value.strides) in (0, len(value.shape)), where, "strides for another rank")
        base = value.view_of_plus_one
        _require(not base or graph.values[base - 1].storage == value.storage, where,
                 "a view in another storage than its base")


def _node(graph, n: int, made: dict[int, int]) -> None:
    node = graph.nodes[n]
    where = f"node '{node.name}' ({node.op})"
    given = [t.value for argument in node.arguments for t in tensors(argument.argument)]
    _require([v + 1 for v in given] == [p for p in node.inputs_plus_one if p], where,
             "its inputs are not its arguments")
    for value in given:
        resident = graph.values[value].role <= _RESIDENT
        _require(resident or value in made, where, f"reads value {value} before it is made")
        if value in made:
            _require(graph.nodes[made[value]].phase <= node.phase, where, "reads a later phase")
    for value in node.outputs:
        _require(value not in made and graph.values[value].role > _RESIDENT, where,
                 f"makes value {value}, which is there already")
        made[value] = n
    for body in node.bodies:
        verify(body.graph)
        inputs = [v for v in body.graph.values if v.role == schema.ROLE["INPUT"]]
        _require(len(inputs) == body.consts + body.carries + body.xs, where,
                 "a body with other inputs than it says")


def verify(graph) -> None:
    """Raises ExportError, naming the place, if the graph does not hold together. O(graph)."""
    _names(graph.values, "value")
    _names(graph.nodes, "node")
    _values(graph)
    made: dict[int, int] = {}
    for n in range(len(graph.nodes)):
        _node(graph, n, made)
    for value in graph.outputs:
        _require(value in made or graph.values[value].role <= _RESIDENT, f"output {value}",
                 "nothing makes it")
    for edge in graph.order_edges:
        _require(edge.before < edge.after < len(graph.nodes), "order_edges", "against the order")
