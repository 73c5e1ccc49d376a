// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <string>

namespace imp::harness {

/// What a family's questions are like in one part of a data set.
struct FamilyStatistics {
  int questions = 0;
  int distinct_answers = 0;
  double share_of_commonest = 0;  ///< of the questions that the commonest answer would get right
};

/// What stands in a data set's folder, by part ("train", and each benchmark by its name).
struct PartStatistics {
  int pictures = 0;
  int questions = 0;
  std::map<std::string, FamilyStatistics> families;
};

/// Reads a folder that write_scenetext wrote. An annotated question's right answer is taken to be the
/// commonest of its ten. Throws imp::Error (usage) naming a file that is missing or not of that format.
[[nodiscard]] std::map<std::string, PartStatistics> scenetext_statistics(const std::filesystem::path& folder);

}  // namespace imp::harness
