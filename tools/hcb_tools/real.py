"""The step as eager runs it, and its tensors as safetensors files under the names of the graph.

Tensors are written in row-major order; strides and storage are in the graph. The generator is
seeded before the factory is called, and again before the step: who runs the graph with the same
weights, inputs, seed and number of threads gets the same bits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch.utils import _pytree as pytree

from . import held, schema
from .errors import ExportError
from .exporter import Exported
from .trace import Step, step_of, sum_of_floating, tensors_in

_ROLE = schema.ROLE


@dataclass
class RealStep:
    step: Step
    exported: Exported
    seed: int

    def weights(self) -> dict[str, torch.Tensor]:
        """Parameters, buffers and constants."""
        return {**self._state(), **self._optimizer_state(), **self.exported.constants,
                **self._held("CONSTANT")}

    def inputs(self) -> dict[str, torch.Tensor]:
        leaves = pytree.tree_leaves((self.step.args, self.step.kwargs))
        names = [value.name for value in self.exported.graph.values
                 if value.role == _ROLE["INPUT"] and value.name not in self.exported.held]
        tensors = [leaf for leaf in leaves if isinstance(leaf, torch.Tensor)]
        if len(names) != len(tensors):
            raise ExportError("an input of the step is held by something that the exporter does "
                              "not look into; pass it as an argument")
        return {**dict(zip(names, tensors, strict=True)), **self._held("INPUT")}

    def results(self) -> dict[str, torch.Tensor]:
        """Runs the step: loss, held outputs and gradients, and all state as the step leaves it.

        With an optimizer in the step its gradients are consumed, and no results.
        """
        graph, inputs = self.exported.graph, self.inputs()
        torch.manual_seed(self.seed)
        outputs = self.step.module(*self.step.args, **self.step.kwargs)
        results = {}
        if graph.loss_plus_one:
            loss = (self.step.loss_fn or sum_of_floating)(outputs)
            loss.backward()
            results[graph.values[graph.loss_plus_one - 1].name] = loss
        returned = tensors_in(outputs) if self.exported.returned else []
        for index, tensor in zip(self.exported.returned, returned, strict=True):
            results[graph.values[index].name] = tensor
        results |= self._gradients(inputs)
        if self.exported.optimizer:
            results |= self.exported.optimizer.run(self._trained())
        return {**results, **self._after(inputs)}

    def write_weights(self, path: str) -> None:
        self._save(self.weights(), path)

    def write_inputs(self, path: str) -> None:
        self._save(self.inputs(), path)

    def write_results(self, path: str, threads: int | None = None) -> None:
        before = torch.get_num_threads()
        torch.set_num_threads(threads or before)
        try:
            self._save(self.results(), path)
        finally:
            torch.set_num_threads(before)

    def _state(self) -> dict[str, torch.Tensor]:
        return dict([*self.step.module.named_parameters(), *self.step.module.named_buffers()])

    def _trained(self) -> dict[str, torch.nn.Parameter]:
        values, own = self.exported.graph.values, dict(self.step.module.named_parameters())
        names = [values[v.gradient_of_plus_one - 1].name for v in values if v.gradient_of_plus_one]
        return {name: own[name] for name in names if name in own}

    def _optimizer_state(self) -> dict[str, torch.Tensor]:
        optimizer = self.exported.optimizer
        return {f"{path}.{name}": optimizer.state_like(name, parameter.detach())
                for path, parameter in (self._trained().items() if optimizer else ())
                for name in optimizer.state_names()}

    def _held(self, role: str) -> dict[str, torch.Tensor]:
        roots = {"module": self.step.module, "loss_fn": self.step.loss_fn}
        wanted = {value.name for value in self.exported.graph.values if value.role == _ROLE[role]}
        return {name: held.resolve(roots[root], path)
                for name, (root, path) in self.exported.held.items() if name in wanted}

    def _gradients(self, inputs: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        graph, tensors = self.exported.graph, {**self._state(), **inputs}
        gradients = [graph.values[i] for i in graph.outputs if graph.values[i].gradient_of_plus_one]
        return {value.name: tensors[graph.values[value.gradient_of_plus_one - 1].name].grad
                for value in gradients}

    def _after(self, inputs: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """Everything that the step overwrites."""
        graph, tensors = self.exported.graph, {**self._state(), **inputs}
        written = set()
        for node in graph.nodes:
            written |= {graph.values[node.inputs_plus_one[i] - 1].storage for i in node.writes}
        residents = [value.name for value in graph.values
                     if value.storage in written and value.name in tensors]
        return {name: tensors[name] for name in residents}

    def _save(self, tensors: dict[str, torch.Tensor], path: str) -> None:
        from safetensors.torch import save_file

        about = {"seed": str(self.seed), "threads": str(torch.get_num_threads()),
                 "torch": torch.__version__}
        with torch.no_grad():
            save_file({name: tensor.detach().clone(memory_format=torch.contiguous_format)
                       for name, tensor in tensors.items()}, path, metadata=about)


def build(factory: Callable, exported: Exported, seed: int = 0) -> RealStep:
    """Runs the factory for real, from a seeded generator."""
    torch.manual_seed(seed)
    return RealStep(step_of(factory()), exported, seed)
