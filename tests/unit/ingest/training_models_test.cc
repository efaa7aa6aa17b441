// Whole models: parameters as PyTorch counts them, no op left to the default rule, and the memory
// that autograd keeps.
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "check/simulate.h"
#include "ingest/onnx.h"
#include "ingest/training.h"
#include "support/places.h"

namespace hcb {
namespace {

struct ModelCase {
  std::string file;
  std::vector<std::pair<std::string, std::int64_t>> dims;
  std::int64_t parameters;
};

TrainingGraph training_graph(const std::string& path,
                             std::vector<std::pair<std::string, std::int64_t>> dims) {
  Options options;
  options.dims = std::move(dims);
  const auto model = read_onnx(path, options);
  REQUIRE_MESSAGE(model, (model ? "" : model.error().message));
  auto built = build_graph(*model, options);
  REQUIRE_MESSAGE(built, (built ? "" : built.error().message));
  return std::move(*built);
}

void check_model(const std::string& folder, const ModelCase& model) {
  CAPTURE(model.file);
  const TrainingGraph built = training_graph(folder + "/" + model.file, model.dims);
  CHECK(built.report.parameter_count == model.parameters);
  CHECK(built.report.default_rule_ops.empty());
  CHECK(built.report.seeds.size() == 1);
  const auto size = rounded_sizes(built.graph, 512);
  REQUIRE(size);
  CHECK(simulate(built.graph, plain_sequence(built.graph), *size));
}

// sum(p.numel() for p in model.parameters()) of the model each file was exported from.
TEST_CASE("the shipped examples: every parameter found, every op known") {
  const std::string folder = test::source_dir() + "/examples";
  check_model(folder, {"resnet50.onnx", {{"batch", 2}}, 25'557'032});
  check_model(folder, {"gpt2.onnx", {{"batch", 2}, {"seq", 64}}, 124'439'808});
  check_model(folder, {"bert.onnx", {{"batch", 2}, {"seq", 64}}, 109'483'778});
  check_model(folder, {"vit.onnx", {{"batch", 2}}, 86'567'656});
  check_model(folder, {"unet.onnx", {{"batch", 1}}, 859'520'964});
  check_model(folder, {"lstm.onnx", {{"batch", 2}, {"seq", 64}}, 8'803'338});
}

// As torchvision counts them where it has the model; DenseNet's file scales and shifts every
// channel twice (2 · 41,824 more than torchvision's 7,978,856).
TEST_CASE("the light models of the onnx package: every parameter found, every op known") {
  const std::string folder = test::light_models_dir();
  check_model(folder, {"light_resnet50.onnx", {}, 25'557'032});
  check_model(folder, {"light_densenet121.onnx", {}, 7'978'856 + 2 * 41'824});
  check_model(folder, {"light_vgg19.onnx", {}, 143'667'240});
  check_model(folder, {"light_inception_v1.onnx", {}, 6'998'552});
  check_model(folder, {"light_inception_v2.onnx", {}, 11'214'888});
  check_model(folder, {"light_squeezenet.onnx", {}, 1'235'496});
  check_model(folder, {"light_shufflenet.onnx", {}, 1'393'320});
  check_model(folder, {"light_bvlc_alexnet.onnx", {}, 60'965'224});
  check_model(folder, {"light_zfnet512.onnx", {}, 87'250'536});
}

// Bytes alive when the backward starts, without residents, the model's output and its gradient.
Bytes kept_at_the_turn(const Graph& graph) {
  const auto size = *rounded_sizes(graph, 1);
  const auto simulation = *simulate(graph, plain_sequence(graph), size);
  for (const NodeId n : graph.nodes()) {
    if (graph.op(n) != "GradSeed") continue;
    const Bytes output = graph.bytes(graph.buffer(graph.inputs(n)[0]));
    const Bytes gradient = graph.bytes(graph.buffer(graph.outputs(n)[0]));
    return simulation.memory[index(n)] - simulation.resident - output - gradient;
  }
  return 0;
}

// PyTorch 2.15, CPU: the storages that torch.autograd.graph.saved_tensors_hooks sees during the
// forward of torchvision's ResNet-50 in training mode and of GPT-2 (eager attention, no dropout),
// each once, without parameters and inputs. Eager GPT-2 also keeps the 1 KiB of position ids, which
// are a constant here.
TEST_CASE("what is kept for the backward is what autograd keeps") {
  const std::string folder = test::source_dir() + "/examples";
  CHECK(kept_at_the_turn(training_graph(folder + "/resnet50.onnx", {{"batch", 8}}).graph) ==
        682'671'616);
  CHECK(
      kept_at_the_turn(training_graph(folder + "/gpt2.onnx", {{"batch", 8}, {"seq", 128}}).graph) ==
      1'138'959'360 - 1'024);
}

}  // namespace
}  // namespace hcb
