// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace imp::models {

/// The kinds of GGUF tensors that imp reads, numbered as in ggml.h (ggml_type).
enum class GgufType : std::uint32_t {
  f32 = 0,
  f16 = 1,
  q4_0 = 2,
  q4_1 = 3,
  q5_0 = 6,
  q5_1 = 7,
  q8_0 = 8,
  q4_k = 12,
  q5_k = 13,
  q6_k = 14,
  bf16 = 30
};

/// Elements of a row are stored in blocks of `elements` numbers and `bytes` bytes.
struct GgufBlock {
  GgufType type;
  std::string_view name;  ///< as ggml spells it, e.g. "Q4_1"
  std::int64_t elements, bytes;
};

/// The kind of a file's number, or nothing for one that imp does not read.
[[nodiscard]] std::optional<GgufBlock> gguf_block(std::uint32_t number);
[[nodiscard]] inline GgufBlock gguf_block(GgufType type) {
  return *gguf_block(static_cast<std::uint32_t>(type));
}

/// ggml's name of any kind it has ever had ("IQ2_XS"), or the number itself.
[[nodiscard]] std::string gguf_type_name(std::uint32_t number);

/// Whole blocks -> float32, to the bit what ggml's dequantize_row_* computes (ggml-quants.c).
/// `out` has elements / bytes times as many numbers as `blocks` has bytes.
void dequantize(GgufType type, std::span<const std::byte> blocks, std::span<float> out);

}  // namespace imp::models
