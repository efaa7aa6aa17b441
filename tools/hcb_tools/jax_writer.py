"""Flat calls of jax primitives, written as hcb.v1.Graph.

Everything is a value that is made once: jax has no in-place calls. Views are what an executor gets
without copying (jax_layout.py); everything else has storage of its own and lies in row-major order.
Bodies of scan, while and cond are graphs of their own, written the same way.
"""

from __future__ import annotations

import numpy as np

from . import jax_compat as compat
from . import jax_names, jax_primitives, schema
from .jax_arguments import dtype_name, element_bits, is_dropped, literal, write
from .jax_inline import Call, Flat, Known, Region, Term, flatten, static_shape
from .jax_layout import Layout, repeated, row_major, views
from .names import Names

_INLINE_BYTES = 1 << 16  # larger constants are in the file of weights only


class JaxWriter:
    """Writes into one Graph message; bodies have writers of their own."""

    def __init__(self, graph):
        self.graph = graph
        self._index: dict[Term, int] = {}
        self._layouts: list[Layout] = []
        self._values, self._nodes = Names(), Names()
        self._regions: dict[Region, int] = {}
        self.opaque: dict[str, int] = {}  # primitives that nothing here knows: how often
        self._last_effect: int | None = None
        self._readers: dict[int, list[int]] = {}  # of inputs and constants

    # ---------------------------------------------------------------------------------------------
    # Values

    def _storage(self, elements: int, bits: int) -> int:
        self.graph.storages.add(bytes=-(-elements * bits // 8))
        return len(self.graph.storages) - 1

    def _value(self, name: str, aval, role: str, layout: Layout, storage: int) -> int:
        value = self.graph.values.add(name=self._values.take(name), role=schema.ROLE[role])
        value.dtype = schema.DTYPE[dtype_name(aval.dtype, name)]
        value.shape.extend(layout.shape)
        if layout != row_major(layout.shape):
            value.strides.extend(layout.strides)
        value.storage_offset, value.storage = layout.offset, storage
        self._layouts.append(layout)
        return len(self.graph.values) - 1

    def _fresh(self, name: str, aval, role: str, layout: Layout | None = None) -> int:
        layout = layout or row_major(static_shape(aval, name))
        bits = element_bits(aval.dtype, dtype_name(aval.dtype, name))
        storage = self._storage(_reach(layout), bits)
        return self._value(name, aval, role, layout, storage)

    def input(self, term: Term, name: str, role: str, requires_grad: bool = False) -> int:
        index = self._fresh(name, term.aval, role)
        self.graph.values[index].requires_grad = requires_grad
        self._index[term] = index
        return index

    def constant(self, term: Term) -> int:
        index = self._fresh("const", term.aval, "CONSTANT")
        storage = self.graph.storages[self.graph.values[index].storage]
        if storage.bytes <= _INLINE_BYTES and not compat.is_key(term.const):
            self.graph.values[index].data = np.ascontiguousarray(term.const).tobytes()
        self._index[term] = index
        return index

    # ---------------------------------------------------------------------------------------------
    # Nodes

    def call(self, call: Call, phase: str) -> int:
        stack = jax_names.Stack(call.stack)
        node = self.graph.nodes.add(name=self._nodes.take(call.op), op=call.op)
        node.dialect, node.replay = schema.DIALECT["JAX"], schema.REPLAY["PURE"]
        node.phase, node.module, node.source = schema.PHASE[phase], stack.module, call.source
        node.region_plus_one = self._region(call.region, stack.recomputed)
        where = f"{node.name} ({call.op})"
        self._operands(node, call)
        self._parameters(node, call, where)
        self._effects(node, call)
        self._outputs(node, call)
        for plus_one in node.inputs_plus_one:
            root = self._root(plus_one - 1)
            if self.graph.values[root].role <= schema.ROLE["OPTIMIZER_STATE"]:
                self._readers.setdefault(root, []).append(len(self.graph.nodes) - 1)
        if not jax_primitives.is_known(call.op):
            self.opaque[call.op] = self.opaque.get(call.op, 0) + 1
        return len(self.graph.nodes) - 1

    def _operands(self, node, call: Call) -> None:
        for operand in call.operands:
            argument = node.arguments.add().argument
            if isinstance(operand, Known):
                argument.CopyFrom(literal(operand.value, operand.aval.dtype, node.name))
            else:
                argument.value = self._index[operand]
                node.inputs_plus_one.append(self._index[operand] + 1)

    def _parameters(self, node, call: Call, where: str) -> None:
        bodies = jax_primitives.bodies(call)
        for name, item in call.params.items():
            if name in bodies:
                self._bodies(node, name, item, bodies[name])
            elif not is_dropped(name, item):
                argument = node.arguments.add(name=name).argument
                argument.CopyFrom(write(item, where))

    def _bodies(self, node, name: str, jaxprs, layout) -> None:
        many = isinstance(jaxprs, (tuple, list))
        argument = node.arguments.add(name=name).argument
        if many:
            argument.list.tuple = True
        for jaxpr in jaxprs if many else [jaxprs]:
            body = node.bodies.add(length=layout.length, reverse=layout.reverse,
                                   consts=layout.consts, carries=layout.carries)
            inner = write_body(body.graph, jaxpr, node)
            body.xs = len(inner.inputs) - layout.consts - layout.carries
            for op, count in inner.opaque.items():
                self.opaque[op] = self.opaque.get(op, 0) + count
            item = argument.list.items.add() if many else argument
            item.body = len(node.bodies) - 1

    def _effects(self, node, call: Call) -> None:
        effect = jax_primitives.effect(call)
        if effect is None:
            return
        node.effects.append(schema.EFFECT[effect])
        node.replay = schema.REPLAY["NEVER"]
        own = len(self.graph.nodes) - 1
        if self._last_effect is not None:
            self.graph.order_edges.add(before=self._last_effect, after=own)
        self._last_effect = own

    def _outputs(self, node, call: Call) -> None:
        layouts = self._view_layouts(call)
        number = any(isinstance(operand, Known) for operand in call.operands)
        again = repeated(call.op, call.params, number)
        for i, term in enumerate(call.outputs):
            name = term.label or (f"{node.name}.{i}" if len(call.outputs) > 1 else node.name)
            if layouts is None:
                index = self._fresh(name, term.aval, "ACTIVATION", again)
            else:
                index = self._view(name, term.aval, layouts[i], self._index[call.operands[0]])
            self._index[term] = index
            node.outputs.append(index)
        node.view = layouts is not None

    def _view_layouts(self, call: Call) -> list[Layout] | None:
        if call.op == "copy" and len(call.operands) == 2:  # over the memory of the second
            return [self._layouts[self._index[call.operands[1]]]]
        if not call.operands or not isinstance(call.operands[0], Term):
            return None
        before, after = call.operands[0].aval, call.outputs[0].aval if call.outputs else None
        if after is None or not hasattr(before, "dtype"):
            return None
        bits = [element_bits(a.dtype, dtype_name(a.dtype, call.op)) for a in (before, after)]
        base = self._layouts[self._index[call.operands[0]]]
        return views(call.op, call.params, base, bits[0], static_shape(after, call.op), bits[1])

    def _view(self, name: str, aval, layout: Layout, base: int) -> int:
        index = self._value(name, aval, "ACTIVATION", layout, self.graph.values[base].storage)
        self.graph.values[index].view_of_plus_one = base + 1
        return index

    def _region(self, region: Region | None, recomputed: bool) -> int:
        if region is None:
            if not recomputed:
                return 0
            region = _RECOMPUTED
        if region not in self._regions:
            parent = self._region(region.parent, False)
            self.graph.regions.add(kind=schema.REGION_KIND[region.kind], name=region.name,
                                   parent_plus_one=parent)
            self._regions[region] = len(self.graph.regions)
        return self._regions[region]

    # ---------------------------------------------------------------------------------------------
    # Results

    def overwrite(self, call: Call, old: Term, phase: str) -> None:
        """A copy over the memory of an input, behind everything that reads it."""
        base = self._index[old]
        readers = self._readers.get(base, [])
        own = self.call(call, phase)
        node, value = self.graph.nodes[own], self.graph.values[self._index[call.outputs[0]]]
        node.writes.append(1)
        node.effects.extend([schema.EFFECT["MUTATION"], schema.EFFECT["STATE"]])
        node.replay = schema.REPLAY["NEVER"]
        value.view_of_plus_one, value.storage = base + 1, self.graph.values[base].storage
        node.view = False
        for reader in dict.fromkeys(r for r in readers if r != own):
            self.graph.order_edges.add(before=reader, after=own)

    def _root(self, index: int) -> int:
        while self.graph.values[index].view_of_plus_one:
            index = self.graph.values[index].view_of_plus_one - 1
        return index

    def pair_scans(self) -> None:
        """A scan that reads the stacked results of one in the other direction is its backward."""
        makers = {o: n for n, node in enumerate(self.graph.nodes) for o in node.outputs
                  if node.op == "scan"}
        for n, node in enumerate(self.graph.nodes):
            if node.op != "scan" or node.phase == schema.PHASE["FORWARD"]:
                continue
            body = node.bodies[0]
            for plus_one in node.inputs_plus_one:
                first = makers.get(self._root(plus_one - 1), n)
                other = self.graph.nodes[first].bodies[0]
                if first < n and other.length == body.length and other.reverse != body.reverse:
                    body.reversed_partner_plus_one = first + 1
                    other.reversed_partner_plus_one = n + 1
                    if self.graph.nodes[first].phase == schema.PHASE["FORWARD"]:
                        node.forward_plus_one = first + 1
                    break

    def result(self, item, taken: set[int], name: str, phase: str) -> int:
        """The value of something returned: one of its own, made by a node."""
        if isinstance(item, Term) and item in self._index:
            index = self._index[item]
            if index not in taken and self.graph.values[index].role > schema.ROLE[
                    "OPTIMIZER_STATE"]:
                return index
        return self.copy(item, name, phase)

    def copy(self, item, name: str, phase: str) -> int:
        """A node for what is returned twice, an input (a view of it), or a number."""
        out = Term(item.aval, label=name)
        op, params = "copy", {}
        if isinstance(item, Known):
            op, params = "broadcast_in_dim", {"shape": (), "broadcast_dimensions": ()}
        self.call(Call(op, params, [item], [out], "", "", False, None), phase)
        return self._index[out]

    def index(self, term: Term) -> int:
        return self._index[term]

    def rename(self, index: int, name: str) -> None:
        value = self.graph.values[index]
        self._values.release(value.name)
        value.name = self._values.take(name)


_RECOMPUTED = Region("RECOMPUTE", "", None)


def _reach(layout: Layout) -> int:
    """Elements from the first to the last one."""
    if 0 in layout.shape:
        return 0
    return 1 + sum((d - 1) * s for d, s in zip(layout.shape, layout.strides, strict=True))


class Body:
    def __init__(self, flat: Flat, opaque: dict[str, int]):
        self.inputs, self.opaque = flat.inputs, opaque


def write_body(graph, jaxpr, node) -> Body:
    """A body as a graph of its own; its outputs are in jax's order, repeated ones too."""
    flat = flatten(jaxpr)
    graph.dialect = schema.DIALECT["JAX"]
    graph.version.major, graph.version.minor = schema.VERSION
    writer = JaxWriter(graph)
    for i, term in enumerate(flat.inputs):
        writer.input(term, f"in.{i}", "INPUT")
    for term in flat.constants:
        writer.constant(term)
    phase = {number: name for name, number in schema.PHASE.items()}[node.phase]
    for call in flat.calls:
        writer.call(call, phase)
    for item in flat.outputs:
        known = isinstance(item, Known)
        graph.outputs.append(writer.copy(item, "out", phase) if known else writer.index(item))
    return Body(flat, writer.opaque)


def write_calls(writer: JaxWriter, flat: Flat, phases: list[str], written) -> None:
    """Constants, and calls in their order.

    written: by the result of a copy over an input's memory, that input.
    """
    for term in flat.constants:
        writer.constant(term)
    for call, phase in zip(flat.calls, phases, strict=True):
        if call.outputs and call.outputs[0] in written:
            writer.overwrite(call, written[call.outputs[0]], phase)
        else:
            writer.call(call, phase)
