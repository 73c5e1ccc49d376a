// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "tests/results/run_folder.h"

namespace imp::results::testing {

/// Text that breaks pages which do not escape: would call alert() if it ran.
inline constexpr const char* kHostile =
    "</script><script>alert('x')</script><img src=x onerror=alert(1)>\"'&\u2028";

/// A finished sweep of two language models, three ranks and two seeds on two benchmarks with four families of
/// questions, in run folders; its questions have `jpeg` as their picture. Names of people's making are
/// hostile: about, questions, references, answers, one family.
SweepFolder write_example_sweep(const fs::path& runs, const std::string& jpeg);

}  // namespace imp::results::testing
