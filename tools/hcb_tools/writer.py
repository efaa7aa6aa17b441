"""An FX graph of ATen calls, written as hcb.v1.Graph.

Problem: eager overwrites tensors in place and lets views share storage; hcb.v1 has values that are
made once. Idea: every write makes a new *version* of a storage. The call that writes returns the
new version and donates the old one's memory (`donates`), so that nothing is allocated if the old
version's life ends there, as in eager. Invariant: an argument always names a value of the newest
version of its storage; a view taken before a write is taken again (`as_strided`) when it is read
after it. State (parameters, buffers, inputs) has one storage for the whole step: what overwrites it
runs once, after everybody who reads what was there before.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import torch

from . import schema
from .arguments import by_schema, dtype_number, tensor_slots, write
from .errors import ExportError
from .names import Names
from .prune import mark_stashes

_RENAMED = ("aten::detach", "aten::alias", "aten::lift_fresh")
_COLLECTIVES = ("_c10d_functional", "c10d", "c10d_functional")
_NORM = torch.ops.aten._native_batch_norm_legit
# Their kernels reduce what they first made elementwise, in the storage of that.
_REDUCED_IN_PLACE = ("aten::mse_loss", "aten::smooth_l1_loss")
_NO_REDUCTION = 0
_PHASES = {"is_backward": "BACKWARD", "is_optimizer": "OPTIMIZER"}


@dataclass(eq=False)
class Memory:
    """A storage as the trace sees it."""

    key: int
    storage: int  # of the newest version
    resident: bool
    version: int = 0
    head: int = 0  # value that stands for the newest version
    readers: list[int] = field(default_factory=list)  # nodes that read the newest version


@dataclass(eq=False)
class Known:
    """What the writer remembers about a value."""

    tensor: torch.Tensor
    memory: Memory
    version: int


def storage_key(tensor: torch.Tensor) -> int:
    return tensor.untyped_storage()._cdata


def _geometry(tensor: torch.Tensor):
    return tensor.dtype, tuple(tensor.shape), tensor.stride(), tensor.storage_offset()


def row_major(shape) -> tuple[int, ...]:
    strides, step = [], 1
    for size in reversed(shape):
        strides.append(step)
        step *= max(int(size), 1)
    return tuple(reversed(strides))


def op_name(target: torch._ops.OpOverload) -> str:
    return target._schema.name


def is_random(node: torch.fx.Node) -> bool:
    if torch.Tag.nondeterministic_seeded not in node.target.tags:
        return False
    arguments = {name: item for name, _, item in by_schema(node)}
    if "dropout_p" in arguments:
        return arguments["dropout_p"] != 0
    if op_name(node.target) == "aten::native_dropout":
        return arguments["p"] != 0 and arguments["train"] is not False
    return True


class GraphWriter:
    def __init__(self, name: str):
        self.graph = schema.Graph(name=name, dialect=schema.DIALECT["ATEN"])
        self.graph.version.major, self.graph.version.minor = 1, 1
        self.graph.profile.torch_version = torch.__version__
        self._known: dict[int, Known | None] = {}
        self._results: dict[torch.fx.Node, object] = {}  # value index, nested lists of them
        self._value_names, self._node_names = Names(), Names()
        self._again: dict[tuple, int] = {}
        self._firsts: dict[int, int] = {}  # seq_nr: the forward node
        self._now = {"phase": schema.PHASE["FORWARD"]}
        self.zero_bytes: list[str] = []

    # ---------------------------------------------------------------------------------------------
    # Values

    def _storage(self, tensor: torch.Tensor) -> int:
        storage = self.graph.storages.add(bytes=tensor.untyped_storage().nbytes())
        storage.device.type = tensor.device.type
        storage.device.index = -1 if tensor.device.index is None else tensor.device.index
        self.graph.profile.device = tensor.device.type
        return len(self.graph.storages) - 1

    def _value(self, name: str, tensor: torch.Tensor, role: str, memory: Memory) -> int:
        index = len(self.graph.values)
        value = self.graph.values.add(name=self._value_names.take(name), role=schema.ROLE[role])
        value.dtype = dtype_number(tensor.dtype, name)
        if any(isinstance(size, torch.SymInt) for size in tensor.shape):
            raise ExportError(f"{name}: its shape depends on data; keep that out of the step")
        value.shape.extend(int(size) for size in tensor.shape)
        if tensor.stride() != row_major(tensor.shape):  # the stride of a dim of 1 counts too
            value.strides.extend(int(stride) for stride in tensor.stride())
        value.storage_offset = tensor.storage_offset()
        value.storage = memory.storage
        self._known[index] = Known(tensor, memory, memory.version)
        return index

    def _fresh(self, name: str, tensor: torch.Tensor, role: str, resident: bool = False) -> int:
        memory = Memory(storage_key(tensor), self._storage(tensor), resident)
        memory.head = self._value(name, tensor, role, memory)
        return memory.head

    def _view(self, name: str, tensor: torch.Tensor, base: int) -> int:
        index = self._value(name, tensor, "ACTIVATION", self._known[base].memory)
        self.graph.values[index].view_of_plus_one = base + 1
        return index

    def _undefined(self, name: str) -> int:
        """An output that the call leaves undefined: no element type, no bytes."""
        self.graph.storages.add(bytes=0).device.type = "cpu"
        value = self.graph.values.add(name=self._value_names.take(name))
        value.shape.append(0)
        value.role = schema.ROLE["ACTIVATION"]
        value.storage = len(self.graph.storages) - 1
        self._known[len(self.graph.values) - 1] = None
        return len(self.graph.values) - 1

    def resident(self, node, name: str, tensor, role: str, requires_grad: bool = False,
                 data: bytes = b"") -> int:
        index = self._fresh(name, tensor, role, resident=True)
        self.graph.values[index].requires_grad = requires_grad
        self.graph.values[index].data = data
        self._results[node] = index
        return index

    # ---------------------------------------------------------------------------------------------
    # Reading

    def read(self, node: torch.fx.Node) -> int:
        """The value that stands for a tensor now."""
        result = self._results.get(node)
        if not isinstance(result, int):
            raise ExportError(f"{node.name} ({node.target}): its result is no single tensor")
        return self._newest(result)

    def _newest(self, index: int) -> int:
        known = self._known[index]
        if known is None or known.version == known.memory.version:
            return index
        memory, wanted = known.memory, _geometry(known.tensor)
        if _geometry(self._known[memory.head].tensor) == wanted:
            return memory.head
        key = (id(memory), memory.version, wanted)
        if key not in self._again:
            self._again[key] = self._take_again(known, memory.head)
        return self._again[key]

    def _take_again(self, known: Known, head: int) -> int:
        name = self.graph.values[head].name + ".view"
        tensor = known.tensor
        message = self._node(name, torch.ops.aten.as_strided.default)
        index = self._view(name, tensor, head)
        rows = [
            ("self", schema.Argument(value=head)),
            ("size", write(list(tensor.shape), "List[int]", None, name)),
            ("stride", write(list(tensor.stride()), "List[int]", None, name)),
            ("storage_offset", schema.Argument(integer=tensor.storage_offset())),
        ]
        for argument, content in rows:
            message.arguments.add(name=argument).argument.CopyFrom(content)
        message.inputs_plus_one.append(head + 1)
        message.outputs.append(index)
        message.view = True
        self._note_readers(message)
        return index

    def _note_readers(self, message) -> None:
        for plus_one in message.inputs_plus_one:
            if plus_one and self._known[plus_one - 1]:
                self._known[plus_one - 1].memory.readers.append(len(self.graph.nodes) - 1)

    # ---------------------------------------------------------------------------------------------
    # Nodes

    def _node(self, name: str, target: torch._ops.OpOverload):
        message = self.graph.nodes.add(name=self._node_names.take(name))
        message.dialect = schema.DIALECT["ATEN"]
        message.op, message.overload = op_name(target), target._overloadname
        message.replay = schema.REPLAY["PURE"]
        message.phase = self._now["phase"]
        message.module, message.source = self._now.get("module", ""), self._now.get("source", "")
        return message

    def _check_target(self, node: torch.fx.Node) -> None:
        if not isinstance(node.target, torch._ops.OpOverload):
            raise ExportError(f"{node.name}: {node.target} is no operator that hcb.v1 can hold")

    def _take_notes(self, node: torch.fx.Node) -> None:
        custom, tag = node.meta.get("custom") or {}, node.meta.get("partitioner_tag")
        self._now = {
            "phase": schema.PHASE[_PHASES.get(tag, "FORWARD")],
            "module": custom.get("module", ""),
            "source": custom.get("source", ""),
        }

    def call(self, node: torch.fx.Node) -> None:
        self._check_target(node)
        if op_name(node.target) in _RENAMED:
            self._results[node] = self._results[node.args[0]]
            return
        if not node.target._schema.returns and not node.target._schema.is_mutable:
            return  # _linalg_check_errors: complains, or does nothing
        self._take_notes(node)
        self.emit(node)

    def emit(self, node: torch.fx.Node) -> None:
        renewed = self._replace_target(node)
        rows = by_schema(node)
        slots = [slot for _, kind, item in rows for slot in tensor_slots(kind, item)]
        current = {slot: self.read(slot) for slot in slots if slot is not None}  # may add views
        message = self._node(node.name, node.target)
        where = f"{node.name} ({op_name(node.target)})"
        for name, kind, item in rows:
            argument = write(item, kind, current.__getitem__, where)
            message.arguments.add(name=name).argument.CopyFrom(argument)
        message.inputs_plus_one.extend(0 if s is None else current[s] + 1 for s in slots)
        self._note_effects(node, message)
        written = self._written(node, rows)
        message.writes.extend(written)
        self._outputs(node, message, [message.inputs_plus_one[i] - 1 for i in written], renewed)
        self._note_reduced(node, message, rows)
        self._note_readers(message)
        self._note_forward(node, message)

    def _replace_target(self, node: torch.fx.Node) -> dict[int, int]:
        """Twins that do the same, bit for bit, and say it in terms of values.

        Gives the outputs that are new contents of a value, by position.
        """
        if torch.Tag.inplace_view in node.target.tags:  # unsqueeze_: another view of the argument
            packet = getattr(torch.ops.aten, op_name(node.target).removeprefix("aten::")[:-1], None)
            if packet is None or node.target._overloadname not in packet.overloads():
                raise ExportError(f"{node.name}: {node.target} cannot be written as a view")
            node.target = getattr(packet, node.target._overloadname)
        if node.target is not _NORM.default:
            return {}
        old = [self.read(node.args[i]) for i in (3, 4)]
        if self._known[old[0]].memory.resident:
            return {}
        # InstanceNorm repeats the statistics, has the copies updated, and averages those.
        node.target = torch.ops.aten._native_batch_norm_legit_functional.default
        node.meta["val"] = (*node.meta["val"], *(self._known[v].tensor for v in old))
        return {3: old[0], 4: old[1]}

    def _note_reduced(self, node: torch.fx.Node, message, rows) -> None:
        given = {name: item for name, _, item in rows}
        if message.op not in _REDUCED_IN_PLACE or given["reduction"] == _NO_REDUCTION:
            return
        first, second = given["self"].meta["val"], given["target"].meta["val"]
        elements = math.prod(torch.broadcast_shapes(first.shape, second.shape))
        storage = self.graph.storages[self.graph.values[message.outputs[0]].storage]
        storage.bytes = max(storage.bytes, elements * node.meta["val"].element_size())

    def _note_effects(self, node: torch.fx.Node, message) -> None:
        if is_random(node):
            message.random = True
            message.effects.append(schema.EFFECT["RANDOM"])
        if op_name(node.target).split("::")[0] in _COLLECTIVES:
            message.effects.append(schema.EFFECT["COLLECTIVE"])
            message.replay = schema.REPLAY["NEVER"]

    def _note_forward(self, node: torch.fx.Node, message) -> None:
        number, own = node.meta.get("seq_nr"), len(self.graph.nodes)
        if number is None:
            return
        if message.phase == schema.PHASE["FORWARD"]:
            self._firsts.setdefault(number, own)
        elif message.phase == schema.PHASE["BACKWARD"]:
            message.forward_plus_one = self._firsts.get(number, 0)

    # ---------------------------------------------------------------------------------------------
    # What a call writes and returns

    @staticmethod
    def _written(node, rows) -> list[int]:
        """Positions, among the tensor arguments, of those that the schema marks as written."""
        marked = {a.name for a in node.target._schema.arguments if a.alias_info is not None
                  and a.alias_info.is_write}
        slots = [(name, slot) for name, kind, item in rows for slot in tensor_slots(kind, item)]
        return [i for i, (name, slot) in enumerate(slots) if name in marked and slot is not None]

    def _outputs(self, node, message, written: list[int], renewed: dict[int, int]) -> None:
        returns = [r.alias_info is not None and r.alias_info.is_write
                   for r in node.target._schema.returns]
        returned = written[: sum(returns)] if any(returns) else []
        for value in written[len(returned) :]:
            self._hidden_write(node, message, value)
        queue = list(returned)
        values = node.meta["val"]
        many = isinstance(values, (tuple, list))
        results = []
        for position, item in enumerate(values if many else [values]):
            in_place = queue.pop(0) if position < len(returns) and returns[position] else None
            name = f"{node.name}.{position}" if many else node.name
            if position in renewed:
                results.append(self._renewed(name, item, message, renewed[position]))
            else:
                results.append(self._result(name, item, message, in_place))
        self._results[node] = results if many else results[0]
        bases = [self.graph.values[v].view_of_plus_one for v in message.outputs]
        message.view = bool(bases) and all(bases) and not written

    def _result(self, name: str, item, message, in_place: int | None):
        if isinstance(item, (tuple, list)):
            return [self._result(f"{name}.{i}", part, message, None) for i, part in enumerate(item)]
        if item is None:
            index = self._undefined(name)
        elif not isinstance(item, torch.Tensor):
            raise ExportError(f"{name}: a {type(item).__name__} comes out of the graph's data; "
                              "keep it out of the step")
        elif in_place is not None:
            index = self._new_version(name, item, message, in_place)
        else:
            index = self._plain(name, item, message)
        message.outputs.append(index)
        return index

    def _renewed(self, name: str, tensor, message, base: int) -> int:
        """New contents of an activation, in memory of their own."""
        memory = self._known[base].memory
        memory.version += 1
        memory.storage = self._storage(tensor)
        memory.head, memory.readers = self._value(name, tensor, "ACTIVATION", memory), []
        message.outputs.append(memory.head)
        return memory.head

    def _plain(self, name: str, tensor, message) -> int:
        for plus_one in message.inputs_plus_one:
            known = self._known[plus_one - 1] if plus_one else None
            if known and known.memory.key == storage_key(tensor):
                return self._view(name, tensor, plus_one - 1)
        if tensor.untyped_storage().nbytes() == 0:
            self.zero_bytes.append(name)
        return self._fresh(name, tensor, "ACTIVATION")

    def _new_version(self, name: str, tensor, message, base: int) -> int:
        memory = self._known[base].memory
        message.effects.append(schema.EFFECT["MUTATION"])
        if memory.resident:
            self._write_state(message, memory)
            message.replay = schema.REPLAY["NEVER"]
        memory.version += 1
        if memory.resident:
            index = self._view(name, tensor, base)
        else:
            memory.storage = self._storage(tensor)
            index = self._value(name, tensor, "ACTIVATION", memory)
            position = list(message.inputs_plus_one).index(base + 1)
            message.donates.add(output=len(message.outputs), input=position)
        memory.head, memory.readers = index, []
        return index

    def _hidden_write(self, node, message, value: int) -> None:
        memory = self._known[value].memory
        if not memory.resident:
            raise ExportError(f"{node.name}: {node.target} overwrites a tensor of the step without "
                              "returning it, which hcb.v1 cannot hold")
        self._write_state(message, memory)
        memory.readers = []

    def _write_state(self, message, memory: Memory) -> None:
        own = len(self.graph.nodes) - 1
        for reader in dict.fromkeys(memory.readers):
            if reader != own:
                self.graph.order_edges.add(before=reader, after=own)
        if schema.EFFECT["STATE"] not in message.effects:
            message.effects.append(schema.EFFECT["STATE"])

    # ---------------------------------------------------------------------------------------------
    # The whole graph

    def item(self, node: torch.fx.Node) -> None:
        self._results[node] = self._results[node.args[0]][node.args[1]]
        if isinstance(self._results[node], int):
            value = self.graph.values[self._results[node]]
            self._value_names.release(value.name)
            value.name = self._value_names.take(node.name)

    def tensor(self, index: int) -> torch.Tensor:
        return self._known[index].tensor

    def adopt(self, node: torch.fx.Node, index: int, tensor: torch.Tensor) -> None:
        """In another graph, `node` with the fake `tensor` stands for a value of this one."""
        self._results[node] = index
        self._known[index].memory.key = storage_key(tensor)

    def rename_to(self, node: torch.fx.Node, same: torch.fx.Node) -> None:
        """`node` is another name for what `same` stands for."""
        self._results[node] = self._results[same]

    def rename(self, index: int, name: str, role: str) -> None:
        value = self.graph.values[index]
        self._value_names.release(value.name)
        value.name, value.role = self._value_names.take(name), schema.ROLE[role]

    def own_gradient(self, node: torch.fx.Node, index: int) -> int:
        """The value that .backward() leaves in .grad: one of its own per parameter."""
        gradient = schema.ROLE["GRADIENT"]
        free = [i for i in self._twins(index) if self.graph.values[i].role != gradient]
        return free[0] if free else self._clone(node, index)

    def write_back(self, node: torch.fx.Node, resident: int) -> None:
        """What a functional graph returns as the new contents of a resident becomes a write."""
        known = self._known[resident]
        if self._known[self.read(node)].memory is known.memory:
            return  # written in place already
        state = next(n for n, value in self._results.items() if value == resident)
        copy = torch.fx.Graph().call_function(torch.ops.aten.copy_.default, (state, node))
        copy.meta["val"], copy.name = known.tensor, f"{self.graph.values[resident].name}.copy_"
        self._now = {"phase": schema.PHASE["BACKWARD"]}
        self.emit(copy)

    def _clone(self, node: torch.fx.Node, index: int) -> int:
        copy = torch.fx.Graph().call_function(torch.ops.aten.clone.default, (node,))
        with node.meta["val"].fake_mode:
            copy.meta["val"] = node.meta["val"].clone()
        copy.name = f"{node.name}_clone"
        self._now = {"phase": schema.PHASE["BACKWARD"]}
        self.emit(copy)
        return self._results[copy]

    def _twins(self, index: int) -> list[int]:
        """The outputs of one call that the trace takes for one tensor; mostly `index` alone."""
        known = self._known[index]
        for message in self.graph.nodes:
            if index in message.outputs:
                return [i for i in message.outputs if self._same(self._known[i], known)]
        return [index]

    @staticmethod
    def _same(one: Known | None, other: Known) -> bool:
        return (one is not None and one.memory.key == other.memory.key
                and _geometry(one.tensor) == _geometry(other.tensor))

    def bytes(self) -> bytes:
        mark_stashes(self.graph)
        return self.graph.SerializeToString(deterministic=True)
