"""`hcb-run` as a person uses it: runs, profiles, comparisons, and what it says to bad input.

Steps, weights and inputs are those of tests/data/steps; contents that no file gives are seeded.
Without LibTorch the program is there too, and says what it lacks.
"""

import json
import os
import struct
import subprocess
from pathlib import Path

from harness import SOURCE, Run, expect, expect_in, hcb, main

HCB_RUN = os.environ["HCB_RUN"]
WITH_TORCH = os.environ["HCB_WITH_TORCH"] == "1"
STEPS = SOURCE / "tests" / "data" / "steps"
MLP, CNN, GPT, LSTM = (STEPS / f"{name}.hcb" for name in ("mlp", "cnn", "gpt_tiny", "lstm"))


def hcb_run(*args: object) -> Run:
    done = subprocess.run([HCB_RUN, *map(str, args)], capture_output=True, timeout=120, check=False)
    return Run(done.returncode, done.stdout.decode(), done.stderr.decode())


def expect_error(run: Run, code: int, message: str, help_text: str | None = None) -> None:
    wanted = f"hcb-run: error: {message}\n" + (f"help: {help_text}\n" if help_text else "")
    expect("exit code and error", (run.code, run.err), (code, wanted))
    expect("standard output", run.out, "")


def report_of(*args: object, code: int = 0) -> dict:
    run = hcb_run(*args, "--format", "json")
    expect("exit code", (run.code, run.err), (code, ""))
    return json.loads(run.out)


def profile_of(step: Path, tmp: Path, *args: object) -> Path:
    path = tmp / f"{step.stem}.profile.json"
    run = hcb_run("profile", step, "-o", path, *(args or ("--threads", 1)))
    expect("profile", (run.code, run.err), (0, ""))
    return path


def tensors_in(path: Path) -> dict:
    data = path.read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    return {n: e for n, e in json.loads(data[8 : 8 + length]).items() if n != "__metadata__"}


def write_tensors(path: Path, tensors: dict, cut: int = 0) -> None:
    """name -> (dtype, shape, bytes)."""
    header, body = {}, b""
    for name, (dtype, shape, data) in tensors.items():
        header[name] = {
            "dtype": dtype,
            "shape": shape,
            "data_offsets": [len(body), len(body) + len(data)],
        }
        body += data
    text = json.dumps(header).encode()
    whole = struct.pack("<Q", len(text)) + text + body
    path.write_bytes(whole[: len(whole) - cut])


# -------------------------------------------------------------------------------------------------
# What it does


def test_every_strategy_leaves_the_bits_of_store_all_and_the_bytes_predicted(tmp: Path) -> None:
    for step in (MLP, CNN, GPT, LSTM):
        profile = profile_of(step, tmp)
        report = report_of("compare", step, "--costs", profile, "--iterations", 1)
        expect("threads of the profile", report["setting"]["threads"], 1)
        names = [plan["plan"] for plan in report["plans"]]
        expect("plans", names, ["store-all", "periodic", "interval-tree", "store-all"])
        for plan in report["plans"]:
            check, memory = plan["verifications"][0], plan["memory"]
            what = f"{step.stem} {plan['plan']}"
            expect(what, (check["equal"], check["differences"]), (True, []))
            expect("something was compared", check["gradients"] >= 2, True)
            expect(what, (memory["exact"], memory["differences"]), (True, []))
            expect("peak", memory["measured_peak"], memory["predicted_peak"])
            expect("steps", plan["time"]["steps"], 1)


def test_two_threads_leave_the_bits_of_store_all_too(tmp: Path) -> None:
    for step in (CNN, GPT):
        profile = profile_of(step, tmp, "--threads", 2)
        report = report_of("compare", step, "--costs", profile, "--iterations", 1)
        expect("threads of the profile", report["setting"]["threads"], 2)
        for plan in report["plans"]:
            memory = plan["memory"]
            expect(plan["plan"], plan["verifications"][0]["equal"], True)
            expect("after", memory["equal_after"], memory["steps"])


def test_a_limit_of_the_prediction_is_enough_and_one_byte_less_is_not(tmp: Path) -> None:
    for step in (CNN, GPT, LSTM):
        profile = profile_of(step, tmp)
        options = (step, "--costs", profile, "--strategy", "periodic", "--verify")
        peak = report_of(*options)["run"]["memory"]["predicted_peak"]
        report_of(*options, "--memory-limit", peak)
        run = hcb_run(*options, "--memory-limit", peak - 1)
        expect("exit code", (run.code, run.out), (4, ""))
        expect_in(
            "limit",
            f"exceed the limit of {peak - 1} bytes; the prediction for this step is {peak}",
            run.err,
        )
        expect_in("help", f"help: the plan's predicted peak is {peak} bytes\n", run.err)


def test_store_all_does_not_run_under_the_peak_of_a_plan(tmp: Path) -> None:
    profile = profile_of(LSTM, tmp)
    plan = tmp / "plan.json"
    made = hcb(
        "plan", LSTM, "--costs", profile, "--alignment", 1, "--strategy", "periodic", "-o", plan
    )
    expect("plan", (made.code, made.err), (0, ""))
    peak = json.loads(plan.read_text())["peak_bytes"]
    report = report_of(LSTM, "--plan", plan, "--memory-limit", peak, "--verify")
    expect("measured", report["run"]["memory"]["measured_peak"], peak)
    run = hcb_run(LSTM, "--costs", profile, "--memory-limit", peak)
    expect("store-all", (run.code, run.out), (4, ""))
    expect_in("store-all", "hcb-run: error: step ", run.err)


def test_without_a_profile_ops_with_workspace_are_named(_: Path) -> None:
    run = hcb_run(CNN, "--threads", 1)
    expect_in("label", "workspaces unknown: equal to the byte after every step", run.out)
    memory = report_of(CNN, "--threads", 1)["run"]["memory"]
    expect("label", memory["workspaces"], "unknown")
    ops = {op["op"]: op for op in memory["differences"]}
    expect("convolutions", ops["aten::convolution_backward"]["nodes"], 2)
    expect("all in workspace", {op["after"] for op in ops.values()}, {0})


def test_results_are_equal_to_themselves_and_not_to_others(tmp: Path) -> None:
    results = tmp / "results.safetensors"
    report_of(CNN, "--threads", 1, "--results", results)
    report = report_of(CNN, "--threads", 1, "--strategy", "interval-tree", "--expect", results)
    check = report["run"]["verifications"][0]
    expect("against the file", (check["against"], check["equal"]), (str(results), True))
    expect("tensors", check["outputs"] + check["states"], len(tensors_in(results)))
    report = report_of(CNN, "--threads", 1, "--seed", 1, "--expect", results, code=6)
    expect("other seed", report["run"]["verifications"][0]["equal"], False)


def test_compare_says_what_the_noise_is(_: Path) -> None:
    run = hcb_run("compare", LSTM, "--threads", 1, "--iterations", 2)
    expect_in("noise", "\nnoise       store-all again ", run.out)
    expect_in("label", "\npeaks are predicted without workspaces, which are unknown", run.out)


def test_compare_names_what_does_not_fit(tmp: Path) -> None:
    profile = profile_of(LSTM, tmp)
    plans = report_of("compare", LSTM, "--costs", profile, "--iterations", 1)["plans"]
    peak = plans[1]["memory"]["predicted_peak"]
    report = report_of(
        "compare", LSTM, "--costs", profile, "--memory-limit", peak, "--iterations", 1
    )
    expect_in("store-all", f"exceed the limit of {peak} bytes", report["plans"][0]["error"])
    expect("periodic", report["plans"][1]["error"], None)


def test_the_profile_is_read_by_hcb(tmp: Path) -> None:
    profile = profile_of(LSTM, tmp)
    report = json.loads(
        hcb("analyze", LSTM, "--costs", profile, "--alignment", 1, "--format", "json").out
    )
    measured = report_of(LSTM, "--costs", profile)["run"]["memory"]["measured_peak"]
    expect("peak", report["base"]["peak"], measured)
    expect("costs", report["estimates"]["costs"], str(profile))
    run = hcb("plan", LSTM, "--costs", profile, "--block-size", 2, "-o", tmp / "p.json")
    expect_in("text", f"measured: {profile}", run.out)
    expect("check", hcb("check", LSTM, tmp / "p.json").code, 0)
    moved = tmp / "moved.json"
    profile.rename(moved)
    expect("moved", hcb("check", LSTM, tmp / "p.json").code, 3)
    expect("found", hcb("check", LSTM, tmp / "p.json", "--costs", moved).code, 0)


# -------------------------------------------------------------------------------------------------
# Bad input


def test_plan_of_another_graph(tmp: Path) -> None:
    plan = tmp / "mlp.json"
    hcb("plan", MLP, "--block-size", 2, "-o", plan)
    run = hcb_run(LSTM, "--plan", plan)
    expect("code", (run.code, run.out), (3, ""))
    expect_in("error", f"hcb-run: error: {plan}: made for another graph: ", run.err)
    expect_in("help", "help: plan this one: hcb plan GRAPH -o PLAN\n", run.err)


def test_graph_newer_than_the_program(tmp: Path) -> None:
    newer = tmp / "newer.hcb"
    data = bytearray(MLP.read_bytes())
    expect("major version", (data[0], data[2], data[3]), (0x0A, 0x08, 1))
    data[3] = 2
    newer.write_bytes(data)
    run = hcb_run(newer)
    expect("code", (run.code, run.out), (3, ""))
    expect_in("error", f"hcb-run: error: {newer}: ", run.err)
    expect_in("versions", "2.", run.err)


def test_corrupted_graph(tmp: Path) -> None:
    cut = tmp / "cut.hcb"
    cut.write_bytes(MLP.read_bytes()[:-3])
    expect_error(
        hcb_run(cut),
        3,
        f"{cut}: damaged or truncated: protobuf cannot read it as hcb.v1.Graph",
        "export one with hcb_tools",
    )


def test_an_onnx_model_is_no_step(_: Path) -> None:
    model = SOURCE / "tests" / "data" / "models" / "mlp.onnx"
    expect_error(
        hcb_run(model),
        3,
        f"{model}: no step in the format hcb.v1",
        "export one with hcb_tools; ONNX models can be planned, not run",
    )


def test_missing_weights_are_all_listed(tmp: Path) -> None:
    weights = tmp / "w.safetensors"
    write_tensors(weights, {"other": ("F32", [1], b"\0\0\0\0")})
    results = tmp / "results.safetensors"
    names = [f"'{name}'" for name in weight_names(results)]
    expect_error(
        hcb_run(MLP, "--weights", weights),
        3,
        f"{weights}: no contents for {', '.join(names)}",
        "export the step and its files again, together, or leave out --weights: then "
        "contents are made from a seed",
    )


def weight_names(results: Path) -> list[str]:
    """Parameters of the MLP, by the gradients it leaves, in the order of the graph."""
    run = hcb_run(MLP, "--results", results)
    expect("results", (run.code, run.err), (0, ""))
    return [n.removesuffix(".grad") for n in tensors_in(results) if n.endswith(".grad")]


def test_weights_of_another_shape_or_type(tmp: Path) -> None:
    weights = tmp / "w.safetensors"
    grads = {n: e for n, e in shapes_of_weights(tmp).items()}
    first = sorted(grads)[0]
    tensors = {
        n: (e["dtype"], e["shape"], b"\0" * (e["data_offsets"][1] - e["data_offsets"][0]))
        for n, e in grads.items()
    }
    shape = tensors[first][1]
    text = "x".join(map(str, shape))
    tensors[first] = ("F64", [*shape, 1], b"\0" * 8 * (len(tensors[first][2]) // 4))
    write_tensors(weights, tensors)
    expect_error(
        hcb_run(MLP, "--weights", weights),
        3,
        f"{weights}: '{first}' is float64 {text}x1, the graph wants float32 {text}",
        "export the step and its files again, together",
    )


def shapes_of_weights(tmp: Path) -> dict:
    results = tmp / "results.safetensors"
    weight_names(results)
    return {
        n.removesuffix(".grad"): e for n, e in tensors_in(results).items() if n.endswith(".grad")
    }


def test_truncated_weights(tmp: Path) -> None:
    weights = tmp / "w.safetensors"
    write_tensors(weights, {"a": ("F32", [4], b"\0" * 16)}, cut=6)
    expect_error(
        hcb_run(MLP, "--weights", weights),
        3,
        f"{weights}: tensor 'a': its data are bytes 0 to 16 of 10: the file is damaged or cut off",
    )
    weights.write_bytes(b"\x40\0\0\0\0\0\0\0{}")
    expect_error(
        hcb_run(MLP, "--weights", weights),
        3,
        f"{weights}: cut off: the header has 64 bytes, the file 10",
    )
    weights.write_bytes(b"PK\x03\x04 a zip archive")
    expect_error(
        hcb_run(MLP, "--weights", weights),
        3,
        f"{weights}: no safetensors file: it begins with no length of a header",
    )


def test_cuda_where_there_is_none(_: Path) -> None:
    run = hcb_run(MLP, "--device", "cuda")
    if run.code == 0:
        return  # there is one
    expect("code", (run.code, run.out), (3, ""))
    expect_in("error", "hcb-run: error: ", run.err)
    expect_in("what", "CUDA", run.err)


def test_an_unknown_device(_: Path) -> None:
    run = hcb_run(MLP, "--device", "tpu")
    expect("code", (run.code, run.out), (3, ""))
    expect_in("what", "tpu", run.err)


def test_profile_of_another_thread_count(tmp: Path) -> None:
    profile = profile_of(MLP, tmp)
    expect_error(
        hcb_run(MLP, "--costs", profile, "--threads", 2),
        3,
        f"{profile}: measured with 1 thread; this run has 2",
        "measure again: hcb-run profile GRAPH -o PROFILE",
    )


def test_profile_of_another_graph_and_damaged_ones(tmp: Path) -> None:
    profile = profile_of(MLP, tmp)
    for run in (hcb_run(CNN, "--costs", profile), hcb("analyze", CNN, "--costs", profile)):
        expect("code", (run.code, run.out), (3, ""))
        expect_in("error", f": error: {profile}: measured on another graph: node ", run.err)
    text = profile.read_text()
    profile.write_text(text.replace('"threads": 1', '"threads": -1'))
    expect_error(
        hcb_run(MLP, "--costs", profile), 3, f"{profile}: threads: -1 is out of range (1 … 65536)"
    )
    profile.write_text(text[: len(text) // 2])
    run = hcb_run(MLP, "--costs", profile)
    expect("code", (run.code, run.out), (3, ""))
    expect_in("error", f"hcb-run: error: {profile}: byte ", run.err)
    expect_error(
        hcb_run(MLP, "--costs", tmp / "none.json"),
        3,
        f"{tmp / 'none.json'}: cannot be read: No such file or directory",
        "give a profile that `hcb-run profile -o` wrote",
    )


def test_ops_that_the_process_has_not_are_all_listed(tmp: Path) -> None:
    data = MLP.read_bytes()
    for old, new in ((b"aten::mm", b"aten::mn"), (b"aten::t", b"aten::q")):
        expect("op is there", old in data, True)
        data = data.replace(old, new)
    odd = tmp / "odd.hcb"
    odd.write_bytes(data)
    run = hcb_run(odd)
    expect("code", (run.code, run.out), (3, ""))
    for op in ("aten::mn", "aten::q"):
        expect_in("op", op, run.err)


def test_usage(_: Path) -> None:
    expect_error(
        hcb_run(MLP, "--itertions", 3),
        2,
        "unknown option '--itertions', did you mean '--iterations'?",
        "hcb-run run --help lists the options",
    )
    expect_error(
        hcb_run("profile", MLP),
        2,
        "profile needs -o PROFILE",
        "hcb-run profile --help lists the options",
    )
    expect_error(
        hcb_run(MLP, "--iterations", 0),
        2,
        "--iterations '0': expected a whole number from 1 to 1000000",
    )
    expect_error(
        hcb_run(MLP, "--plan", "p.json", "--strategy", "periodic"),
        2,
        "--plan and --strategy: give one of them",
        "hcb-run run --help lists the options",
    )
    expect_error(
        hcb_run(MLP, "--memory-limit", "8G"),
        2,
        "--memory-limit: size '8G': 'G' is ambiguous, write GiB or GB",
        "write 8GiB (2^30), 8GB (10^9) or plain bytes, e.g. 8589934592",
    )
    expect("help", hcb_run("--help").code, 0)


def test_outputs_are_opened_before_work(tmp: Path) -> None:
    for option in ("-o", "--results"):
        run = hcb_run(MLP, option, tmp / "no" / "folder.json")
        expect("code", (run.code, run.out), (5, ""))


# -------------------------------------------------------------------------------------------------


def test_without_torch_one_sentence(_: Path) -> None:
    expect_error(
        hcb_run(MLP),
        3,
        "this hcb-run was built without LibTorch and cannot run a step",
        "tools/setup torch installs it; then configure and build again",
    )


if __name__ == "__main__":
    only = "test_without_torch_one_sentence"
    main(
        {
            n: f
            for n, f in globals().items()
            if not n.startswith("test_") or (n == only) != WITH_TORCH
        }
    )
