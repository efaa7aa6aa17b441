"""A graph that is whole: what nothing needs left out, what the backward alone reads marked."""

from __future__ import annotations

from . import schema

_RESIDENT = schema.ROLE["OPTIMIZER_STATE"]


def tensors(argument):
    """What is a tensor in an argument, depth first."""
    kind = argument.WhichOneof("kind")
    if kind == "list":
        for item in argument.list.items:
            yield from tensors(item)
    elif kind == "record":
        for item in argument.record.items:
            yield from tensors(item.argument)
    elif kind == "value":
        yield argument


def mark_stashes(graph) -> None:
    """Further outputs of forward calls that only backward calls read."""
    forward = schema.PHASE["FORWARD"]
    read = {p - 1: n.phase for n in reversed(graph.nodes) for p in n.inputs_plus_one if p}
    for node in graph.nodes:
        if node.phase != forward:
            continue
        for index in list(node.outputs)[1:]:
            value = graph.values[index]
            if value.role == schema.ROLE["ACTIVATION"] and read.get(index, forward) != forward:
                value.role = schema.ROLE["STASH"]


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
            for argument in tensors(given.argument):
                argument.value = place[argument.value]
        node.inputs_plus_one[:] = [p and place[p - 1] + 1 for p in node.inputs_plus_one]
        node.outputs[:] = [place[o] for o in node.outputs]
    for field in (graph.outputs, graph.held):
        field[:] = [place[o] for o in field]
    if graph.loss_plus_one:
        graph.loss_plus_one = place[graph.loss_plus_one - 1] + 1
