"""Steps of jax by `hcb-run`, compared with jax: single primitives, and whole models by plans.

Needs the environment of `tools/setup jax`. Takes the hcb-run of $HCB_RUN, or that of the preset
release.
"""

from __future__ import annotations

import functools
import json
import os
import pathlib
import subprocess

import pytest

jax = pytest.importorskip("jax")
os.environ.setdefault("JAX_PLATFORMS", "cpu")

import jax_cases  # noqa: E402
import jax_models  # noqa: E402
import numpy as np  # noqa: E402
from hcb_tools import jax_capture, jax_names, jax_real  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
HCB_RUN = pathlib.Path(os.environ.get("HCB_RUN", ROOT / "build" / "release" / "bin" / "hcb-run"))


pytestmark = pytest.mark.skipif(not HCB_RUN.exists(), reason="hcb-run is not built")

TYPES = {"F32": "float32", "F16": "float16", "I64": "int64", "I32": "int32", "I16": "int16",
         "I8": "int8", "U32": "uint32", "U16": "uint16", "U8": "uint8", "BOOL": "bool",
         "C64": "complex64"}
# Largest difference, as a part of the largest magnitude of the tensor.
TOLERANCE = {"float32": 1e-5, "complex64": 1e-5, "float16": 1e-3, "bfloat16": 8e-3}
# Zero in exact arithmetic (softmax does not see a shift of its keys, BatchNorm none of its input):
# what is left is rounding, jax's own included.
ROUNDING = ("key.bias.grad", "Conv_0.bias.grad")


def hcb_run(*arguments, code: int = 0) -> str:
    done = subprocess.run([HCB_RUN, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def read(path) -> dict[str, np.ndarray]:
    data = pathlib.Path(path).read_bytes()
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    header.pop("__metadata__", None)
    out = {}
    for name, entry in header.items():
        begin, end = (8 + size + at for at in entry["data_offsets"])
        dtype = jax.numpy.bfloat16 if entry["dtype"] == "BF16" else TYPES[entry["dtype"]]
        out[name] = np.frombuffer(data[begin:end], dtype).reshape(entry["shape"])
    return out


class Files:
    """A step on disk: graph, weights, inputs, and where hcb-run writes its results."""

    def __init__(self, folder, function, args, **options):
        self.function, self.args = function, args
        self.exported = jax_capture.capture(function, args, **options)
        self.graph, self.weights, self.inputs, self.out = (
            str(folder / name) for name in ("step.hcb", "weights", "inputs", "results"))
        pathlib.Path(self.graph).write_bytes(self.exported.data)
        real = jax_real.RealStep(function, args, self.exported)
        real.write(self.weights, self.inputs, None)
        roles = {v.role for v in self.exported.graph.values}
        self.data = ["--threads", "1"]
        if roles & {1, 2, 4, 5}:
            self.data += ["--weights", self.weights]
        if 3 in roles:
            self.data += ["--inputs", self.inputs]

    def results(self, *more) -> list[np.ndarray]:
        hcb_run("run", self.graph, *self.data, "--results", self.out, "--iterations", "1",
                "--warmup", "0", *more)
        found = read(self.out)
        return [found[name] for name in self.exported.results]

    def profile(self, folder) -> str:
        path = str(folder / "profile.json")
        hcb_run("profile", self.graph, *self.data, "--iterations", "1", "--warmup", "0", "-o", path)
        return path


def error(ours: np.ndarray, wanted: np.ndarray) -> float:
    """Largest difference over the largest magnitude; infinite where one is no number."""
    wide = np.complex128 if wanted.dtype.kind == "c" else np.float64
    ours, wanted = ours.astype(wide), wanted.astype(wide)
    finite = np.isfinite(wanted)
    if not np.array_equal(ours[~finite], wanted[~finite], equal_nan=True):
        return np.inf
    scale = float(np.max(np.abs(wanted[finite]), initial=0)) or 1.0
    return float(np.max(np.abs(ours[finite] - wanted[finite]), initial=0)) / scale


def difference(ours: np.ndarray, wanted) -> str:
    wanted = jax_real.plain(wanted)
    if ours.dtype != wanted.dtype or ours.shape != wanted.shape:
        return f"{ours.dtype}{ours.shape} instead of {wanted.dtype}{wanted.shape}"
    tolerance = TOLERANCE.get(wanted.dtype.name)
    if tolerance is None:
        return "" if np.array_equal(ours, wanted) else f"{ours.ravel()[:8]} {wanted.ravel()[:8]}"
    apart = error(ours, wanted)
    return "" if apart <= tolerance else f"apart by {apart:.2g}"


@pytest.fixture
def one_phase(monkeypatch):
    """A gradient inside a function is then no backward of a training step."""
    monkeypatch.setattr(jax_names.Stack, "phase", None)


@pytest.mark.parametrize("family", jax_cases.FAMILIES)
def test_primitives_equal_jax(family, tmp_path, one_phase):
    compare(family, tmp_path)


def compare(family, tmp_path):
    function, args = jax_cases.family(family)
    files = Files(tmp_path, function, args)
    ours = files.results()
    wanted, _ = jax.tree_util.tree_flatten_with_path(jax.jit(function)(*args))
    assert len(ours) == len(wanted)
    found = {jax.tree_util.keystr(path): difference(a, b)
             for a, (path, b) in zip(ours, wanted, strict=True)}
    assert {case: what for case, what in found.items() if what} == {}


@pytest.mark.slow
def test_bits_before_jax_0_5_equal_jax(tmp_path):
    with jax.threefry_partitionable(False):
        compare("random", tmp_path)


def lines(text: str, first: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith(f"{first} ")]


@pytest.fixture(scope="module", params=["jax_mlp", "jax_rnn", "jax_cnn", "jax_transformer"])
def model(request, tmp_path_factory):
    function, args = getattr(jax_models, request.param)()
    return Files(tmp_path_factory.mktemp(request.param), function, args, grad=True)


def test_outputs_and_gradients_equal_jax(model):
    ours = dict(zip(model.exported.results, model.results(), strict=True))
    values = jax.tree_util.tree_leaves(jax.jit(jax.value_and_grad(model.function))(*model.args))
    wanted = dict(zip(model.exported.results, values, strict=True))
    largest = max(float(np.max(np.abs(g))) for n, g in wanted.items() if n.endswith(".grad"))
    for name in [n for n in wanted if n.endswith(ROUNDING)]:
        assert np.max(np.abs(ours.pop(name))) <= 1e-6 * largest
    assert {n: what for n in ours if (what := difference(ours[n], wanted[n]))} == {}


def test_hcb_run_compares_within_a_tolerance(model, tmp_path):
    """All gradients, those that are rounding too: they are small beside the others."""
    expected = str(tmp_path / "expected")
    gradient = functools.wraps(model.function)(jax.value_and_grad(model.function))
    jax_real.RealStep(gradient, model.args, model.exported).write(None, None, expected)
    command = ["run", model.graph, *model.data, "--iterations", "1", "--warmup", "0",
               "--expect", expected]
    (verified,) = lines(hcb_run(*command, "--tolerance", "1e-5"), "verified")
    assert verified.endswith(f" equal {expected} within 1e-05 of their largest magnitudes")
    assert lines(hcb_run(*command, "--tolerance", "1e-12", code=6), "differs")


STRATEGIES = (["store-all"], ["interval-tree"], ["periodic", "--block-size", "4"])


def test_plans_give_the_same_bits_and_the_predicted_bytes(model, tmp_path):
    profile = model.profile(tmp_path)
    for strategy in STRATEGIES:
        text = hcb_run("run", model.graph, *model.data, "--costs", profile, "--verify", "--warmup",
                       "0", "--iterations", "1", "--strategy", *strategy)
        (verified,) = lines(text, "verified")
        assert verified.endswith(" equal store-all bit for bit")
        (measured,) = lines(text, "bytes")
        assert measured.endswith(" equal to the byte at every step")


def test_loops_in_segments_give_the_same_bits(tmp_path):
    function, args = jax_models.jax_rnn()
    found = {}
    for action in ("keep", "carry", "segment", "nested"):
        (tmp_path / action).mkdir()
        files = Files(tmp_path / action, function, args, grad=True, scan=action)
        found[action] = dict(zip(files.exported.results, files.results(), strict=True))
    for action in ("carry", "segment", "nested"):
        assert found[action].keys() == found["keep"].keys()
        assert all(np.array_equal(found[action][n], found["keep"][n]) for n in found["keep"])


@pytest.mark.slow
def test_adamw_updates_its_arguments_as_jax_does(tmp_path):
    """Parameters and both moments, in the memory of the donated arguments, bit for bit by plans."""
    function, args = jax_models.jax_adamw()
    files = Files(tmp_path, function, args, donate=(0, 1))
    profile = files.profile(tmp_path)
    ours = dict(zip(files.exported.results, files.results("--costs", profile, "--verify",
                                                          "--strategy", "periodic"), strict=True))
    paths, _ = jax.tree_util.tree_flatten_with_path(jax.jit(function)(*args))
    found = {jax.tree_util.keystr(path): difference(ours[name], wanted)
             for name, (path, wanted) in zip(ours, paths, strict=True)}
    bad = {path: what for path, what in found.items() if what}
    assert all("'key']['bias']" in path for path in bad), bad


def test_primitives_that_are_missing_are_all_listed(tmp_path):
    function, args = jax_models.while_loop()
    exported = jax_capture.capture(
        lambda w: jax.lax.igamma(w, w) + function(w) + jax.lax.igamma(w + 1, w), args)
    path = tmp_path / "step.hcb"
    path.write_bytes(exported.data)
    text = hcb_run("run", str(path), code=3)
    assert "2 ops are not available here: igamma (2 nodes, first 'igamma'), while (1 nodes" in text
