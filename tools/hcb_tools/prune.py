"""Nodes and values that nothing needs any more, left out of a graph."""

from __future__ import annotations

from . import schema

_RESIDENT = schema.ROLE["OPTIMIZER_STATE"]


def _arguments(argument):
    kind = argument.WhichOneof("kind")
    if kind == "list":
        for item in argument.list.items:
            yield from _arguments(item)
    elif kind == "record":
        for item in argument.record.items:
            yield from _arguments(item.argument)
    elif kind == "value":
        yield argument


def prune(body) -> None:
    """Leaves out nodes of a body that nothing reads, then values without use."""
    wanted = set(body.outputs)
    kept = []
    for node in reversed(body.nodes):
        if node.effects or not wanted.isdisjoint(node.outputs):
            kept.append(node)
            wanted.update(p - 1 for p in node.inputs_plus_one if p)
    if len(kept) < len(body.nodes) and not body.order_edges:
        copies = [schema.Graph().nodes.add() for _ in kept]
        for copy, node in zip(copies, reversed(kept), strict=True):
            copy.CopyFrom(node)
        del body.nodes[:]
        body.nodes.extend(copies)
    compact(body)


def compact(graph) -> None:
    """Leaves out values that no node makes, and gives the others new indexes."""
    made = {o for node in graph.nodes for o in node.outputs}
    keep = [i for i, v in enumerate(graph.values) if i in made or v.role <= _RESIDENT]
    if len(keep) == len(graph.values):
        return
    place = {old: new for new, old in enumerate(keep)}
    values = [schema.Graph().values.add() for _ in keep]
    for copy, old in zip(values, keep, strict=True):
        copy.CopyFrom(graph.values[old])
        for field in ("view_of_plus_one", "gradient_of_plus_one"):
            if getattr(copy, field):
                setattr(copy, field, place[getattr(copy, field) - 1] + 1)
    del graph.values[:]
    graph.values.extend(values)
    for node in graph.nodes:
        for given in node.arguments:
            for argument in _arguments(given.argument):
                argument.value = place[argument.value]
        node.inputs_plus_one[:] = [p and place[p - 1] + 1 for p in node.inputs_plus_one]
        node.outputs[:] = [place[o] for o in node.outputs]
    for field in (graph.outputs, graph.held):
        field[:] = [place[o] for o in field]
    if graph.loss_plus_one:
        graph.loss_plus_one = place[graph.loss_plus_one - 1] + 1
