// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string_view>

namespace imp::harness {

/// Where a published model or data file is to be had, by the name that its authors gave it ("phi-2",
/// "llava_v1_5_mix665k.json"): `the Hugging Face Hub's microsoft/phi-2`, or "" for a name that is not known.
[[nodiscard]] std::string_view published_source(const std::filesystem::path& input);

}  // namespace imp::harness
