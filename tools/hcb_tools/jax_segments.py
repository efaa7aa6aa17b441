"""A loop and its backward in segments: less is held, the body's forward runs again.

    scan L           stacks what its backward reads, L times
    scan L backward

becomes, with L = outer x inner,

    scan outer       { scan inner, without residuals }        stacks the carry, outer times
    scan outer       { scan inner; scan inner backward }      residuals of one segment at a time

Invariant: every call of the body gets what it got before, so results are the same bits. An inner
length of 1 keeps carries alone. The pair inside can be cut again (`nested`).
"""

from __future__ import annotations

import math

from . import schema
from .errors import ExportError
from .jax_layout import Layout, reshaped, row_major
from .names import Names
from .prune import compact, prune

ACTIONS = ("carry", "segment", "nested")


def _strides(value) -> Layout:
    plain = row_major(tuple(value.shape))
    return Layout(tuple(value.shape), tuple(value.strides) or plain.strides, value.storage_offset)


class _Values:
    """Adds values to a graph, with storage of their own unless they are views."""

    def __init__(self, graph):
        self.graph, self._names = graph, Names()
        for value in graph.values:
            self._names.take(value.name)

    def add(self, like, shape, element_bytes: float, role: str, name: str) -> int:
        graph = self.graph
        graph.storages.add(bytes=math.ceil(math.prod(shape) * element_bytes))
        graph.values.add(name=self._names.take(name), dtype=like.dtype, shape=list(shape),
                         role=schema.ROLE[role], storage=len(graph.storages) - 1)
        return len(graph.values) - 1

    def view(self, base: int, layout: Layout, name: str) -> int:
        source = self.graph.values[base]
        value = self.graph.values.add(
            name=self._names.take(name), dtype=source.dtype, shape=layout.shape,
            storage=source.storage, role=schema.ROLE["ACTIVATION"], view_of_plus_one=base + 1,
            storage_offset=layout.offset)
        if layout != row_major(layout.shape):
            value.strides.extend(layout.strides)
        return len(self.graph.values) - 1


def _element_bytes(graph, value) -> float:
    """Bytes of one element, from a value that fills its storage."""
    name = {number: key for key, number in schema.DTYPE.items()}[value.dtype]
    if name in ("KEY", "F64", "I64", "U64", "C64"):
        return 8
    if name == "BOOL":
        return 1
    digits = "".join(c for c in name[1:].split("E")[0] if c.isdigit())
    return 16 if name == "C128" else int(digits) / 8


def _positional(node) -> list:
    return [a for a in node.arguments if not a.name]


def _set_operands(node, operands: list) -> None:
    """Operands: indexes of values, or arguments that are numbers."""
    rest = [a for a in node.arguments if a.name]
    del node.arguments[:]
    del node.inputs_plus_one[:]
    for operand in operands:
        argument = node.arguments.add().argument
        if isinstance(operand, int):
            argument.value = operand
            node.inputs_plus_one.append(operand + 1)
        else:
            argument.CopyFrom(operand)
    node.arguments.extend(rest)


def _operands(node) -> list:
    return [a.argument.value if a.argument.WhichOneof("kind") == "value" else a.argument
            for a in _positional(node)]


def _set_length(node, length: int) -> None:
    node.bodies[0].length = length
    for argument in node.arguments:
        if argument.name == "length":
            argument.argument.integer = length


class _Loop:
    """A scan node taken apart."""

    def __init__(self, node):
        self.node, body = node, node.bodies[0]
        given = _operands(node)
        first, second = body.consts, body.consts + body.carries
        self.consts, self.carries, self.xs = given[:first], given[first:second], given[second:]
        self.out_carries = list(node.outputs)[: body.carries]
        self.ys = list(node.outputs)[body.carries :]

    def inputs(self) -> list[int]:
        """Values of the body that are its inputs."""
        return [i for i, v in enumerate(self.node.bodies[0].graph.values)
                if v.role == schema.ROLE["INPUT"]]


class _Segmenter:
    def __init__(self, graph, first: int, second: int, outer: int, inner: int):
        self.graph, self.outer, self.inner = graph, outer, inner
        self.first, self.second = first, second
        self.front, self.back = _Loop(graph.nodes[first]), _Loop(graph.nodes[second])
        self.values = _Values(graph)
        stacked = set(self.front.ys)
        self.residuals = {y for y in self.front.ys if y in self.back.xs and self._only_back(y)}
        if any(x in stacked - self.residuals for x in self.back.xs if isinstance(x, int)):
            raise ExportError(f"{graph.nodes[first].name}: a result that its backward reads is "
                              "read by others too, which segments do not keep")
        self.before: list = []  # nodes to put before the first loop, the second, and behind both
        self.before_back: list = []
        self.after_front: list = []
        self.after_back: list = []

    def _only_back(self, value: int) -> bool:
        graph = self.graph
        readers = [n for n, node in enumerate(graph.nodes) if value + 1 in node.inputs_plus_one]
        return readers == [self.second] and value not in graph.outputs and value not in graph.held

    # -- the graph around the loops ----------------------------------------------------------------

    def _reshape(self, value: int, shape, into: list, like) -> int:
        """A node that gives a value another shape."""
        source = self.graph.values[value]
        node = schema.Graph().nodes.add(
            op="reshape", dialect=schema.DIALECT["JAX"], replay=schema.REPLAY["PURE"],
            phase=like.phase, module=like.module, source=like.source)
        layout = reshaped(_strides(source), shape)
        name = f"{source.name}.segments"
        node.view = layout is not None
        made = (self.values.view(value, layout, name) if layout else
                self.values.add(source, shape, _element_bytes(self.graph, source), "ACTIVATION",
                                name))
        _set_operands(node, [value])
        sizes = node.arguments.add(name="new_sizes").argument.list
        sizes.tuple = True
        for size in shape:
            sizes.items.add().integer = size
        node.arguments.add(name="dimensions").argument.none.SetInParent()
        node.outputs.append(made)
        node.name = self.graph.values[made].name
        into.append(node)
        return made

    def _cut(self, value: int, into: list, like) -> int:
        """[L, …] as [outer, inner, …]."""
        shape = tuple(self.graph.values[value].shape)
        return self._reshape(value, (self.outer, self.inner, *shape[1:]), into, like)

    def _joined(self, value: int, into: list, like) -> int:
        """A new value [outer, inner, …] in whose place `value` is made of it; gives the new one."""
        old = self.graph.values[value]
        shape = (self.outer, self.inner, *list(old.shape)[1:])
        new = self.values.add(old, shape, _element_bytes(self.graph, old), "ACTIVATION",
                              f"{old.name}.segments")
        node = schema.Graph().nodes.add(
            name=f"{old.name}.whole", op="reshape", dialect=schema.DIALECT["JAX"],
            replay=schema.REPLAY["PURE"], phase=like.phase, module=like.module,
            source=like.source, view=True)
        _set_operands(node, [new])
        sizes = node.arguments.add(name="new_sizes").argument.list
        sizes.tuple = True
        for size in old.shape:
            sizes.items.add().integer = size
        node.arguments.add(name="dimensions").argument.none.SetInParent()
        node.outputs.append(value)
        old.view_of_plus_one, old.storage = new + 1, self.graph.values[new].storage
        into.append(node)
        return new

    # -- bodies ------------------------------------------------------------------------------------

    def _body(self, operands: list, skip: int, carries: int):
        """A body graph whose inputs are like `operands`; those from `skip` on are slices."""
        graph = schema.Graph(dialect=schema.DIALECT["JAX"])
        graph.version.major, graph.version.minor = schema.VERSION
        values, made = _Values(graph), []
        for i, operand in enumerate(operands):
            like, shape = operand
            made.append(values.add(like, shape[1:] if i >= skip else shape,
                                   _element_bytes(self.graph, like), "INPUT", f"in.{i}"))
        return graph, values, made

    def _kind(self, operand, loop: _Loop, position: int):
        """(value like the operand, its shape); of a number the body's input."""
        if isinstance(operand, int):
            value = self.graph.values[operand]
            return value, tuple(value.shape)
        value = loop.node.bodies[0].graph.values[loop.inputs()[position]]
        return value, tuple(value.shape)

    def _inner(self, graph, values, loop: _Loop, operands: list[int], name: str):
        """The loop itself, `inner` long, as a node of a body; gives the node and its outputs."""
        node = graph.nodes.add()
        node.CopyFrom(loop.node)
        node.name = name
        node.ClearField("forward_plus_one")
        node.ClearField("region_plus_one")
        node.bodies[0].ClearField("reversed_partner_plus_one")
        _set_operands(node, operands)
        _set_length(node, self.inner)
        del node.outputs[:]
        for i, value in enumerate(loop.node.outputs):
            like = self.graph.values[value]
            stacked = i >= node.bodies[0].carries
            shape = [self.inner, *list(like.shape)[1:]] if stacked else list(like.shape)
            node.outputs.append(values.add(like, shape, _element_bytes(self.graph, like),
                                           "ACTIVATION", f"{name}.{i}"))
        return node

    def _without_residuals(self, node) -> None:
        """Leaves out the results that only the backward reads."""
        body = node.bodies[0]
        kept = [i for i, value in enumerate(self.front.node.outputs)
                if value not in self.residuals]
        body_outputs = list(body.graph.outputs)
        outputs = list(node.outputs)
        del body.graph.outputs[:], node.outputs[:]
        body.graph.outputs.extend(body_outputs[i] for i in kept)
        node.outputs.extend(outputs[i] for i in kept)
        prune(body.graph)

    def _replace(self, node, body, consts: list, carries: list, xs: list, outputs: list[int]):
        node.bodies[0].graph.CopyFrom(body)
        node.bodies[0].consts, node.bodies[0].carries = len(consts), len(carries)
        node.bodies[0].xs = len(xs)
        _set_operands(node, [*consts, *carries, *xs])
        _set_length(node, self.outer)
        del node.outputs[:]
        node.outputs.extend(outputs)

    def run(self) -> None:
        front, graph = self.front, self.graph
        xs = [self._cut(x, self.before, front.node) for x in front.xs]
        operands = [*front.consts, *front.carries, *xs]
        kinds = [self._kind(o, front, i) for i, o in enumerate(operands)]
        body, values, made = self._body(kinds, len(operands) - len(xs), len(front.carries))
        inner = self._inner(body, values, front, made, front.node.name)
        self._without_residuals(inner)
        carries = len(front.carries)
        starts = made[len(front.consts) : len(front.consts) + carries]
        body.outputs.extend([*list(inner.outputs)[:carries], *starts,
                             *list(inner.outputs)[carries:]])
        prune(body)
        stacks = []
        for i, value in enumerate(front.out_carries):
            like = graph.values[value]
            stacks.append(self.values.add(like, (self.outer, *like.shape),
                                          _element_bytes(graph, like), "STASH",
                                          f"{front.node.name}.carry.{i}"))
        ys = [self._joined(y, self.after_front, front.node) for y in front.ys
              if y not in self.residuals]
        front_consts, original = list(front.consts), schema.Graph().nodes.add()
        original.CopyFrom(front.node)
        self._replace(front.node, body, front.consts, front.carries, xs,
                      [*front.out_carries, *stacks, *ys])
        self._backward(_Loop(original), front_consts, stacks, xs)

    def _backward(self, front: _Loop, consts: list, stacks: list[int], xs: list[int]) -> None:
        back = self.back
        own = {x: self._cut(x, self.before_back, back.node) for x in back.xs
               if x not in self.residuals}
        operands = [*back.consts, *consts, *back.carries, *own.values(), *stacks, *xs]
        kinds = []
        for i, operand in enumerate(operands):
            if i < len(back.consts):
                kinds.append(self._kind(operand, back, i))
            elif i < len(back.consts) + len(consts):
                kinds.append(self._kind(operand, front, i - len(back.consts)))
            else:
                kinds.append(self._kind(operand, back, i - len(consts)))
        fixed = len(back.consts) + len(consts) + len(back.carries)
        body, values, made = self._body(kinds, fixed, len(back.carries))
        names = iter(made)
        back_consts = [next(names) for _ in back.consts]
        again_consts = [next(names) for _ in consts]
        carries = [next(names) for _ in back.carries]
        slices = {x: next(names) for x in own}
        starts = [next(names) for _ in stacks]
        segments = [next(names) for _ in xs]
        again = self._inner(body, values, front, [*again_consts, *starts, *segments],
                            f"{front.node.name}.again")
        again.phase = back.node.phase
        residual = dict(zip(front.node.outputs, again.outputs, strict=True))
        inner = self._inner(body, values, back, [
            *back_consts, *carries, *(residual[x] if x in self.residuals else slices[x]
                                      for x in back.xs)], back.node.name)
        again.bodies[0].reversed_partner_plus_one = 2
        inner.bodies[0].reversed_partner_plus_one = 1
        body.outputs.extend(inner.outputs)
        ys = [self._joined(y, self.after_back, back.node) for y in back.ys]
        self._replace(back.node, body, [*back.consts, *consts], back.carries,
                      [*own.values(), *stacks, *xs], [*back.out_carries, *ys])

    def place(self) -> None:
        """The nodes around the loops into the graph, with every index that they move."""
        graph = self.graph
        old, place = list(graph.nodes), {}
        nodes: list = []
        for i, node in enumerate(old):
            nodes.extend({self.first: self.before, self.second: self.before_back}.get(i, []))
            place[i] = len(nodes)
            nodes.append(node)
            nodes.extend({self.first: self.after_front, self.second: self.after_back}.get(i, []))
        copies = [schema.Graph().nodes.add() for _ in nodes]
        for copy, node in zip(copies, nodes, strict=True):
            copy.CopyFrom(node)
        del graph.nodes[:]
        graph.nodes.extend(copies)
        for node in graph.nodes:
            if node.forward_plus_one:
                node.forward_plus_one = place[node.forward_plus_one - 1] + 1
            for body in node.bodies:
                if body.reversed_partner_plus_one:
                    body.reversed_partner_plus_one = place[body.reversed_partner_plus_one - 1] + 1
        for edge in graph.order_edges:
            edge.before, edge.after = place[edge.before], place[edge.after]


# -------------------------------------------------------------------------------------------------


def divisors(length: int) -> list[int]:
    return [d for d in range(1, length + 1) if length % d == 0]


def best_inner(length: int, carry: int, each: int) -> int:
    """The inner length, among the divisors, with the least outer x carry + inner x each."""
    return min(divisors(length), key=lambda n: (length // n * carry + n * each, n))


def _pair(graph, n: int) -> int | None:
    node = graph.nodes[n]
    if node.op != "scan" or len(node.bodies) != 1:
        return None
    partner = node.bodies[0].reversed_partner_plus_one - 1
    return partner if partner > n else None


def _sizes(graph, first: int, second: int) -> tuple[int, int]:
    """(carry, residuals of one iteration) in bytes."""
    front, back = _Loop(graph.nodes[first]), _Loop(graph.nodes[second])
    size = lambda v: graph.storages[graph.values[v].storage].bytes  # noqa: E731
    stacked = sum(size(y) for y in front.ys if y in back.xs)
    return sum(map(size, front.out_carries)), stacked // graph.nodes[first].bodies[0].length


def segment(graph, action: str) -> list[str]:
    """Every loop that has its backward in the graph, changed in place; gives notes."""
    notes, n = [], 0
    while n < len(graph.nodes):
        second = _pair(graph, n)
        if second is None:
            n += 1
            continue
        node = graph.nodes[n]
        name, length = node.name, node.bodies[0].length
        carry, each = _sizes(graph, n, second)
        inner = 1 if action == "carry" else best_inner(length, carry, each if action == "segment"
                                                       else carry)
        segmenter = _Segmenter(graph, n, second, length // inner, inner)
        segmenter.run()
        segmenter.place()
        compact(graph)
        n = next(i for i, other in enumerate(graph.nodes) if other.name == name)
        if action == "nested" and inner > 1:
            body = graph.nodes[graph.nodes[n].bodies[0].reversed_partner_plus_one - 1]
            segment(body.bodies[0].graph, "carry")
        notes.append(f"{name}: {length} iterations as {length // inner} x {inner} ({action})")
        n += 1
    return notes
