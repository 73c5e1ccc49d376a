// SPDX-License-Identifier: Apache-2.0
#include "models/weights/gguf_blocks.h"

#include <array>
#include <bit>

namespace imp::models {
namespace {

using Bytes = const std::uint8_t*;

constexpr std::array<GgufBlock, 11> kBlocks{{{GgufType::f32, "F32", 1, 4},
                                             {GgufType::f16, "F16", 1, 2},
                                             {GgufType::q4_0, "Q4_0", 32, 18},
                                             {GgufType::q4_1, "Q4_1", 32, 20},
                                             {GgufType::q5_0, "Q5_0", 32, 22},
                                             {GgufType::q5_1, "Q5_1", 32, 24},
                                             {GgufType::q8_0, "Q8_0", 32, 34},
                                             {GgufType::q4_k, "Q4_K", 256, 144},
                                             {GgufType::q5_k, "Q5_K", 256, 176},
                                             {GgufType::q6_k, "Q6_K", 256, 210},
                                             {GgufType::bf16, "BF16", 1, 2}}};

constexpr std::array<std::string_view, 41> kNames{
    "F32",   "F16",        "Q4_0",       "Q4_1",       "Q4_2",     "Q4_3",     "Q5_0",
    "Q5_1",  "Q8_0",       "Q8_1",       "Q2_K",       "Q3_K",     "Q4_K",     "Q5_K",
    "Q6_K",  "Q8_K",       "IQ2_XXS",    "IQ2_XS",     "IQ3_XXS",  "IQ1_S",    "IQ4_NL",
    "IQ3_S", "IQ2_S",      "IQ4_XS",     "I8",         "I16",      "I32",      "I64",
    "F64",   "IQ1_M",      "BF16",       "Q4_0_4_4",   "Q4_0_4_8", "Q4_0_8_8", "TQ1_0",
    "TQ2_0", "IQ4_NL_4_4", "IQ4_NL_4_8", "IQ4_NL_8_8", "MXFP4",    "NVFP4"};

std::uint32_t bits16(Bytes at) {
  return static_cast<std::uint32_t>(at[0]) | static_cast<std::uint32_t>(at[1]) << 8;
}

std::uint32_t bits32(Bytes at) {
  return bits16(at) | bits16(at + 2) << 16;
}

float half(Bytes at) {
  const std::uint32_t bits = bits16(at);
  const std::uint32_t sign = (bits & 0x8000) << 16, exponent = bits >> 10 & 0x1f, mantissa = bits & 0x3ff;
  if (exponent == 0) {  // zero and numbers below the normal range
    const float magnitude = static_cast<float>(mantissa) * 0x1p-24F;
    return std::bit_cast<float>(std::bit_cast<std::uint32_t>(magnitude) | sign);
  }
  const std::uint32_t wide = exponent == 0x1f ? 0xff : exponent + 127 - 15;
  return std::bit_cast<float>(sign | wide << 23 | mantissa << 13);
}

float number(int value) {
  return static_cast<float>(value);
}

void f32(Bytes in, float* out) {
  out[0] = std::bit_cast<float>(bits32(in));
}

void f16(Bytes in, float* out) {
  out[0] = half(in);
}

void bf16(Bytes in, float* out) {
  out[0] = std::bit_cast<float>(bits16(in) << 16);
}

void q4_0(Bytes in, float* out) {
  const float scale = half(in);
  for (int i = 0; i < 16; ++i) {
    out[i] = scale * number((in[2 + i] & 15) - 8);
    out[i + 16] = scale * number((in[2 + i] >> 4) - 8);
  }
}

void q4_1(Bytes in, float* out) {
  const float scale = half(in), minimum = half(in + 2);
  for (int i = 0; i < 16; ++i) {
    out[i] = scale * number(in[4 + i] & 15) + minimum;
    out[i + 16] = scale * number(in[4 + i] >> 4) + minimum;
  }
}

/// The fifth bits of a block's 32 numbers stand together, bit i for number i.
int fifth(std::uint32_t high, int i) {
  return static_cast<int>(high >> i & 1) << 4;
}

void q5_0(Bytes in, float* out) {
  const float scale = half(in);
  const std::uint32_t high = bits32(in + 2);
  for (int i = 0; i < 16; ++i) {
    out[i] = scale * number(((in[6 + i] & 15) | fifth(high, i)) - 16);
    out[i + 16] = scale * number(((in[6 + i] >> 4) | fifth(high, i + 16)) - 16);
  }
}

void q5_1(Bytes in, float* out) {
  const float scale = half(in), minimum = half(in + 2);
  const std::uint32_t high = bits32(in + 4);
  for (int i = 0; i < 16; ++i) {
    out[i] = scale * number((in[8 + i] & 15) | fifth(high, i)) + minimum;
    out[i + 16] = scale * number((in[8 + i] >> 4) | fifth(high, i + 16)) + minimum;
  }
}

void q8_0(Bytes in, float* out) {
  const float scale = half(in);
  for (int i = 0; i < 32; ++i) out[i] = scale * number(static_cast<std::int8_t>(in[2 + i]));
}

/// Six-bit scale and minimum of the `group`-th 32 numbers of a K block, packed into 12 bytes
/// (ggml-quants.c: get_scale_min_k4).
struct ScaleAndMinimum {
  int scale, minimum;
};
ScaleAndMinimum group_scale(Bytes packed, int group) {
  if (group < 4) return {packed[group] & 63, packed[group + 4] & 63};
  return {(packed[group + 4] & 15) | (packed[group - 4] >> 6) << 4,
          (packed[group + 4] >> 4) | (packed[group] >> 6) << 4};
}

void q4_k(Bytes in, float* out) {
  const float scale = half(in), minimum = half(in + 2);
  for (int group = 0; group < 8; ++group) {
    const ScaleAndMinimum own = group_scale(in + 4, group);
    const float d = scale * number(own.scale), m = minimum * number(own.minimum);
    const Bytes low = in + 16 + group / 2 * 32;
    for (int i = 0; i < 32; ++i) out[group * 32 + i] = d * number(low[i] >> group % 2 * 4 & 15) - m;
  }
}

void q5_k(Bytes in, float* out) {
  const float scale = half(in), minimum = half(in + 2);
  const Bytes high = in + 16;
  for (int group = 0; group < 8; ++group) {
    const ScaleAndMinimum own = group_scale(in + 4, group);
    const float d = scale * number(own.scale), m = minimum * number(own.minimum);
    const Bytes low = in + 48 + group / 2 * 32;
    for (int i = 0; i < 32; ++i) {
      const int bits = (low[i] >> group % 2 * 4 & 15) | (high[i] >> group & 1) << 4;
      out[group * 32 + i] = d * number(bits) - m;
    }
  }
}

void q6_k(Bytes in, float* out) {
  const Bytes low = in, high = in + 128, scales = in + 192;
  const float scale = half(in + 208);
  for (int i = 0; i < 256; ++i) {
    const int half_block = i / 128, quarter = i / 32 % 4, place = i % 32;
    const int four = low[half_block * 64 + quarter % 2 * 32 + place] >> quarter / 2 * 4 & 15;
    const int two = high[half_block * 32 + place] >> quarter * 2 & 3;
    const float d = scale * number(static_cast<std::int8_t>(scales[i / 16]));
    out[i] = d * number((four | two << 4) - 32);
  }
}

using Function = void (*)(Bytes, float*);
Function function_of(GgufType type) {
  switch (type) {
    case GgufType::f32:
      return f32;
    case GgufType::f16:
      return f16;
    case GgufType::q4_0:
      return q4_0;
    case GgufType::q4_1:
      return q4_1;
    case GgufType::q5_0:
      return q5_0;
    case GgufType::q5_1:
      return q5_1;
    case GgufType::q8_0:
      return q8_0;
    case GgufType::q4_k:
      return q4_k;
    case GgufType::q5_k:
      return q5_k;
    case GgufType::q6_k:
      return q6_k;
    case GgufType::bf16:
      return bf16;
  }
  return f32;
}

}  // namespace

std::optional<GgufBlock> gguf_block(std::uint32_t number) {
  for (const GgufBlock& block : kBlocks) {
    if (static_cast<std::uint32_t>(block.type) == number) return block;
  }
  return std::nullopt;
}

std::string gguf_type_name(std::uint32_t number) {
  return number < kNames.size() ? std::string(kNames[number]) : "number " + std::to_string(number);
}

void dequantize(GgufType type, std::span<const std::byte> blocks, std::span<float> out) {
  const GgufBlock block = gguf_block(type);
  const Function function = function_of(type);
  const auto* in = reinterpret_cast<Bytes>(blocks.data());
  const auto elements = static_cast<std::size_t>(block.elements),
             bytes = static_cast<std::size_t>(block.bytes);
  for (std::size_t i = 0; i < blocks.size() / bytes; ++i) function(in + i * bytes, out.data() + i * elements);
}

}  // namespace imp::models
