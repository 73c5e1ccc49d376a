// SPDX-License-Identifier: Apache-2.0
#include "harness/inventory/stage_lookup.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "harness/inventory/run_folders.h"
#include "models/io/error.h"

namespace imp::harness {
namespace fs = std::filesystem;

StageIndex::StageIndex(const fs::path& runs) : stages_dir_(runs / "stages") {
  require_runs_folder(runs);
  std::error_code error;
  for (fs::directory_iterator entry(stages_dir_, error), end; !error && entry != end;
       entry.increment(error)) {
    if (auto stage = read_finished_stage(entry->path()))
      stages_.emplace(entry->path().filename().string(), std::move(*stage));
  }
}

const EarlierStage* StageIndex::find(const StageInput& stage) const {
  const auto found = stages_.find(stage.folder());
  return found == stages_.end() ? nullptr : &found->second;
}

const EarlierStage& StageIndex::named(const std::string& name) const {
  constexpr std::size_t kMostListed = 5;
  // A path of a folder does, too.
  fs::path path(name);
  if (!path.has_filename()) path = path.parent_path();
  const std::string beginning = path.filename().string();
  std::vector<std::string> found;
  for (const auto& [folder, stage] : stages_) {
    if (beginning.empty()) break;
    if (folder.starts_with(beginning) || stage.key.starts_with(beginning)) found.push_back(folder);
  }
  if (found.size() == 1) return stages_.at(found.front());
  if (found.empty()) {
    throw Error(fmt::format(
        "'{}' names no finished stage in {}; give a folder there, its key, or the beginning of one", name,
        stages_dir_.string()));
  }
  std::sort(found.begin(), found.end());
  const std::size_t count = found.size();
  found.resize(std::min(count, kMostListed));
  throw Error(fmt::format("'{}' names {} stages: {}{}; give more of it", name, count, fmt::join(found, ", "),
                          count > kMostListed ? ", ..." : ""));
}

}  // namespace imp::harness
