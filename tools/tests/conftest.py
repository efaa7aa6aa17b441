"""Lets the tests import the scripts beside this folder; they need `tools/setup torch`, and those of
jax `tools/setup jax`."""

import importlib.util
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
if importlib.util.find_spec("torch"):
    import torch

    torch.set_num_threads(1)  # bits depend on it, and tests run side by side


def pytest_addoption(parser):
    parser.addoption("--slow", action="store_true", help="also the tests marked slow")


def pytest_configure(config):
    config.addinivalue_line("markers", "slow: takes longer than every change can wait for")


def pytest_collection_modifyitems(config, items):
    if not config.getoption("--slow"):
        for item in items:
            if item.get_closest_marker("slow"):
                item.add_marker(pytest.mark.skip(reason="slow: run with --slow"))
