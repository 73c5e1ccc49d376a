// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace imp::models {

/// Element types of the safetensors format that checkpoints in use carry.
enum class DType { boolean, u8, i8, f8_e5m2, f8_e4m3, u16, i16, f16, bf16, u32, i32, f32, u64, i64, f64 };

/// The name of the type in a safetensors header, e.g. "BF16".
[[nodiscard]] std::string_view dtype_name(DType dtype);

/// Bytes of one element.
[[nodiscard]] std::size_t dtype_size(DType dtype);

/// The type of a header's name, or nothing if the name is unknown.
[[nodiscard]] std::optional<DType> parse_dtype(std::string_view name);

}  // namespace imp::models
