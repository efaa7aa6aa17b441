"""The messages of hcb.v1, made from proto/hcb/v1/graph.proto.

An installed package carries the compiled schema (setup.py); in the work tree protoc is asked, so
that nothing generated is kept and nothing can be out of date.
"""

from __future__ import annotations

import pathlib
import subprocess

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from .errors import ExportError

_HERE = pathlib.Path(__file__).resolve().parent
_COMPILED = _HERE / "graph.binpb"
_PROTO = _HERE.parent.parent / "proto"
_FILE = "hcb/v1/graph.proto"


def _compile() -> bytes:
    command = ["protoc", f"-I{_PROTO}", "--descriptor_set_out=/dev/stdout", _FILE]
    try:
        return subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    except FileNotFoundError:
        raise ExportError("protoc is not installed; run: tools/setup core") from None


def _load() -> descriptor_pool.DescriptorPool:
    data = _COMPILED.read_bytes() if _COMPILED.exists() else _compile()
    pool = descriptor_pool.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString(data).file:
        pool.Add(file)
    return pool


_pool = _load()


def _message(name: str):
    return message_factory.GetMessageClass(_pool.FindMessageTypeByName(f"hcb.v1.{name}"))


def _numbers(name: str) -> dict[str, int]:
    """Numbers of an enum by name without its prefix: {"FORWARD": 1, …}."""
    values = _pool.FindEnumTypeByName(f"hcb.v1.{name}").values
    return {value.name.split("_", 1)[1]: value.number for value in values}


Graph = _message("Graph")
Argument = _message("Argument")
DTYPE = _numbers("DType")
DIALECT = _numbers("Dialect")
ROLE = _numbers("Role")
PHASE = _numbers("Phase")
REPLAY = _numbers("Replay")
EFFECT = _numbers("Effect")
REGION_KIND = _numbers("RegionKind")
VERSION = (1, 3)  # of what is written
