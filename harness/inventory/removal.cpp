// SPDX-License-Identifier: Apache-2.0
#include "harness/inventory/removal.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <map>

#include "harness/inventory/folder_content.h"
#include "harness/inventory/stage_activity.h"
#include "models/io/error.h"

namespace imp::harness {
namespace fs = std::filesystem;
namespace {

[[noreturn]] void fail(const fs::path& path, const char* action, const std::error_code& error) {
  throw Error(fmt::format("{}: cannot {}: {}", path.string(), action, error.message()),
              ErrorKind::environment);
}

/// What sweeps refer to, read again when one of their records has changed.
class References {
 public:
  explicit References(fs::path runs) : runs_(std::move(runs)) {}

  [[nodiscard]] bool has(const StageInput& stage) {
    // The records first: one that is written meanwhile is seen the next time.
    if (auto records = records_now(); records != records_) {
      records_ = std::move(records);
      referenced_ = referenced_stages(runs_, read_run_folders(runs_));
    }
    return referenced_.contains(stage.folder());
  }

 private:
  using Records = std::map<fs::path, fs::file_time_type>;

  /// A sweep writes its record before it takes up its first stage, and outcomes name no others.
  [[nodiscard]] Records records_now() const {
    Records records;
    std::error_code error;
    for (fs::directory_iterator entry(runs_, error), end; !error && entry != end; entry.increment(error)) {
      std::error_code absent;
      const fs::path file = entry->path() / "sweep.json";
      const auto written = fs::last_write_time(file, absent);
      if (!absent) records.emplace(file, written);
    }
    return records;
  }

  fs::path runs_;
  std::optional<Records> records_;
  std::unordered_set<std::string> referenced_;
};

class Remover {
 public:
  Remover(const fs::path& runs, const ClaimStage& claim)
      : runs_(runs), claim_(claim), references_(runs), trash_(runs / trash_name()) {}

  Removal remove(const std::vector<Leftover>& leftovers) {
    for (const Leftover& leftover : leftovers)
      leftover.stage ? put_stage_aside(leftover, *leftover.stage) : put_aside(leftover);
    empty_trash();
    return std::move(removal_);
  }

 private:
  static std::string trash_name() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return fmt::format(".trash-{}-{}", std::chrono::duration_cast<std::chrono::seconds>(now).count(),
                       ::getpid());
  }

  void put_stage_aside(const Leftover& leftover, const StageInput& stage) {
    const std::string name = stage.folder();
    // Asked before the claim, which would wait for as long as somebody makes the stage.
    if (is_being_made(runs_ / "stages", name)) return keep(leftover, "is being made");
    const std::shared_ptr<void> claim = claim_(stage);
    if (is_recent(content_of(runs_ / leftover.path).written)) return keep(leftover, "was written meanwhile");
    const bool is_damaged = leftover.kind == Leftover::Kind::damaged_stage;
    const bool is_finished = fs::exists(runs_ / "stages" / name / "stage.json");
    // Unfinished work beside a finished stage is nobody's, whoever refers to the stage.
    const bool is_spare = leftover.kind == Leftover::Kind::unfinished_stage && is_finished;
    if (!is_damaged && !is_spare && references_.has(stage)) return keep(leftover, "a sweep refers to it now");
    put_aside(leftover);
  }

  void keep(const Leftover& leftover, std::string reason) {
    removal_.kept.push_back({leftover.path, std::move(reason)});
  }

  void put_aside(const Leftover& leftover) {
    std::error_code error;
    fs::create_directory(trash_, error);
    if (error) fail(trash_, "create folder", error);
    const fs::path from = runs_ / leftover.path;
    fs::rename(from, trash_ / fmt::format("{}-{}", removal_.removed.size(), from.filename().string()), error);
    if (error == std::errc::no_such_file_or_directory) return keep(leftover, "was gone already");
    if (error) fail(from, "rename", error);
    removal_.removed.push_back(leftover);
  }

  void empty_trash() {
    std::error_code error;
    fs::remove_all(trash_, error);  // deletes links, not what they lead to
    if (error) fail(trash_, "delete", error);
  }

  fs::path runs_;
  const ClaimStage& claim_;
  References references_;
  fs::path trash_;
  Removal removal_;
};

}  // namespace

Removal remove_leftovers(const fs::path& runs, const std::vector<Leftover>& leftovers,
                         const ClaimStage& claim) {
  return Remover(runs, claim).remove(leftovers);
}

}  // namespace imp::harness
