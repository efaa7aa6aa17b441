// The model of the first screen in the design: numbers made up, so that the layout alone is tested.
#pragma once

#include "report/verdict.h"

namespace hcb {

constexpr Bytes kGiB = Bytes{1} << 30;
constexpr Bytes kMiB = Bytes{1} << 20;

// n tenths of a GiB.
constexpr Bytes tenths(Bytes n) { return n * kGiB / 10; }

inline Analysis fabricated_analysis() {
  Analysis analysis;
  analysis.model = {
      .name = "gpt2.onnx", .opset = 18, .nodes = 1204, .dims = {{"batch", 8}, {"seq", 1024}}};
  analysis.ingest.parameter_count = 124'439'808;
  analysis.ingest.parameter_bytes = 475 * kMiB;
  analysis.ingest.adamw_would_add = 950 * kMiB;
  analysis.ingest.default_rule_ops = {{"NonZero", 3}};
  analysis.parameter_dtypes = {"float32"};
  analysis.training = true;
  analysis.nodes = 2500;
  analysis.forward_nodes = 1204;
  analysis.values = 3100;
  analysis.buffers = 2900;
  analysis.alignment = 512;
  analysis.fingerprint = "00112233445566778899aabbccddeeff";
  analysis.unnamed_fingerprint = "ffeeddccbbaa99887766554433221100";
  analysis.step.peak = tenths(142);
  analysis.step.at = "backward of /h.11/mlp/Gelu";
  analysis.step.position = 1260;
  analysis.step.composition = {.resident = tenths(9),
                               .activations = tenths(121),
                               .gradients = tenths(5),
                               .workspace = tenths(142) - tenths(9) - tenths(121) - tenths(5)};
  analysis.step.alive = 412;
  analysis.step.top = {
      {"/h.11/attn/Softmax:0",
       tenths(15),
       "float32",
       {8, 12, 1024, 1024},
       Role::activation,
       "backward of /h.11/attn/MatMul_1"},
      {"/h.10/attn/Softmax:0",
       tenths(15),
       "float32",
       {8, 12, 1024, 1024},
       Role::activation,
       "backward of /h.10/attn/MatMul_1"},
      {"logits", 400 * kMiB, "float32", {8, 1024, 12800}, Role::activation, "output"}};
  analysis.inference_peak = tenths(19);
  analysis.bound.bytes = {
      .resident = tenths(9), .l1 = tenths(28), .l2 = tenths(14), .bound = tenths(28)};
  analysis.bound.set_by = "backward of /LogSoftmax";
  analysis.bound.advice = "chunk the loss";
  analysis.forward_frontier = {
      {.cuts = 1203, .width = 300 * kMiB, .widest = 40, .median = 100 * kMiB, .p95 = 250 * kMiB},
      "/h.0/attn/Softmax"};
  analysis.frontier = {{.cuts = 2499,
                        .width = tenths(130),
                        .widest = 1259,
                        .median = tenths(60),
                        .p95 = tenths(125)},
                       "backward of /h.11/mlp/Gelu"};
  analysis.memory_ratio_permyriad = 50714;  // 14.2 / 2.8
  analysis.orders = {.compared = {{"given", tenths(142)},
                                  {"depth-first", tenths(142)},
                                  {"kahn", tenths(190)},
                                  {"greedy", tenths(140)},
                                  {"reverse-greedy", tenths(151)}},
                     .best = 3,
                     .not_tried = {"sethi-ullman"},
                     .order = {}};
  analysis.hcp = {
      .compressible = true,
      .activations = tenths(118),
      .frontier = analysis.forward_frontier.summary,
      .width_permyriad = 249,
      .p95_permyriad = 207,
      .nodes = 1110,
      .depth = 812,
      .fan_out = 24,
      .most_read = "mask",
      .skip_length = 790,
      .longest_skip = "mask",
      .interval_tree = BlockSuggestion{.block_size = 8, .blocks = 139, .bytes = tenths(21)},
      .periodic = BlockSuggestion{.block_size = 64, .blocks = 18, .bytes = tenths(35)},
      .reasons = {"narrow frontiers", "deep"}};
  analysis.cuts = {{.cut = 1259,
                    .before = "backward of /h.11/mlp/Gelu",
                    .bytes = tenths(130),
                    .buffers = 410,
                    .largest = {"/h.11/attn/Softmax:0", "/h.10/attn/Softmax:0", "logits"}}};
  analysis.base_time = 100'000'000;
  analysis.device = "a100-80g";
  return analysis;
}

inline Outlook fabricated_outlook() {
  return {.lowest = {.strategy = "interval-tree",
                     .block_size = 12,
                     .arity = 2,
                     .peak = tenths(31),
                     .extra_time = 61'000'000},
          .sqrt_block = 34,
          .tried = 3,
          .verdict = {}};
}

inline Options fabricated_options() {
  Options options;
  options.dims = {{"batch", 8}, {"seq", 1024}};
  return options;
}

inline Verdict fabricated_verdict(Fit fit) {
  return {.fit = fit,
          .budget = {.bytes = 8 * kGiB},
          .budget_bytes = 8 * kGiB,
          .headroom = 0,
          .available = 8 * kGiB,
          .best = {}};
}

}  // namespace hcb
