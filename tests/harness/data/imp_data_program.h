// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "models/io/file.h"

namespace imp::testing {

/// What a run of a program came to.
struct Outcome {
  int exit_code;
  std::string output, errors;
};

/// Runs `imp-data ARGUMENTS` as a user's shell would; what it prints passes through files in `folder`.
inline Outcome imp_data(const std::string& arguments, const std::filesystem::path& folder) {
  const std::filesystem::path output = folder / "imp_data.out", errors = folder / "imp_data.err";
  const int status = std::system(
      fmt::format("{}/imp-data {} >{} 2>{}", IMP_BIN, arguments, output.string(), errors.string()).c_str());
  return {WEXITSTATUS(status), read_file(output), read_file(errors)};
}

}  // namespace imp::testing
