"""tools/package: three packages of one build, the same bytes twice, each installed into a fresh
root and run there."""

import hashlib
import os
import subprocess
import sys
import tarfile
from pathlib import Path

from harness import HCB, SOURCE, expect, expect_in, main

BUILD = Path(HCB).parent.parent
MODEL = SOURCE / "tests" / "data" / "models" / "mlp.onnx"
COMMANDS = [
    ["analyze", "mlp.onnx", "--dim", "batch=8"],
    ["plan", "mlp.onnx", "--dim", "batch=8", "-o", "plan.json"],
    ["check", "mlp.onnx", "plan.json"],
    ["convert", "plan.json", "-o", "plan.pb"],
]


def run(*command: object, **more: object) -> str:
    done = subprocess.run([*map(str, command)], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False, timeout=200, **more)
    expect(" ".join(map(str, command)) + "\n" + done.stdout, done.returncode, 0)
    return done.stdout


def packages(out: Path, *forms: str) -> dict[str, Path]:
    run(SOURCE / "tools" / "package", "--build", BUILD, "--out", out, *forms)
    sums = [line.split() for line in (out / "SHA256SUMS").read_text().splitlines()]
    for digest, name in sums:
        expect(name, hashlib.sha256((out / name).read_bytes()).hexdigest(), digest)
    return {name.rsplit(".", 1)[1]: out / name for _, name in sums}


def run_in_root(root: Path, program: str) -> None:
    """In a root that holds nothing but the package: no C library, no shell."""
    work = root / "work"
    work.mkdir()
    (work / "mlp.onnx").write_bytes(MODEL.read_bytes())
    (root / "tmp").mkdir(exist_ok=True)

    def enter() -> None:
        if os.geteuid() == 0:
            os.chroot(root)
            os.chdir("/work")

    place = program if os.geteuid() == 0 else str(root) + program
    for command in COMMANDS:
        run(place, *command, cwd=work, preexec_fn=enter, env={})
    expect_in("version", "memory model 1\n", run(place, "--version", "-v", cwd=work,
                                                 preexec_fn=enter, env={}))


def test_the_same_build_gives_the_same_bytes(tmp: Path) -> None:
    first = packages(tmp / "first")
    second = packages(tmp / "second")
    expect("forms", sorted(first), ["deb", "gz", "whl"])
    for form, path in first.items():
        expect(form, path.read_bytes() == second[form].read_bytes(), True)
    check_archive(tmp / "tar", first["gz"])
    check_deb(tmp / "deb", first["deb"])
    check_wheel(tmp, first["whl"])


def check_archive(root: Path, path: Path) -> None:
    with tarfile.open(path) as archive:
        names = archive.getnames()
        expect("sorted", names, sorted(names))
        expect("owners", {(m.uid, m.gid, m.uname) for m in archive}, {(0, 0, "")})
        expect("one time", len({m.mtime for m in archive}), 1)
        archive.extractall(root, filter="data")
    top = names[0]
    for name in ("bin/hcb", "share/doc/hcb/LICENSE", "share/doc/hcb/copyright",
                 "share/man/man1/hcb.1", "share/bash-completion/completions/hcb",
                 "share/hcb/schema/plan.schema.json", "share/hcb/examples/gpt2.onnx"):
        expect(name, f"{top}/{name}" in names, True)
    notices = (root / top / "share/doc/hcb/copyright").read_text()
    for text in ("ONNX 1.", "Apache License", "Copyright (c) 2026 HiGHS",
                 "Boost Software License - Version 1.0", "GNU LESSER GENERAL PUBLIC LICENSE",
                 "GCC RUNTIME LIBRARY EXCEPTION", "2008-2021 Google Inc."):
        expect(f"notices have {text}", text.lower() in notices.lower(), True)
    run_in_root(root, f"/{top}/bin/hcb")


def check_deb(root: Path, path: Path) -> None:
    control = run("dpkg-deb", "--field", path)
    expect("a static program depends on nothing", "Depends" in control, False)
    expect_in("package", "Package: hcb\n", control)
    root.mkdir()
    run("dpkg", "-x", path, root)
    run_in_root(root, "/usr/bin/hcb")


def check_wheel(tmp: Path, path: Path) -> None:
    expect_in("tag", "-py3-none-manylinux", path.name)
    bin_dir = tmp / "venv" / "bin"
    run(sys.executable, "-m", "venv", tmp / "venv")
    run(bin_dir / "pip", "install", "--no-index", "--disable-pip-version-check", "--quiet", path)
    work = tmp / "work"
    work.mkdir()
    (work / "mlp.onnx").write_bytes(MODEL.read_bytes())
    for command in COMMANDS:
        run("hcb", *command, cwd=work, env={"PATH": str(bin_dir)})
    where = "import hcb_tools, pathlib; print(pathlib.Path(hcb_tools.__file__).parent)"
    site = Path(run(bin_dir / "python", "-c", where, cwd=work, env={}).strip())
    expect("the schema came along", (site / "graph.binpb").stat().st_size > 1000, True)
    export = subprocess.run([bin_dir / "hcb-export-fx", "--help"], env={}, text=True,
                            capture_output=True, check=False)
    expect("the exporter without torch", (export.returncode, export.stderr), (
        3, "hcb-export-fx: error: torch is not installed\nhelp: pip install 'hcb[torch]'\n"))


if __name__ == "__main__":
    main(globals())
