// SPDX-License-Identifier: Apache-2.0
#include "models/weights/dtype.h"

#include <array>

namespace imp::models {
namespace {

struct Row {
  DType dtype;
  std::string_view name;
  std::size_t size;
};

/// In the order of the enumeration.
constexpr std::array<Row, 15> kRows{{{DType::boolean, "BOOL", 1},
                                     {DType::u8, "U8", 1},
                                     {DType::i8, "I8", 1},
                                     {DType::f8_e5m2, "F8_E5M2", 1},
                                     {DType::f8_e4m3, "F8_E4M3", 1},
                                     {DType::u16, "U16", 2},
                                     {DType::i16, "I16", 2},
                                     {DType::f16, "F16", 2},
                                     {DType::bf16, "BF16", 2},
                                     {DType::u32, "U32", 4},
                                     {DType::i32, "I32", 4},
                                     {DType::f32, "F32", 4},
                                     {DType::u64, "U64", 8},
                                     {DType::i64, "I64", 8},
                                     {DType::f64, "F64", 8}}};

}  // namespace

std::string_view dtype_name(DType dtype) {
  return kRows[static_cast<std::size_t>(dtype)].name;
}

std::size_t dtype_size(DType dtype) {
  return kRows[static_cast<std::size_t>(dtype)].size;
}

std::optional<DType> parse_dtype(std::string_view name) {
  for (const Row& row : kRows) {
    if (row.name == name) return row.dtype;
  }
  return std::nullopt;
}

}  // namespace imp::models
