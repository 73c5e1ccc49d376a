// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "harness/data/random.h"

namespace imp::harness {

/// Which part of a data set a picture belongs to; no two parts share a background, a font face or an open
/// word.
enum class Split { train, validation, test };

constexpr std::string_view name_of(Split split) {
  return split == Split::train ? "train" : split == Split::validation ? "validation" : "test";
}

/// The part a named asset belongs to, by a hash of its name: 70 % train, 10 % validation, 20 % test.
/// `salt` keeps faces, backgrounds and words from falling alike.
inline Split split_of(std::string_view name, std::string_view salt) {
  const std::uint64_t hash = counter_random(stream_of(salt, 0), stream_of(name, 0), 0) % 100;
  if (hash < 70) return Split::train;
  return hash < 80 ? Split::validation : Split::test;
}

}  // namespace imp::harness
