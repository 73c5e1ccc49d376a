// SPDX-License-Identifier: Apache-2.0
#include "harness/inventory/unreferenced.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "harness/inventory/folder_content.h"
#include "harness/inventory/stage_activity.h"
#include "harness/plan/earlier_stages.h"
#include "harness/plan/run_record.h"
#include "models/io/error.h"

namespace imp::harness {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kLock = ".lock-", kLease = ".lease-", kDamaged = ".damaged-", kTrash = ".trash-";

std::vector<fs::path> entries_of(const fs::path& folder) {
  std::vector<fs::path> entries;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
    entries.push_back(entry->path());
  std::sort(entries.begin(), entries.end());
  return entries;
}

/// `name.aside-1234`, as write_file_atomically names what it writes.
bool is_half_written(const std::string& name) {
  constexpr std::string_view kAside = ".aside-";
  const std::size_t at = name.rfind(kAside);
  return at != std::string::npos && at + kAside.size() < name.size() &&
         name.find_first_not_of("0123456789", at + kAside.size()) == std::string::npos;
}

/// `<kind>-<key>` of that and of `<kind>-<key>.<who makes it>`.
std::string without_token(const std::string& name) {
  return name.substr(0, name.find('.'));
}

class Search {
 public:
  explicit Search(const fs::path& runs)
      : runs_(runs), sweeps_(read_run_folders(runs)), referenced_(referenced_stages(runs, sweeps_)) {}

  Unreferenced search() {
    for (const fs::path& path : entries_of(runs_)) look_at_top(path);
    for (const SweepFolder& sweep : sweeps_) look_at_sweep(sweep);
    return std::move(found_);
  }

 private:
  void leave_alone(const fs::path& path, std::string reason) {
    found_.left_alone.push_back({path.lexically_relative(runs_), std::move(reason)});
  }

  void add(Leftover::Kind kind, const fs::path& path, std::string reason,
           std::optional<StageInput> stage = {}) {
    const FolderContent content = content_of(path);
    if (is_recent(content.written)) return leave_alone(path, "was written in the last hour");
    found_.leftovers.push_back(
        {kind, path.lexically_relative(runs_), std::move(reason), content.bytes, std::move(stage)});
  }

  void look_at_top(const fs::path& path) {
    const std::string name = path.filename().string();
    const bool is_sweep = std::any_of(sweeps_.begin(), sweeps_.end(),
                                      [&](const SweepFolder& sweep) { return sweep.name == name; });
    if (is_sweep) return;
    if (is_link(path)) return leave_alone(path, "is a link, which is not followed");
    if (name == "stages" && is_folder(path)) return look_at_stages(path);
    if (name.starts_with(kTrash) && is_folder(path)) {
      // On its way out already, however new.
      found_.leftovers.push_back({Leftover::Kind::trash,
                                  path.lexically_relative(runs_),
                                  "an earlier gc was stopped while it removed this",
                                  content_of(path).bytes,
                                  {}});
      return;
    }
    leave_alone(path, "is not imp's");
  }

  void look_at_stages(const fs::path& stages) {
    for (const fs::path& path : entries_of(stages)) {
      const std::string name = path.filename().string();
      if (is_link(path)) {
        leave_alone(path, "is a link, which is not followed");
      } else if ((name.starts_with(kLock) || name.starts_with(kLease)) && !is_folder(path)) {
        continue;  // small, and somebody may be about to take it
      } else if (name.starts_with(kMaking) && is_folder(path)) {
        look_at_unfinished(stages, path, without_token(name.substr(kMaking.size())));
      } else if (name.starts_with(kDamaged) && is_folder(path)) {
        look_at_set_aside(path, without_token(name.substr(kDamaged.size())));
      } else if (is_half_written(name) && !is_folder(path)) {
        add(Leftover::Kind::half_written_file, path, "was being written when its writer ended");
      } else if (const auto stage = stage_of_folder(name); stage && is_folder(path)) {
        look_at_stage(stages, path, *stage);
      } else {
        leave_alone(path, "is not imp's");
      }
    }
  }

  void look_at_unfinished(const fs::path& stages, const fs::path& path, const std::string& name) {
    const auto stage = stage_of_folder(name);
    if (!stage) return leave_alone(path, "is not imp's");
    if (is_being_made(stages, name)) return leave_alone(path, "is being made");
    if (fs::exists(stages / name / "stage.json"))
      return add(Leftover::Kind::unfinished_stage, path, "its stage is finished", stage);
    if (referenced_.contains(name)) return leave_alone(path, "a sweep that is not finished goes on from it");
    add(Leftover::Kind::unfinished_stage, path, "was interrupted, and no sweep or trial refers to it", stage);
  }

  void look_at_set_aside(const fs::path& path, const std::string& name) {
    if (!stage_of_folder(name)) return leave_alone(path, "is not imp's");
    add(Leftover::Kind::damaged_stage, path, "was damaged, and set aside so that it is made again");
  }

  void look_at_stage(const fs::path& stages, const fs::path& path, const StageInput& stage) {
    const std::string name = path.filename().string();
    const bool is_referenced = referenced_.contains(name);
    const auto record = read_finished_stage(path);
    if (record && is_referenced) {
      ++found_.stages_kept;
      return;
    }
    if (is_being_made(stages, name)) return leave_alone(path, "is being made");
    if (!record) return look_at_damaged(path, stage);
    if (is_from_newer_imp(path)) return leave_alone(path, "was made by a newer imp");
    add(Leftover::Kind::stage, path,
        record->made.empty() ? "no sweep or trial refers to it"
                             : fmt::format("made {}, and no sweep or trial refers to it", record->made),
        stage);
  }

  void look_at_damaged(const fs::path& path, const StageInput& stage) {
    if (is_from_newer_imp(path)) return leave_alone(path, "was made by a newer imp");
    add(Leftover::Kind::damaged_stage, path, "has no readable stage.json, so it counts as not made", stage);
  }

  static bool is_from_newer_imp(const fs::path& folder) {
    try {
      (void)read_run_record(folder / "stage.json");
    } catch (const Error& error) {
      return error.kind() == ErrorKind::environment;
    }
    return false;
  }

  void look_at_sweep(const SweepFolder& sweep) {
    for (const fs::path& path : entries_of(sweep.folder)) {
      if (is_half_written(path.filename().string()) && !is_folder(path) && !is_link(path))
        add(Leftover::Kind::half_written_file, path, "was being written when its writer ended");
    }
    const fs::path questions = sweep.folder / "questions";
    // A trial that runs may be about to refer to what no trial has yet.
    if (!sweep.is_finished() || !is_folder(questions)) return;
    std::set<fs::path> asked;
    for (const TrialRecord& trial : sweep.trials) {
      if (!trial.outcome.is_object() || !trial.outcome.contains("questions")) continue;
      for (const auto& [benchmark, name] : trial.outcome["questions"].items())
        if (name.is_string()) asked.insert(questions / benchmark / name.get<std::string>());
    }
    for (const fs::path& benchmark : entries_of(questions)) {
      if (is_link(benchmark) || !is_folder(benchmark)) continue;
      if (benchmark.filename().string().starts_with(".new-")) {
        add(Leftover::Kind::question_record, benchmark, "was being written when its writer ended");
        continue;
      }
      for (const fs::path& record : entries_of(benchmark)) {
        if (!asked.contains(record) && is_folder(record))
          add(Leftover::Kind::question_record, record, "no trial of the sweep was asked these");
      }
    }
  }

  fs::path runs_;
  std::vector<SweepFolder> sweeps_;
  std::unordered_set<std::string> referenced_;
  Unreferenced found_;
};

}  // namespace

std::string_view kind_name(Leftover::Kind kind) {
  switch (kind) {
    case Leftover::Kind::stage:
      return "stage";
    case Leftover::Kind::unfinished_stage:
      return "unfinished stage";
    case Leftover::Kind::damaged_stage:
      return "damaged stage";
    case Leftover::Kind::question_record:
      return "question record";
    case Leftover::Kind::half_written_file:
      return "half-written file";
    case Leftover::Kind::trash:
      break;
  }
  return "trash";
}

std::optional<StageInput> stage_of_folder(const std::string& name) {
  constexpr std::size_t kDigits = 32;
  const std::size_t dash = name.find('-');
  if (dash == std::string::npos || name.size() != dash + 1 + kDigits) return std::nullopt;
  StageInput stage{name.substr(0, dash), name.substr(dash + 1)};
  if (stage.key.find_first_not_of("0123456789abcdef") != std::string::npos || !is_stage_kind(stage.kind))
    return std::nullopt;
  return stage;
}

std::unordered_set<std::string> referenced_stages(const fs::path& runs,
                                                  const std::vector<SweepFolder>& sweeps) {
  std::unordered_set<std::string> referenced;
  std::vector<StageInput> open;
  const auto refer = [&](const StageInput& stage) {
    if (referenced.insert(stage.folder()).second) open.push_back(stage);
  };
  for (const SweepFolder& sweep : sweeps) {
    for (const TrialRecord& trial : sweep.trials) {
      for (const StageInput& stage : trial.planned) refer(stage);
      for (const StageInput& stage : trial.used) refer(stage);
    }
  }
  while (!open.empty()) {
    const StageInput stage = open.back();
    open.pop_back();
    const auto record = read_finished_stage(runs / "stages" / stage.folder());
    if (!record) continue;
    for (const StageInput& input : record->inputs) refer(input);
    if (record->trunk) refer(*record->trunk);
  }
  return referenced;
}

Unreferenced find_unreferenced(const fs::path& runs) {
  return Search(runs).search();
}

}  // namespace imp::harness
