// Real models: the light ones of the onnx package and the shipped examples. Every shape known,
// weights counted.
#include <algorithm>
#include <filesystem>
#include <map>

#include <doctest/doctest.h>

#include "ingest/onnx.h"
#include "support/places.h"

using namespace hcb;

namespace {

ForwardModel read(const std::string& path, const Options& options) {
  const auto result = read_onnx(path, options);
  if (!result) FAIL(result.error().message << " | " << result.error().help);
  return *result;
}

std::size_t count_op(const ForwardModel& model, std::string_view op) {
  return static_cast<std::size_t>(std::ranges::count(model.nodes, op, &ForwardNode::op));
}

// Elements of floating constants of more than one element: the weights, where nothing else is
// stored as such.
std::int64_t weight_elements(const ForwardModel& model) {
  std::int64_t sum = 0;
  for (const ForwardValue& value : model.values) {
    const std::int64_t count = element_count(value.shape).value_or(0);
    if (value.role == Role::constant && is_floating(value.dtype) && count > 1) sum += count;
  }
  return sum;
}

void check_wellformed(const ForwardModel& model) {
  std::vector<bool> there(model.values.size(), false);
  for (std::size_t i = 0; i < there.size(); ++i)
    there[i] = model.values[i].role != Role::activation;
  for (const ForwardNode& node : model.nodes) {
    for (const std::int32_t i : node.inputs) {
      if (i != ForwardNode::kOmitted) CHECK(there[static_cast<std::size_t>(i)]);
    }
    for (const std::int32_t i : node.outputs) {
      if (i != ForwardNode::kOmitted) there[static_cast<std::size_t>(i)] = true;
    }
  }
  for (const ForwardValue& value : model.values)
    CHECK(tensor_bytes(value.dtype, value.shape).has_value());
  CHECK(std::ranges::any_of(model.values, &ForwardValue::is_output));
}

}  // namespace

TEST_CASE("light models: weights made by ConstantOfShape are constants, nothing else is lost") {
  struct Case {
    const char* name;
    std::size_t file_nodes, nodes, convolutions;
    std::int64_t weights;
  };
  // Weights of ResNet-50: 25,557,032 parameters and 53,120 running statistics. AlexNet, VGG-19: as
  // published.
  const std::vector<Case> cases{
      {"light_bvlc_alexnet", 40, 24, 5, 60965224},
      {"light_densenet121", 1746, 910, 121, 0},
      {"light_inception_v1", 237, 144, 57, 0},
      {"light_inception_v2", 916, 509, 69, 0},
      {"light_resnet50", 415, 176, 53, 25557032 + 53120},
      {"light_shufflenet", 446, 203, 49, 0},
      {"light_squeezenet", 105, 66, 26, 1235496},
      {"light_vgg19", 82, 46, 16, 143667240},
      {"light_zfnet512", 38, 22, 5, 0},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    const ForwardModel model = read(test::light_models_dir() + "/" + c.name + ".onnx", {});
    check_wellformed(model);
    CHECK(model.file_nodes == c.file_nodes);
    CHECK(model.nodes.size() == c.nodes);
    CHECK(count_op(model, "Conv") == c.convolutions);
    CHECK(count_op(model, "ConstantOfShape") == 0);
    if (c.weights > 0) CHECK(weight_elements(model) == c.weights);
  }
}

TEST_CASE("GPT-2 keeps no shape arithmetic") {
  Options options;
  options.dims = {{"batch", 8}, {"seq", 1024}};
  const ForwardModel model = read(test::source_dir() + "/examples/gpt2.onnx", options);
  check_wellformed(model);
  for (const char* op :
       {"Shape", "Concat", "Squeeze", "Unsqueeze", "Range", "Constant", "Where", "Cast"}) {
    CHECK(count_op(model, op) == 0);
  }
  CHECK(count_op(model, "Softmax") == 12);
  CHECK(count_op(model, "Gemm") == 48);
  const auto scores = std::ranges::find(model.values, "softmax", &ForwardValue::name);
  REQUIRE(scores != model.values.end());
  CHECK(scores->shape == std::vector<std::int64_t>{8, 12, 1024, 1024});
  const auto mlp =
      std::ranges::find(model.nodes, "/transformer/h.0/attn/c_attn/Gemm", &ForwardNode::name);
  REQUIRE(mlp != model.nodes.end());
  CHECK(mlp->module == "transformer.h.0.attn.c_attn");
}

TEST_CASE("every shipped example is read completely") {
  Options options;
  for (const char* folder : {"/examples", "/tests/data/models"}) {
    for (const auto& entry : std::filesystem::directory_iterator(test::source_dir() + folder)) {
      if (entry.path().extension() != ".onnx") continue;
      CAPTURE(entry.path().filename().string());
      // Symbols differ between the examples: bind those the model has.
      Options bound;
      for (const std::pair<std::string, std::int64_t>& dim :
           {std::pair<std::string, std::int64_t>{"batch", 2}, {"seq", 64}, {"target_seq", 32}}) {
        Options with = bound;
        with.dims.push_back(dim);
        const auto tried = read_onnx(entry.path(), with);
        if (tried || tried.error().kind != ErrorKind::usage) bound = with;
      }
      check_wellformed(read(entry.path(), bound));
    }
  }
}
