// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace imp {

/// Whether brackets of a JSON text, those in strings left out, nest deeper than `most`. A parser without
/// recursion reads any depth, but copying and printing the value needs as deep a stack.
[[nodiscard]] inline bool nests_deeper_than(int most, std::string_view json) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char letter = json[i];
    if (in_string && letter == '\\') {
      ++i;
    } else if (letter == '"') {
      in_string = !in_string;
    } else if (!in_string && (letter == '[' || letter == '{')) {
      if (++depth > most) return true;
    } else if (!in_string && (letter == ']' || letter == '}')) {
      --depth;
    }
  }
  return false;
}

}  // namespace imp
