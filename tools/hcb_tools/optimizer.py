"""The update of the parameters as part of the step: what torch.optim runs, tensor by tensor.

Every write is a write to the parameter or its state, as in eager, so no second copy of them is
counted. Adam and AdamW count their steps in a tensor (`capturable=True`): with a number the graph
would hold for one step only. Eager refuses that on a CPU, for no reason that concerns the values.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import import_module
from unittest import mock

import torch
from torch.fx.experimental.proxy_tensor import make_fx

from .errors import ExportError

_OPTIONS = {
    "sgd": {"lr": 1e-3, "momentum": 0.0, "weight_decay": 0.0},
    "adam": {"lr": 1e-3, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "weight_decay": 0.0},
    "adamw": {"lr": 1e-3, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "weight_decay": 1e-2},
}
_ADAM, _SGD = (import_module(f"torch.optim.{kind}") for kind in ("adam", "sgd"))
_DEVICES = mock.patch.object(_ADAM, "_get_capturable_supported_devices",
                             lambda *_, **__: ["cpu", "cuda"])


@dataclass(frozen=True)
class Optimizer:
    kind: str
    options: dict[str, float] = field(default_factory=dict)

    def state_names(self) -> list[str]:
        """Of one parameter, as torch.optim calls them. All start as zeros."""
        if self.kind == "sgd":
            return ["momentum_buffer"] if self.options["momentum"] else []
        return ["exp_avg", "exp_avg_sq", "step"]

    def state_like(self, name: str, parameter: torch.Tensor) -> torch.Tensor:
        if name == "step":
            return torch.zeros((), dtype=torch.float32, device=parameter.device)
        return torch.zeros_like(parameter, memory_format=torch.preserve_format)

    def trace_update(self, tensors: list[torch.Tensor]) -> torch.fx.Graph:
        """Of parameter, gradient and states, the inputs of the graph in this order."""
        with torch.no_grad(), _DEVICES:
            return make_fx(self._update)(*tensors).graph

    def _update(self, parameter, gradient, *states):
        if self.kind == "sgd":
            _SGD.sgd([parameter], [gradient], list(states) or [None], foreach=False,
                     fused=False, dampening=0.0, nesterov=False, maximize=False,
                     **self.options)
            return
        first, second, step = states
        _ADAM.adam([parameter], [gradient], [first], [second], [], [step],
                   foreach=False, fused=False, capturable=True, differentiable=False,
                   amsgrad=False, maximize=False, has_complex=parameter.is_complex(),
                   decoupled_weight_decay=self.kind == "adamw", **self.options)

    def run(self, parameters: dict[str, torch.nn.Parameter]) -> dict[str, torch.Tensor]:
        """One step of torch.optim; the states after it, by "PARAMETER.STATE"."""
        options, trained = dict(self.options), list(parameters.values())
        if self.kind == "sgd":
            own = torch.optim.SGD(trained, foreach=False, **options)
        else:
            options["betas"] = options.pop("beta1"), options.pop("beta2")
            kind = torch.optim.AdamW if self.kind == "adamw" else torch.optim.Adam
            own = kind(trained, foreach=False, capturable=True, **options)
        with _DEVICES:
            own.step()
        return {f"{path}.{name}": own.state[parameter][name]
                for path, parameter in parameters.items() for name in self.state_names()}


def parse(text: str) -> Optimizer:
    """"sgd", "adamw:lr=3e-4,weight_decay=0.1"."""
    kind, _, rest = text.partition(":")
    if kind not in _OPTIONS:
        raise ExportError(f"no optimizer '{kind}': {', '.join(_OPTIONS)}")
    options = dict(_OPTIONS[kind])
    for item in filter(None, rest.split(",")):
        name, _, number = item.partition("=")
        if name not in options:
            raise ExportError(f"{kind} has no option '{name}': {', '.join(options)}")
        try:
            options[name] = float(number)
        except ValueError:
            raise ExportError(f"{kind}: '{number}' for {name} is no number") from None
    return Optimizer(kind, options)
