"""Compiles proto/hcb/v1/graph.proto into the package; with HCB_BINARY, packs that program too.

A wheel with the program fits any Linux of its machine, with any C library and any Python 3;
everything else is in pyproject.toml.
"""

import os
import pathlib
import platform
import subprocess

from setuptools import Distribution, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_py import build_py

HERE = pathlib.Path(__file__).resolve().parent
PROTO = pathlib.Path(os.environ.get("HCB_PROTO", HERE.parent / "proto"))
BINARY = os.environ.get("HCB_BINARY")


class BuildWithSchema(build_py):
    def run(self):
        super().run()
        target = pathlib.Path(self.build_lib) / "hcb_tools" / "graph.binpb"
        subprocess.run(
            ["protoc", f"-I{PROTO}", f"--descriptor_set_out={target}", "hcb/v1/graph.proto"],
            check=True,
        )


class StaticProgramWheel(bdist_wheel):
    def get_tag(self):
        if not BINARY:
            return super().get_tag()
        machine = platform.machine()
        return "py3", "none", f"manylinux_2_17_{machine}.musllinux_1_1_{machine}"


class WithProgram(Distribution):
    def has_ext_modules(self):
        return bool(BINARY)


setup(
    cmdclass={"build_py": BuildWithSchema, "bdist_wheel": StaticProgramWheel},
    distclass=WithProgram,
    data_files=[("bin", [BINARY])] if BINARY else [],
)
