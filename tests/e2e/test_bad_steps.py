"""Step files that lie: each is refused in one line that names node or value and the field."""

from pathlib import Path

from harness import SOURCE, expect, expect_in, hcb, main

CORPUS = SOURCE / "tests" / "fuzz" / "corpus" / "hcb"

MESSAGES = {
    "backwards": "node 't_8' (aten::t): field inputs_plus_one[0]: 't_7' is made by no node before",
    "body_inputs": "node 'scan' (scan): field bodies[0]: 4 consts, 2 carries and 1 xs, but 6",
    "body_reads_nothing": "node 'scan' (scan): field bodies[0]: node 'add.1' (add): field inputs",
    "data_of_parameter": "value '0.weight': field data: given for ROLE_PARAMETER",
    "donated_twice": "node '_log_softmax': output 0 takes the storage of two inputs",
    "edge_to_itself": "field order_edges[0]: 5 before 5 of 25 nodes: out of range, or against",
    "empty_graph": "field dialect: DIALECT_UNSPECIFIED; this version reads DIALECT_ATEN",
    "endless_loop": "node 'scan' (scan): FLOPs, bytes or time of its bodies exceed 63 bits",
    "endless_time": "node 'tanh' (aten::tanh): field cost.time_ns: 9223372036854775807 ns, with",
    "far_strides": "value '0.weight': field storage: 512 bytes hold no float32 of shape 16x8",
    "forward_behind": "node 'tanh' (aten::tanh): field forward_plus_one: 20 is no forward node",
    "loop": "node 't' (aten::t): field bodies[0]: only nodes of DIALECT_JAX have bodies",
    "loss_is_no_output": "field loss_plus_one: '0.weight' is no output",
    "made_twice": "node 't_1' (aten::t): field outputs[0]: 'tanh' is made by node 'tanh' already",
    "negative_storage": "storage 3: field bytes: -8 is negative",
    "newer_major": "hcb.v1 graph of version 2.1; this program reads 1.3 and its minor versions",
    "no_gradients": "field outputs: the graph has backward nodes, but none of its outputs has ROLE",
    "overflow": "value '0.weight': field shape: more than 2^63 elements",
    "phases_mixed": "node 'addmm' (aten::addmm): field phase: PHASE_FORWARD, but it reads 't' of",
    "replay_unsaid": "node 't' (aten::t): field replay: REPLAY_UNSPECIFIED",
    "short_storage": "value '0.weight': field storage: 3 bytes hold no float32 of shape 16x8",
    "sizes_of_no_output": "node 'addmm' (aten::addmm): field cost.output_storage_bytes: 7 sizes",
    "text": "no hcb.v1 graph: it does not begin with its version",
    "truncated": "damaged or truncated: protobuf cannot read it as hcb.v1.Graph",
    "unknown_storage": "value '0.weight': field storage: 4000000000 of 21 storages",
    "unknown_value": "node 't_1' (aten::t): field inputs_plus_one[0]: 4000000000 of 32 values",
    "view_of_itself": "value 't_1': field view_of_plus_one: a view of 't_1', which shares no",
    "writes_nothing": "node 't' (aten::t): field writes[0]: input 9 is not there",
}
READ = {"deep_list", "jax_loop", "lstm", "many_writes", "mlp", "nested_loops", "newer_minor",
        "resolved"}


def test_every_bad_file_is_refused_in_one_line(_: Path) -> None:
    for name, message in MESSAGES.items():
        path = CORPUS / f"{name}.hcb"
        run = hcb("analyze", path)
        expect(name, (run.code, run.out), (3, ""))
        expect_in(name, f"hcb: error: {path}: {message}", run.err)
        expect(f"{name}: lines of the message", len(run.err.splitlines()) <= 2, True)


def test_what_is_only_odd_is_read(_: Path) -> None:
    for name in sorted(READ):
        run = hcb("analyze", CORPUS / f"{name}.hcb")
        expect(name, (run.code, run.err), (0, ""))


def test_the_corpus_is_named_here(_: Path) -> None:
    expect("files", {path.stem for path in CORPUS.iterdir()}, READ | set(MESSAGES))


if __name__ == "__main__":
    main(globals())
