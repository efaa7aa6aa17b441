// Training graphs that break planners which think in chains: something small and early that every
// layer reads, and skips across the whole depth.
//
// float32; batch 16, 64 tokens, width 64, 2 heads: a layer's stream is 65,536 elements (256 KiB).
// Times: one ns per 256 elements read and written.
#pragma once

#include <cstddef>

#include "graph/graph.h"

namespace hcb {

// Where the early value comes from: made by forward nodes at the start, or resident from the start.
enum class Early { computed, resident };

// A decoder whose queries and keys are rotated by cos and sin tables (64 × 32 elements, 8 KiB
// each), computed from positions and frequencies.
[[nodiscard]] Graph rope_decoder(std::size_t layers, Early tables);

// A decoder whose scores are multiplied by one mask of 16 × 64 × 64 elements (256 KiB), computed
// from an attention mask and a causal pattern.
[[nodiscard]] Graph masked_decoder(std::size_t layers, Early mask);

// A decoder whose scores are multiplied by one scalar, computed from a resident.
[[nodiscard]] Graph scaled_decoder(std::size_t layers, Early scalar);

// `layers` encoder layers, then as many decoder layers that all attend to the encoder's output
// `encoder.out` too.
[[nodiscard]] Graph encoder_decoder(std::size_t layers);

// `levels` levels of `convs` convolutions down, as many up; each level down halves the pixels and
// doubles the channels (so halves the bytes). Level i hands `down{i}.skip` across to the join of
// level i on the way up. Level 0: 131,072 elements (512 KiB).
[[nodiscard]] Graph u_net(std::size_t levels, std::size_t convs);

}  // namespace hcb
