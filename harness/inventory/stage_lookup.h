// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <unordered_map>
#include <vector>

#include "harness/plan/earlier_stages.h"

namespace imp::harness {

/// The finished stages of a runs folder by their folders' names.
class StageIndex {
 public:
  explicit StageIndex(const std::filesystem::path& runs);

  /// Nothing for one that is not there.
  [[nodiscard]] const EarlierStage* find(const StageInput& stage) const;

  /// The stage that a folder name, a key or the beginning of either names. Throws imp::Error (usage) where it
  /// is none or several.
  [[nodiscard]] const EarlierStage& named(const std::string& name) const;

 private:
  std::filesystem::path stages_dir_;
  std::unordered_map<std::string, EarlierStage> stages_;
};

}  // namespace imp::harness
