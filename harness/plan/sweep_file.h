// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "harness/plan/diagnostics.h"
#include "harness/plan/yaml_document.h"

namespace imp::harness {

/// A sweep file with its parents merged in and the options' overrides applied; every value knows its origin.
struct SweepFile {
  std::filesystem::path path;
  std::string text;  ///< of the file itself, as read
  YamlValue root;    ///< a map
};

/// Reads `path` and the chain of its `extends` (each relative to the file that names it). Later keys win,
/// maps merge deeply; `vary` and lists are replaced whole, and a parent's name, about and claims do not pass
/// on. Each override is `key=value`: a configuration key (set in the baseline), or `seeds`, `benchmarks`,
/// `retry`. Throws imp::Error (usage) for files that cannot be read or parsed, cycles and malformed
/// overrides.
[[nodiscard]] SweepFile load_sweep_file(const std::filesystem::path& path,
                                        const std::vector<std::string>& overrides);

}  // namespace imp::harness
