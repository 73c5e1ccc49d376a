// SPDX-License-Identifier: Apache-2.0
#include "harness/stages/stage_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "harness/executor/provenance.h"
#include "harness/plan/earlier_stages.h"
#include "harness/stages/stage_files.h"
#include "harness/train/training_loop.h"
#include "models/io/error.h"
#include "models/io/file.h"
#include "models/io/host_name.h"

namespace imp::harness {
namespace fs = std::filesystem;

namespace {

/// A killed attempt may leave files that were still being written aside (write_file_atomically); they are no
/// part of a stage.
void remove_half_written(const fs::path& folder) {
  std::vector<fs::path> leftovers;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().filename().string().find(".aside-") != std::string::npos)
      leftovers.push_back(entry.path());
  }
  for (const fs::path& leftover : leftovers) fs::remove(leftover);
}

/// Folders in which earlier attempts made a stage.
std::vector<fs::path> folders_of_attempts(const fs::path& stages, const StageRequest& request) {
  std::vector<fs::path> folders;
  for (const fs::directory_entry& entry : fs::directory_iterator(stages)) {
    if (is_attempt_at(entry.path().filename().string(), request.folder())) folders.push_back(entry.path());
  }
  return folders;
}

/// Whoever wrote here may be stalled rather than dead, with logs open that it would go on appending to. So
/// each file that is not always written whole becomes a copy of itself.
void part_from_open_files(const fs::path& folder) {
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && entry.path().extension() != ".safetensors")
      write_file_atomically(entry.path(), read_file(entry.path()));
  }
}

/// What attempts that ended before the stage was whole took; no part of a finished stage.
constexpr const char* kUnfinished = "unfinished.json";

nlohmann::json or_null(const std::optional<double>& value) {
  return value ? nlohmann::json(*value) : nlohmann::json(nullptr);
}

/// A killed attempt could write nothing, and of a broken file nothing is known: its time is lost then.
StageCost with_earlier_attempts(const fs::path& folder, StageCost cost) {
  if (!fs::exists(folder / kUnfinished)) return cost;
  const auto earlier = nlohmann::json::parse(read_file(folder / kUnfinished), nullptr, false);
  const auto number = [&](const char* key) -> std::optional<double> {
    if (!earlier.is_object() || !earlier.contains(key) || !earlier[key].is_number()) return std::nullopt;
    return earlier[key].get<double>();
  };
  cost.seconds += number("seconds").value_or(0.0);
  const auto joules = number("energy_joules");
  cost.energy_joules =
      joules && cost.energy_joules ? std::optional(*joules + *cost.energy_joules) : std::nullopt;
  cost.peak_memory_bytes =
      std::max(cost.peak_memory_bytes, static_cast<std::int64_t>(number("peak_memory_bytes").value_or(0.0)));
  return cost;
}

}  // namespace

StageStore::StageStore(fs::path runs, LeaseTiming timing)
    : stages_(std::move(runs) / "stages"),
      leases_(std::make_shared<Leases>(stages_, timing)),
      known_whole_(std::make_shared<std::map<std::string, fs::file_time_type>>()) {}

fs::path StageStore::folder(const std::string& kind, const std::string& key) const {
  return stages_ / (kind + "-" + key);
}

fs::path StageStore::aside(const StageRequest& request, const Lease& lease) const {
  return stages_ / (std::string(kMaking) + request.folder() + "." + lease.token());
}

bool StageStore::has(const StageRequest& request) const {
  return read_finished_stage(folder(request.kind, request.key)).has_value();
}

std::string StageStore::damage(const StageRequest& request) const {
  const fs::path stage = folder(request.kind, request.key);
  std::error_code absent;
  const fs::file_time_type made = fs::last_write_time(stage / "stage.json", absent);
  const auto known = known_whole_->find(request.key);
  const bool by_content = known == known_whole_->end() || known->second != made;
  std::string damage = damage_of_stage(stage, by_content);
  if (damage.empty()) known_whole_->insert_or_assign(request.key, made);
  return damage;
}

void StageStore::set_aside_damaged(const StageRequest& request, const Lease& lease) const {
  std::error_code error;
  fs::rename(folder(request.kind, request.key),
             stages_ / (".damaged-" + request.folder() + "." + lease.token()), error);
  if (error) {
    throw Error(fmt::format("{}: is damaged and cannot be renamed: {}",
                            folder(request.kind, request.key).string(), error.message()),
                ErrorKind::environment);
  }
}

Lease StageStore::claim(const StageRequest& request, const std::atomic<bool>& stop,
                        const std::function<void(const LeaseOwner&)>& waiting) const {
  if (auto lease = leases_->take(request.folder(), stop, waiting)) return std::move(*lease);
  throw Interrupted();
}

std::optional<LeaseOwner> StageStore::maker(const StageRequest& request) const {
  return leases_->holder(request.folder());
}

fs::path StageStore::begin(const StageRequest& request, const Lease& lease, bool resumable) const {
  if (!lease.is_held()) throw LeaseLost();
  const fs::path folder = aside(request, lease);
  std::error_code error;
  for (const fs::path& left : folders_of_attempts(stages_, request)) {
    if (left == folder) continue;
    // Renamed before it is removed, too: then nobody writes there any more.
    const fs::path taken = fs::exists(folder) ? fs::path(folder.string() + ".old") : folder;
    fs::rename(left, taken, error);
    if (error && error != std::errc::no_such_file_or_directory) {
      throw Error(fmt::format("{}: cannot rename: {}", left.string(), error.message()),
                  ErrorKind::environment);
    }
    if (!resumable || taken != folder) fs::remove_all(taken, error);
  }
  if (!resumable) fs::remove_all(folder, error);
  error.clear();
  fs::create_directories(folder, error);
  if (error)
    throw Error(fmt::format("{}: cannot create folder: {}", folder.string(), error.message()),
                ErrorKind::environment);
  remove_half_written(folder);
  part_from_open_files(folder);
  return folder;
}

void StageStore::note_unfinished(const StageRequest& request, const Lease& lease,
                                 const StageCost& cost) const {
  const fs::path folder = aside(request, lease);
  if (!fs::exists(folder)) return;
  const StageCost so_far = with_earlier_attempts(folder, cost);
  const nlohmann::json record{{"seconds", so_far.seconds},
                              {"energy_joules", or_null(so_far.energy_joules)},
                              {"peak_memory_bytes", so_far.peak_memory_bytes}};
  write_file_atomically(folder / kUnfinished, record.dump() + "\n");
}

StageCost StageStore::publish(const StageRequest& request, const Lease& lease, const StageCost& last) const {
  const fs::path made = aside(request, lease);
  const StageCost cost = with_earlier_attempts(made, last);
  fs::remove(made / kUnfinished);
  nlohmann::ordered_json record;
  record["schema"] = 1;
  record["kind"] = request.kind;
  record["key"] = request.key;
  record["version"] = request.version;
  record["parameters"] = request.parameters;
  record["inputs"] = nlohmann::ordered_json::array();
  for (const StageInput& input : request.inputs) record["inputs"].push_back(as_json(input));
  if (request.trunk) record["trunk"] = as_json(*request.trunk);
  if (request.own_epochs > 0) record["own_epochs"] = request.own_epochs;
  record["made"] = iso_time_now();
  record["seconds"] = cost.seconds;
  record["host"] = host_name();
  record["flops"] =
      std::isnan(cost.flops) ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(cost.flops);
  record["energy_joules"] = or_null(cost.energy_joules);
  if (cost.peak_memory_bytes > 0) record["peak_memory_bytes"] = cost.peak_memory_bytes;
  record["device"] = cost.device;
  if (cost.peak_device_bytes > 0) record["peak_device_memory_bytes"] = cost.peak_device_bytes;
  if (cost.threads > 0) record["threads"] = cost.threads;
  record["files"] = list_stage_files(made);
  write_file_atomically(made / "stage.json", record.dump(2) + "\n");
  if (!lease.is_held() || has(request)) throw LeaseLost();
  const fs::path target = folder(request.kind, request.key);
  if (fs::exists(target)) fs::remove_all(target);  // without a readable stage.json: what a full disk left
  publish_directory(made, target);
  std::error_code absent;
  known_whole_->insert_or_assign(request.key, fs::last_write_time(target / "stage.json", absent));
  return cost;
}

}  // namespace imp::harness
