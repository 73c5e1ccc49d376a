// SPDX-License-Identifier: Apache-2.0
#include "harness/preflight/runs_folder.h"

#include <fmt/format.h>

#include <string_view>

#include "harness/plan/run_record.h"
#include "harness/plan/stage_request.h"
#include "models/io/error.h"

namespace imp::harness {
namespace fs = std::filesystem;
namespace {

/// Whether a folder has entries and `is_ours` holds for none of them.
template <class IsOurs>
bool is_foreign(const fs::path& folder, const IsOurs& is_ours) {
  std::error_code error;
  bool any = false;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    if (is_ours(*entry)) return false;
    any = true;
  }
  return any;
}

/// What a sweep's folder may hold before its record is there, or after it was lost.
bool is_of_a_sweep(const fs::directory_entry& entry) {
  std::error_code error;
  const std::string name = entry.path().filename().string();
  return name == "sweep.json" || name == "added_seeds.json" || name == "claims.json" || name == "questions" ||
         name.find(".aside-") != std::string::npos || fs::exists(entry.path() / "outcome.json", error) ||
         fs::exists(entry.path() / "resolved.yaml", error);
}

/// A finished stage, or one that is being made (`.making-`), with its lock.
bool is_of_stages(const fs::directory_entry& entry) {
  std::error_code error;
  const std::string name = entry.path().filename().string();
  const bool is_named_so = is_stage_kind(std::string_view(name).substr(0, name.find('-')));
  return name.starts_with('.') || is_named_so || fs::exists(entry.path() / "stage.json", error);
}

void refuse(const fs::path& folder, const std::string& what, const std::string& remedy) {
  throw Error(
      fmt::format("{}: is there and holds nothing that imp wrote, and {} would be written into it; {}",
                  folder.string(), what, remedy));
}

}  // namespace

void require_own_runs_folder(const fs::path& runs, const std::string& sweep) {
  const fs::path folder = runs / sweep, record = folder / "sweep.json";
  if (fs::exists(record)) {
    const nlohmann::json content = read_run_record(record);
    if (!content.contains("sweep") || !content.contains("trials"))
      throw Error(record.string() +
                  ": is no record that imp wrote; move it away, or name another folder with --runs");
  }
  if (is_foreign(folder, is_of_a_sweep))
    refuse(folder, "the sweep", "give the sweep another name, or name another folder with --runs");
  if (is_foreign(runs / "stages", is_of_stages))
    refuse(runs / "stages", "stages", "name another folder with --runs");
}

}  // namespace imp::harness
