"""Prints README's table: strategies x models, as `hcb plan` writes them.

    python3 experiments/strategies.py build/release/bin/hcb

Peak and extra time come from the plan files, the memory lower bound from `hcb analyze`. Standard
library only; the numbers depend on the models and the device profile alone, not on the machine.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
MODELS = {
    "ResNet-50, batch 64": ["resnet50.onnx", "--dim", "batch=64"],
    "GPT-2, 8 x 1024": ["gpt2.onnx", "--dim", "batch=8", "--dim", "seq=1024"],
    "U-Net (SD 1.x), batch 4": ["unet.onnx", "--dim", "batch=4"],
}
ROWS = {
    "store-all": ["--strategy", "store-all"],
    "periodic": ["--strategy", "periodic"],
    "interval-tree": ["--strategy", "interval-tree"],
    "revolve": ["--strategy", "revolve"],
    "chain-dp, half the peak": ["--strategy", "chain-dp", "--memory-budget", "50%"],
}
GIB = 1 << 30


def run(hcb: str, *arguments: str) -> str:
    """Standard output of hcb, which must succeed."""
    return subprocess.run(
        [hcb, *arguments], check=True, capture_output=True, text=True, cwd=EXAMPLES
    ).stdout


def row(hcb: str, model: list[str], name: str, bound: int) -> str:
    """One line of the table."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "plan.json")
        run(hcb, "plan", *model, *ROWS[name], "-o", path)
        plan = json.loads(Path(path).read_text())
    peak, extra, base = plan["peak_bytes"], plan["extra_time_ns"], plan["base_time_ns"]
    return (
        f"{name} | {peak / GIB:.2f} GiB | {100 * peak / plan['base_peak_bytes']:.0f} % "
        f"| +{100 * extra / base:.1f} % | {peak / bound:.2f}"
    )


def main() -> None:
    """The whole table."""
    hcb = str(Path(sys.argv[1]).resolve())
    print("| model | strategy | peak | of base peak | extra time | memory ratio |")
    print("|---|---|---|---|---|---|")
    for name, model in MODELS.items():
        report = json.loads(run(hcb, "analyze", *model, "--format", "json"))
        for strategy in ROWS:
            print(f"| {name} | {row(hcb, model, strategy, report['bound']['bytes'])} |")


if __name__ == "__main__":
    main()
