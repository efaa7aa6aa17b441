// A graph that has one of everything a graph can have, for texts and pictures.
#pragma once

#include "graph/builder.h"
#include "support/autodiff.h"

namespace hcb {

// One of everything: a view, a stash, an omitted argument, an in-place output, a padded storage, an
// order edge, modules, flags, attributes of every kind, and a name no language likes.
inline Graph one_of_everything() {
  GraphBuilder b(Dialect::onnx, "one \"of\" everything");
  const ValueId x = b.add_resident({.name = "x", .shape = {2, 4}, .role = Role::input});
  const ValueId w = b.add_resident({.name = "w", .shape = {4, 4}, .role = Role::parameter});
  const ValueId y = b.add_value({.name = "y", .shape = {2, 4}, .storage = 64});
  const ValueId mask =
      b.add_value({.name = "mask", .dtype = DType::boolean, .shape = {2, 4}, .role = Role::stash});
  const ValueId flat = b.add_value({.name = "flat", .shape = {8}, .view_of = y});
  const ValueId z = b.add_value({.name = "z", .dtype = DType::f16, .shape = {}});
  const ValueId dz = b.add_value({.name = "dz", .dtype = DType::f16, .role = Role::gradient});
  const NodeId mm =
      b.add_node({.name = "mm",
                  .op = "MatMul",
                  .inputs = {x, w},
                  .outputs = {y, mask},
                  .flags = {.random = true},
                  .cost = {.flops = 64, .bytes_moved = 128, .workspace = 16, .time = 12},
                  .module = "h.0",
                  .attributes = {{"alpha", 0.5},
                                 {"axes", std::vector<std::int64_t>{0, -1}},
                                 {"mode", std::string("a\"b")},
                                 {"scales", std::vector<double>{1, 2.25}},
                                 {"names", std::vector<std::string>{"p", "q"}},
                                 {"k", std::int64_t{3}}}});
  const NodeId reshape = b.add_node({.name = "reshape",
                                     .op = "Reshape",
                                     .inputs = {y},
                                     .outputs = {flat},
                                     .flags = {.view = true},
                                     .module = "h.0"});
  const NodeId odd =
      b.add_node({.name = "line\nbreak \\ \"quote\"",
                  .op = "Custom",
                  .inputs = {flat, kNone<ValueId>},
                  .outputs = {z},
                  .flags = {.effect = true, .never_replay = true, .default_rule = true},
                  .cost = {.time = 1}});
  b.add_node({.name = "back",
              .op = "CustomGrad",
              .phase = Phase::backward,
              .inputs = {z, mask},
              .outputs = {dz},
              .module = "h.0",
              .forward = odd,
              .donates = {{.output = 0, .input = 0}}});
  b.add_order_edge(mm, odd);
  b.add_order_edge(reshape, odd);
  b.mark_output(dz);
  return must_freeze(std::move(b));
}

}  // namespace hcb
