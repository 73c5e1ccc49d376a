// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace imp::eval {

/// Id of a question or an image. Data sets use numbers and strings; 17 and "17" are the same id, and it is
/// written back in the form in which it was read.
struct Identifier {
  std::string text;
  bool is_number = false;

  friend bool operator==(const Identifier& a, const Identifier& b) { return a.text == b.text; }
};

}  // namespace imp::eval
