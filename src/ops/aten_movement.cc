// Ops that move or make elements without computing: 0 FLOPs, priced by their bytes. Ops that touch
// a part of an operand count the part.
#include <array>

#include "ops/aten_rules.h"
#include "ops/onnx_rules.h"

namespace hcb::internal {
namespace {

constexpr AtenRule copy(std::string_view op) { return {.op = op}; }

// Merged into their neighbours by a fusing compiler.
constexpr AtenRule cast(std::string_view op) { return {.op = op, .pointwise = true}; }

constexpr AtenRule fill(std::string_view op) {
  return {.op = op, .pointwise = true, .bytes = written_bytes};
}

// Touches no memory: storage is handed out, or another shape written on it.
constexpr AtenRule nothing(std::string_view op) {
  return {.op = op, .bytes = [](const OpCall&) { return Count(0); }};
}

// Copies part of input 0; the other inputs (indices) are read whole.
constexpr AtenRule gather(std::string_view op) { return {.op = op, .bytes = copied_bytes}; }

// dst, src, …: dst is overwritten, not read.
Count overwritten_bytes(const OpCall& call) {
  Count total = written_bytes(call);
  for (std::size_t i = 1; i < call.inputs.size(); ++i) {
    if (call.input(i).present) total += call.input(i).bytes();
  }
  return total;
}

// A gradient scattered into zeros: everything read, the zeros written, the places added to.
Count scatter_flops(const OpCall& call) { return call.input(0).elements(); }

// index_put(self, indices…, values), index_add(self, dim, index, source), scatter_add(self, dim,
// index, src): one addition per element of the last operand.
Count accumulate_flops(const OpCall& call) {
  return call.inputs.empty() ? Count(0) : call.inputs.back().elements();
}

// _embedding_bag(table, indices, …) sums rows, its backward (gradient, indices, …) spreads them:
// one addition per element of every row that is named.
Count bag_flops(const OpCall& call) { return call.input(1).elements() * call.input(0).dim(-1); }

// The rows that are named, the indices, and what is made of them.
Count bag_bytes(const OpCall& call) {
  const Count rows = bag_flops(call) * bits(call.input(0).dtype) / 8;
  return rows + call.input(1).bytes() + written_bytes(call);
}

constexpr AtenRule bag(std::string_view op) {
  return {.op = op, .flops = bag_flops, .bytes = bag_bytes, .formula = "|indices| · width"};
}

constexpr AtenRule add_at(std::string_view op, Count (*flops)(const OpCall&),
                          std::string_view formula) {
  return {.op = op, .flops = flops, .formula = formula};
}

constexpr std::array kRules = std::to_array<AtenRule>({
    // Views where the file says so, copies elsewhere.
    copy("view"),
    copy("_unsafe_view"),
    copy("_reshape_alias"),
    copy("reshape"),
    copy("flatten"),
    copy("unflatten"),
    copy("t"),
    copy("transpose"),
    copy("permute"),
    copy("movedim"),
    copy("expand"),
    copy("expand_as"),
    copy("squeeze"),
    copy("unsqueeze"),
    copy("slice"),
    copy("select"),
    copy("narrow"),
    copy("split"),
    copy("split_with_sizes"),
    copy("unsafe_split"),
    copy("unsafe_chunk"),
    copy("chunk"),
    copy("unbind"),
    copy("diagonal"),
    copy("unfold"),
    copy("as_strided"),
    copy("alias"),
    copy("detach"),
    copy("lift_fresh"),
    copy("lift_fresh_copy"),
    copy("view_as"),
    copy("view_as_real"),
    copy("view_as_complex"),
    copy("real"),
    copy("imag"),
    copy("conj"),
    copy("_conj"),

    // Copies.
    cast("clone"),
    cast("_to_copy"),
    cast("to"),
    cast("contiguous"),
    {.op = "copy", .pointwise = true, .bytes = overwritten_bytes},
    copy("cat"),
    copy("stack"),
    copy("repeat"),
    copy("repeat_interleave"),
    copy("roll"),
    copy("flip"),
    copy("constant_pad_nd"),
    copy("reflection_pad1d"),
    copy("reflection_pad2d"),
    copy("reflection_pad3d"),
    copy("replication_pad1d"),
    copy("replication_pad2d"),
    copy("replication_pad3d"),
    add_at("reflection_pad1d_backward", scatter_flops, "|grad|"),
    add_at("reflection_pad2d_backward", scatter_flops, "|grad|"),
    add_at("reflection_pad3d_backward", scatter_flops, "|grad|"),
    add_at("replication_pad1d_backward", scatter_flops, "|grad|"),
    add_at("replication_pad2d_backward", scatter_flops, "|grad|"),
    add_at("replication_pad3d_backward", scatter_flops, "|grad|"),
    copy("diag_embed"),
    copy("im2col"),
    copy("col2im"),
    copy("pixel_shuffle"),
    copy("pixel_unshuffle"),
    copy("channel_shuffle"),
    gather("index"),
    gather("index_select"),
    gather("gather"),
    gather("take"),
    gather("embedding"),
    gather("masked_select"),
    gather("nonzero"),
    copy("one_hot"),
    copy("split_with_sizes_copy"),
    copy("slice_scatter"),
    copy("select_scatter"),
    copy("slice_backward"),
    copy("select_backward"),
    copy("diagonal_backward"),
    copy("unfold_backward"),
    copy("value_selecting_reduction_backward"),
    add_at("embedding_dense_backward", scatter_flops, "|grad|"),
    add_at("embedding_backward", scatter_flops, "|grad|"),
    bag("_embedding_bag"),
    bag("_embedding_bag_forward_only"),
    add_at("_embedding_bag_backward", bag_flops, "|indices| · width"),
    add_at("_embedding_bag_dense_backward", bag_flops, "|indices| · width"),
    add_at("index_put", accumulate_flops, "|last operand|"),
    add_at("_unsafe_index_put", accumulate_flops, "|last operand|"),
    add_at("_index_put_impl", accumulate_flops, "|last operand|"),
    add_at("index_add", accumulate_flops, "|last operand|"),
    add_at("scatter_add", accumulate_flops, "|last operand|"),
    add_at("scatter_reduce", accumulate_flops, "|last operand|"),
    copy("scatter"),
    copy("index_copy"),
    copy("index_fill"),
    copy("masked_scatter"),
    gather("_unsafe_index"),

    // Fresh tensors.
    nothing("empty"),
    nothing("empty_like"),
    nothing("empty_strided"),
    nothing("new_empty"),
    nothing("new_empty_strided"),
    fill("zeros"),
    fill("zeros_like"),
    fill("new_zeros"),
    fill("zero"),
    fill("ones"),
    fill("ones_like"),
    fill("new_ones"),
    fill("full"),
    fill("full_like"),
    fill("new_full"),
    fill("fill"),
    fill("arange"),
    fill("linspace"),
    fill("eye"),
    fill("scalar_tensor"),
    fill("tril_indices"),
    fill("triu_indices"),

    // Reads of the host.
    copy("_local_scalar_dense"),
    copy("item"),
});

}  // namespace

std::span<const AtenRule> aten_movement_rules() { return kRules; }

}  // namespace hcb::internal
