"""`hcb convert`: what goes there and back, what is refused, and lists of executions as plans."""

import json
import subprocess
from pathlib import Path

from harness import EXAMPLES, HCB, LIGHT, SOURCE, expect, expect_error, expect_in, hcb, main

STEPS = SOURCE / "tests" / "data" / "steps"
FORMS = "a plan becomes .json or .pb; a graph becomes .hcb or .json; nothing becomes ONNX"
BOUNDED = [STEPS / "unet.hcb", "--memory-budget", "80%", "--effort", "fast"]
GPT2 = [EXAMPLES / "gpt2.onnx", "--dim", "batch=2", "--dim", "seq=64"]


def done(*args: object) -> str:
    run = hcb(*args)
    expect("code", (run.code, run.err), (0, ""))
    return run.out


def test_plans_go_to_protobuf_and_back(tmp: Path) -> None:
    plan, pb, again = tmp / "plan.json", tmp / "plan.pb", tmp / "again.json"
    for arguments in ([*GPT2, "--block-size", 8], BOUNDED):
        done("plan", *arguments, "-o", plan)
        done("plan", *arguments, "-o", tmp / "planned.pb")
        expect_in("said", f"{pb} plan of ", done("convert", plan, "-o", pb))
        done("convert", pb, "-o", again)
        expect("the same JSON", again.read_text(), plan.read_text())
        expect("checked", hcb("check", arguments[0], again).code, 0)
        expect("as the planner writes it", pb.read_bytes(), (tmp / "planned.pb").read_bytes())


def test_a_proof_beside_the_plan_goes_with_it(tmp: Path) -> None:
    plan, apart, beside = tmp / "plan.json", tmp / "apart.json", tmp / "apart.json.bound"
    done("plan", *BOUNDED, "-o", plan)
    text = plan.read_text()
    start = text.index(', "certificate":\n')
    end = text.index("},\n", start)
    beside.write_text(text[start:end].split("\n")[1] + "\n")
    apart.write_text(text[:start] + text[end:])
    expect("together again", done("convert", apart, "-o", "-"), text)
    done("convert", apart, "-o", tmp / "p.pb")
    expect("holds", hcb("check", BOUNDED[0], tmp / "p.pb").code, 0)
    beside.unlink()
    expect_error(hcb("convert", apart, "-o", tmp / "q.pb"), 3,
                 f"{beside}: cannot be read: the proof of the plan's bound is there",
                 "keep it beside the plan, in a file that may be read, or plan again")


def test_steps_go_to_json_and_back(tmp: Path) -> None:
    step, text, again = STEPS / "cnn.hcb", tmp / "cnn.json", tmp / "cnn.hcb"
    expect("said", done("convert", step, "-o", text),
           f"{text} hcb.v1 graph as JSON, 41 nodes, from {step}\n")
    expect("a graph", len(json.loads(text.read_text())["nodes"]), 41)
    done("convert", text, "-o", again)
    expect("the same bytes", again.read_bytes(), step.read_bytes())


def test_a_model_becomes_a_graph_that_is_planned_as_the_model_is(tmp: Path) -> None:
    graph, text, again = tmp / "gpt2.hcb", tmp / "gpt2.json", tmp / "again.hcb"
    done("convert", *GPT2, "-o", graph)
    done("convert", *GPT2, "-o", text)
    done("convert", text, "-o", again)
    expect("through JSON", again.read_bytes(), graph.read_bytes())
    done("plan", *GPT2, "--block-size", 8, "-o", tmp / "of_model.json")
    done("plan", graph, "--block-size", 8, "-o", tmp / "of_graph.json")
    of_model, of_graph = (json.loads((tmp / f"{n}.json").read_text()) for n in ("of_model",
                                                                              "of_graph"))
    of_model["options"].pop("dim")
    expect("the same plan", of_graph, of_model)
    expect("each holds for the other", hcb("check", graph, tmp / "of_graph.json").code, 0)


def test_a_forward_graph(tmp: Path) -> None:
    graph = tmp / "f.hcb"
    said = done("convert", LIGHT / "light_squeezenet.onnx", "--inference", "-o", graph)
    expect_in("said", ", no backward, from ", said)
    expect_in("planned", "inference", done("analyze", graph))


def test_standard_input_and_output(tmp: Path) -> None:
    done("plan", STEPS / "mlp.hcb", "-o", tmp / "p.json")
    plan = (tmp / "p.json").read_bytes()
    pipe = [HCB, "convert", "-", "-o", "-"]
    pb = subprocess.run([*pipe, "--format", "protobuf"], input=plan, capture_output=True,
                        check=True)
    back = subprocess.run(pipe, input=pb.stdout, capture_output=True, check=True)
    expect("a plan through pipes", back.stdout, plan)
    step = (STEPS / "mlp.hcb").read_bytes()
    text = subprocess.run(pipe, input=step, capture_output=True, check=True)
    back = subprocess.run([*pipe, "--format", "protobuf"], input=text.stdout, capture_output=True,
                          check=True)
    expect("a step through pipes", back.stdout, step)


def test_what_does_not_convert_is_refused_by_name(tmp: Path) -> None:
    done("plan", STEPS / "mlp.hcb", "-o", tmp / "p.json")
    expect_error(hcb("convert", tmp / "p.json", "-o", tmp / "p.hcb"), 2,
                 f"-o '{tmp / 'p.hcb'}': a plan has no such form", FORMS)
    expect_error(hcb("convert", STEPS / "mlp.hcb", "-o", tmp / "m.onnx"), 2,
                 f"-o '{tmp / 'm.onnx'}': a graph has no such form", FORMS)
    expect_error(hcb("convert", STEPS / "mlp.hcb", "-o", tmp / "m.pb"), 2,
                 f"-o '{tmp / 'm.pb'}': a graph has no such form", FORMS)
    expect_error(hcb("convert", STEPS / "mlp.hcb"), 2,
                 "convert needs -o: where to write, and by its extension what", FORMS)
    report = tmp / "report.json"
    report.write_text(done("analyze", STEPS / "mlp.hcb", "--format", "json"))
    expect_error(hcb("convert", report, "-o", tmp / "r.pb"), 3,
                 f'{report}: "format": "hcb-analysis": nothing converts that',
                 "give an ONNX model, an hcb.v1 graph, its JSON, or a plan")
    report.write_text("{}")
    expect_error(hcb("convert", report, "-o", tmp / "r.pb"), 3,
                 f'{report}: JSON without "format" or "version": nothing converts that',
                 "give an ONNX model, an hcb.v1 graph, its JSON, or a plan")
    expect("nothing is left behind", sorted(p.name for p in tmp.iterdir()),
           ["p.json", "report.json"])


def test_options_that_a_conversion_does_not_read(tmp: Path) -> None:
    run = hcb("convert", *GPT2, "--alignment", 1, "-o", tmp / "g.hcb")
    expect_error(run, 2,
                 "--alignment: a conversion does not plan: only --from-order reads this option",
                 "hcb plan and hcb analyze read it")
    run = hcb("convert", STEPS / "mlp.hcb", "--dim", "batch=2", "-o", tmp / "g.json")
    expect_error(run, 2, "--dim: IN is no ONNX model: it is converted as it is",
                 "hcb plan and hcb analyze read it")


def test_damaged_and_newer_files(tmp: Path) -> None:
    plan = tmp / "p.json"
    done("plan", STEPS / "mlp.hcb", "-o", plan)
    text = plan.read_text()
    plan.write_text(text[:100])
    run = hcb("convert", plan, "-o", tmp / "p.pb")
    expect("cut off", (run.code, run.err.startswith(f"hcb: error: {plan}: byte 100 ")), (3, True))
    plan.write_text(text.replace('"format_version": "1.', '"format_version": "2.', 1))
    run = hcb("convert", plan, "-o", tmp / "p.pb")
    expect("code", run.code, 3)
    expect_in("newer", f"hcb: error: {plan}: plan format 2.", run.err)
    expect("nothing written", (tmp / "p.pb").exists(), False)


def names_of(model: Path) -> list[str]:
    return [node["name"] for node in json.loads(done("show", model, "--format", "json"))["nodes"]]


def test_a_list_of_executions_becomes_a_checked_plan(tmp: Path) -> None:
    model, order, plan = STEPS / "mlp.hcb", tmp / "order.txt", tmp / "plan.json"
    names = names_of(model)
    order.write_text("# plain\n" + "\n".join(names) + "\n")
    said = done("convert", model, "--from-order", order, "-o", plan)
    expect("first line", said.splitlines()[0], "mlp         from-order")
    store_all = json.loads(done("plan", model, "--strategy", "store-all", "-o", "-"))
    made = json.loads(plan.read_text())
    expect("peak", made["peak_bytes"], store_all["base_peak_bytes"])
    expect("steps", made["steps"], store_all["steps"])
    expect("checked", hcb("check", model, plan).code, 0)


def test_executions_of_another_plan_by_id(tmp: Path) -> None:
    model, order = STEPS / "cnn.hcb", tmp / "order.txt"
    tree = json.loads(done("plan", model, "--block-size", 4, "-o", "-"))
    order.write_text("\n".join(str(row[0]) for row in tree["steps"]))
    made = json.loads(done("convert", model, "--from-order", order, "-o", "-"))
    for key in ("steps", "peak_bytes", "extra_time_ns", "save_nodes", "projection"):
        expect(key, made[key], tree[key])


def test_orders_that_are_wrong(tmp: Path) -> None:
    model, order = STEPS / "mlp.hcb", tmp / "order.txt"
    names = names_of(model)
    order.write_text("\n".join(names[:-1]))
    run = hcb("convert", model, "--from-order", order)
    expect_in("missing", f"{order}: 1 of 25 nodes never run, first '{names[-1]}'", run.err)
    expect("code", run.code, 3)
    order.write_text("\n".join(names[1:] + names[:1]))
    run = hcb("convert", model, "--from-order", order)
    expect_in("early", f"'{names[0]}' (aten::", run.err)
    expect_in("where", "which must come first and comes in line 25", run.err)
    order.write_text("\n".join([*names, "tanhh"]))
    run = hcb("convert", model, "--from-order", order)
    expect("unknown", run.err.splitlines()[0],
           f"hcb: error: {order}:26: no node 'tanhh' in mlp, did you mean 'tanh'?")


def test_an_order_over_its_budget_is_refused(tmp: Path) -> None:
    model, order = STEPS / "cnn.hcb", tmp / "order.txt"
    order.write_text("\n".join(names_of(model)))
    run = hcb("convert", model, "--from-order", order, "--memory-budget", "90%", "-o",
              tmp / "p.json")
    expect("code", run.code, 6)
    expect_in("said", f"{order}: the peak of this order is ", run.err)
    expect("not written", (tmp / "p.json").exists(), False)


if __name__ == "__main__":
    main(globals())
