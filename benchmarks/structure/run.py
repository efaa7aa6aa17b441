"""Reading the structure of ONNX models of 2 GiB and more, beside `onnx.load` in the same run.

    python benchmarks/structure/run.py build/release/bin/structure [FOLDER]

Writes three models of 8,000 nodes, 8,000 declared shapes and 200 weights into a temporary folder
(in FOLDER, about 8 GB): one file just under 2 GiB, which protobuf can still read; one of 3 GiB,
which it cannot; one with its 2.5 GiB of weights outside. Files are warm: each is read once before.
Every reader runs in a process of its own, three times for `onnx.load`, 21 for hcb. Needs a Python
with onnx.
"""

from __future__ import annotations

import pathlib
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests" / "e2e"))
from onnx_writer import FLOAT, block, node, number, value_info, varint

NODES, WEIGHTS, MIB = 8_000, 200, 1 << 20
# Wall time in microseconds and the most memory that was resident, in KiB.
LOAD = """
import re, sys, time, onnx
start = time.perf_counter()
model = onnx.load(sys.argv[1], load_external_data=sys.argv[2] == "all")
took = time.perf_counter() - start
most = re.search(r"VmHWM:\\s*(\\d+)", open("/proc/self/status").read()).group(1)
print(int(took * 1e6), most, len(model.graph.node), len(model.graph.initializer))
"""


def initializer(i: int, elements: int, *, outside: bool) -> tuple[bytes, int]:
    """A tensor up to where its contents stand, and how many bytes follow."""
    head = number(1, elements) + number(2, FLOAT) + block(8, f"layer.{i}.weight")
    size = 4 * elements
    if outside:
        entries = (
            ("location", "weights.data"),
            ("offset", str(i * size)),
            ("length", str(size)),
        )
        head += b"".join(block(13, block(1, k) + block(2, v)) for k, v in entries)
        return varint(5 << 3 | 2) + varint(len(head) + 2) + head + number(14, 1), 0
    head += varint(9 << 3 | 2) + varint(size)
    return varint(5 << 3 | 2) + varint(len(head) + size) + head, size


def write(path: pathlib.Path, total: int, *, outside: bool = False) -> None:
    """A chain of Add nodes; the weights take `total` bytes together."""
    elements = total // WEIGHTS // 4
    tensors = [initializer(i, elements, outside=outside) for i in range(WEIGHTS)]
    structure = []
    at = "x"
    for i in range(NODES):
        weight = f"layer.{i % WEIGHTS}.weight"
        label = f"/model/layers.{i}/attention/Add"
        structure.append(block(1, node("Add", [at, weight], [f"h{i}"], name=label)))
        structure.append(block(13, value_info(f"h{i}", ["batch", elements])))
        at = f"h{i}"
    structure.append(block(11, value_info("x", ["batch", elements])))
    structure.append(block(12, value_info(at, ["batch", elements])))
    rest = block(2, "graph") + b"".join(structure)
    graph = len(rest) + sum(len(head) + size for head, size in tensors)
    with path.open("wb") as file:
        file.write(number(1, 10) + block(8, block(1, "") + number(2, 20)))
        file.write(varint(7 << 3 | 2) + varint(graph))
        for head, size in tensors:
            file.write(head)
            for start in range(0, size, MIB):
                file.write(b"\x3c" * min(MIB, size - start))
        file.write(rest)
    if outside:
        with (path.parent / "weights.data").open("wb") as file:
            for _ in range(4 * elements * WEIGHTS // MIB + 1):
                file.write(b"\x3c" * MIB)


def warm(folder: pathlib.Path) -> None:
    for path in folder.iterdir():
        with path.open("rb") as file:
            while file.read(64 * MIB):
                pass


def run(command: list[str]) -> list[int] | None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return [int(word) for word in done.stdout.split()] if done.returncode == 0 else None


def row(name: str, reader: str, results: list[list[int] | None]) -> None:
    good = [r for r in results if r is not None]
    if not good:
        print(f"| {name} | {reader} | refused | |")
        return
    took = statistics.median(r[0] for r in good) / 1000
    most = statistics.median(r[1] for r in good) / 1024
    print(f"| {name} | {reader} | {took:,.1f} ms | {most:,.0f} MiB |", flush=True)


def measure(structure: str, name: str, folder: pathlib.Path) -> None:
    warm(folder)
    path = str(folder / "model.onnx")
    row(name, "hcb", [run([structure, path, "21"])])
    whole = [run([sys.executable, "-c", LOAD, path, "all"]) for _ in range(3)]
    row(name, "onnx.load", whole)
    if (folder / "weights.data").exists():
        bare = [run([sys.executable, "-c", LOAD, path, "structure"]) for _ in range(3)]
        row(name, "onnx.load(load_external_data=False)", bare)


def main() -> None:
    parent = sys.argv[2] if len(sys.argv) > 2 else None
    print("| model | reader | time | resident |\n|---|---|---|---|")
    for name, total, outside in (
        ("one file of 1.99 GiB", 2_138_000_000, False),
        ("one file of 3.0 GiB", 3 << 30, False),
        ("weights of 2.5 GiB outside", 5 << 29, True),
    ):
        with tempfile.TemporaryDirectory(dir=parent) as folder:
            write(pathlib.Path(folder) / "model.onnx", total, outside=outside)
            measure(sys.argv[1], name, pathlib.Path(folder))


if __name__ == "__main__":
    main()
