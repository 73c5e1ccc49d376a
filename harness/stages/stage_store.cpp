// SPDX-License-Identifier: Apache-2.0
#include "harness/stages/stage_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "harness/executor/provenance.h"
#include "harness/plan/earlier_stages.h"
#include "models/io/error.h"
#include "models/io/file.h"

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

StageStore::StageStore(fs::path runs) : stages_(std::move(runs) / "stages") {}

fs::path StageStore::folder(const std::string& kind, const std::string& key) const {
  return stages_ / (kind + "-" + key);
}

fs::path StageStore::aside(const StageRequest& request) const {
  return stages_ / (".making-" + request.folder());
}

bool StageStore::has(const StageRequest& request) const {
  return read_finished_stage(folder(request.kind, request.key)).has_value();
}

StageStore::Claim::Claim(Claim&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

StageStore::Claim::~Claim() {
  if (descriptor_ >= 0) ::close(descriptor_);  // releases the lock, as does the process's end
}

StageStore::Claim StageStore::claim(const StageRequest& request) const {
  std::error_code error;
  fs::create_directories(stages_, error);
  if (error)
    throw Error(fmt::format("{}: cannot create folder: {}", stages_.string(), error.message()),
                ErrorKind::environment);
  const fs::path lock = stages_ / (".lock-" + request.folder());
  const int descriptor = ::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor < 0) {
    throw Error(fmt::format("{}: cannot write: {}", lock.string(), std::strerror(errno)),
                ErrorKind::environment);
  }
  Claim claim(descriptor);
  while (::flock(descriptor, LOCK_EX) != 0) {
    if (errno != EINTR) {
      throw Error(fmt::format("{}: cannot lock: {}", lock.string(), std::strerror(errno)),
                  ErrorKind::environment);
    }
  }
  return claim;
}

fs::path StageStore::begin(const StageRequest& request, bool resumable) const {
  const fs::path folder = aside(request);
  std::error_code error;
  if (!resumable) fs::remove_all(folder, error);
  fs::create_directories(folder, error);
  if (error)
    throw Error(fmt::format("{}: cannot create folder: {}", folder.string(), error.message()),
                ErrorKind::environment);
  remove_half_written(folder);
  return folder;
}

void StageStore::note_unfinished(const StageRequest& request, const StageCost& cost) const {
  const StageCost so_far = with_earlier_attempts(aside(request), cost);
  const nlohmann::json record{{"seconds", so_far.seconds},
                              {"energy_joules", or_null(so_far.energy_joules)},
                              {"peak_memory_bytes", so_far.peak_memory_bytes}};
  write_file_atomically(aside(request) / kUnfinished, record.dump() + "\n");
}

StageCost StageStore::publish(const StageRequest& request, const StageCost& last) const {
  const StageCost cost = with_earlier_attempts(aside(request), last);
  fs::remove(aside(request) / kUnfinished);
  nlohmann::ordered_json record;
  record["schema"] = 1;
  record["kind"] = request.kind;
  record["key"] = request.key;
  record["version"] = request.version;
  record["parameters"] = request.parameters;
  record["inputs"] = nlohmann::ordered_json::array();
  for (const StageInput& input : request.inputs)
    record["inputs"].push_back({{"kind", input.kind}, {"key", input.key}});
  if (request.trunk) record["trunk"] = {{"kind", request.trunk->kind}, {"key", request.trunk->key}};
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
  write_file_atomically(aside(request) / "stage.json", record.dump(2) + "\n");
  const fs::path target = folder(request.kind, request.key);
  if (fs::exists(target)) fs::remove_all(target);  // without a readable stage.json: what a full disk left
  publish_directory(aside(request), target);
  return cost;
}

}  // namespace imp::harness
