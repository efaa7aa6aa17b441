"""`hcb` and PyTorch agree about the models of the zoo: parameters, and FLOPs of the products.

Takes the hcb of $HCB, or that of the preset release. Needs the environment of `tools/setup torch`.
"""

from __future__ import annotations

import os
import pathlib

import make_examples
import pytest
import survey_models
import torch
from make_examples import ROOT
from model_zoo import TESTED, ZOO

HCB = pathlib.Path(os.environ.get("HCB", ROOT / "build" / "release" / "bin" / "hcb"))
QUICK = ("gru_tiny", "mixtral_tiny", "whisper_tiny")
MOST_APART = 0.02  # biases and, in recurrent layers, cells

needs_hcb = pytest.mark.skipif(not HCB.exists(), reason="hcb is not built")


def slow_but_for(quick) -> list:
    slow = pytest.mark.slow
    return [pytest.param(n, marks=[] if n in quick else [slow]) for n in sorted(TESTED)]


@needs_hcb
@pytest.mark.parametrize("name", slow_but_for(QUICK))
def test_parameters_and_products_agree(name):
    torch.manual_seed(0)
    source = ZOO[name].build()
    found = survey_models.ask(str(HCB), survey_models.TESTED / f"{name}.onnx")
    assert found.default == 0
    difference, _ = survey_models.DIFFERENCES.get(name, (0, ""))
    assert found.parameters - survey_models.parameter_count(source) == difference
    counted = survey_models.counted_flops(source)
    assert abs(found.products - counted) <= MOST_APART * counted
    assert found.products <= found.flops


@pytest.mark.parametrize("name", slow_but_for(QUICK[:1]))
def test_files_are_what_the_script_writes(name):
    make_examples.quiet()
    torch.manual_seed(0)
    entry = ZOO[name]
    exported = survey_models.export(entry, entry.build(), survey_models.TARGET_BYTES)
    data = exported.proto.SerializeToString(deterministic=True)
    assert data == (survey_models.TESTED / f"{name}.onnx").read_bytes()


def test_what_both_exporters_refuse_is_an_error():
    class Stubborn(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            raise NotImplementedError("no")

    source = survey_models.Source(Stubborn(), {"x": torch.zeros(1)})
    with pytest.raises(NotImplementedError):
        survey_models.export(ZOO["gru_tiny"], source, 1)
