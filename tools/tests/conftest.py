"""Lets the tests import the scripts beside this folder; they need `tools/setup torch`."""

import pathlib
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
torch.set_num_threads(1)  # bits depend on it, and tests run side by side
