// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace imp::eval::test {

/// What a run of a program left behind.
struct Outcome {
  int exit_code = 0;
  std::string out;
  std::string err;
};

/// Runs the built imp-eval with these arguments (a shell line) and this standard input.
[[nodiscard]] Outcome imp_eval(const std::string& arguments, const std::string& input = {});

}  // namespace imp::eval::test
