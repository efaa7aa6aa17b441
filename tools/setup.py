"""Compiles proto/hcb/v1/graph.proto into the package; everything else is in pyproject.toml."""

import pathlib
import subprocess

from setuptools import setup
from setuptools.command.build_py import build_py

PROTO = pathlib.Path(__file__).resolve().parent.parent / "proto"


class BuildWithSchema(build_py):
    def run(self):
        super().run()
        target = pathlib.Path(self.build_lib) / "hcb_tools" / "graph.binpb"
        subprocess.run(
            ["protoc", f"-I{PROTO}", f"--descriptor_set_out={target}", "hcb/v1/graph.proto"],
            check=True,
        )


setup(cmdclass={"build_py": BuildWithSchema})
