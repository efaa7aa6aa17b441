"""Lets the tests import the scripts beside this folder; they need `tools/setup torch`."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
