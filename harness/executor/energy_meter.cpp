// SPDX-License-Identifier: Apache-2.0
#include "harness/executor/energy_meter.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <system_error>

namespace imp::harness {
namespace fs = std::filesystem;
namespace {

std::optional<std::uint64_t> read_number(const fs::path& file) {
  std::ifstream stream(file);
  std::uint64_t number = 0;
  if (!(stream >> number)) return std::nullopt;
  return number;
}

std::string read_word(const fs::path& file) {
  std::ifstream stream(file);
  std::string word;
  stream >> word;
  return word;
}

}  // namespace

EnergyMeter::EnergyMeter(const fs::path& folder) {
  std::error_code absent;
  for (const auto& entry : fs::directory_iterator(folder, absent)) {
    const std::string zone = entry.path().filename().string();
    if (!zone.starts_with("intel-rapl:")) continue;  // intel-rapl-mmio counts the same packages once more
    const std::string name = read_word(entry.path() / "name");
    const bool is_part = std::count(zone.begin(), zone.end(), ':') > 1;
    if (is_part ? name != "dram" : name == "psys") continue;
    has_package_ |= !is_part;
    const auto now = read_number(entry.path() / "energy_uj");
    is_readable_ &= now.has_value();
    zones_.push_back({entry.path() / "energy_uj",
                      read_number(entry.path() / "max_energy_range_uj").value_or(0), now.value_or(0), 0});
  }
}

void EnergyMeter::sample() {
  for (Zone& zone : zones_) {
    const auto now = read_number(zone.counter);
    is_readable_ &= now && (*now >= zone.last || zone.range >= zone.last);
    if (!is_readable_) return;
    // The counter's range is its largest value, after which it stands at 0.
    zone.total += *now >= zone.last ? *now - zone.last : zone.range - zone.last + *now + 1;
    zone.last = *now;
  }
}

std::optional<double> EnergyMeter::joules() const {
  if (!has_package_ || !is_readable_) return std::nullopt;
  std::uint64_t total = 0;
  for (const Zone& zone : zones_) total += zone.total;
  return static_cast<double>(total) * 1e-6;
}

EnergyRecorder::EnergyRecorder(const fs::path& folder)
    : meter_(folder), sampler_([this](const std::stop_token& stop) {
        std::unique_lock lock(mutex_);
        while (!woken_.wait_for(lock, stop, std::chrono::seconds(20), [&] { return stop.stop_requested(); }))
          meter_.sample();
      }) {}

std::optional<double> EnergyRecorder::finish() {
  sampler_.request_stop();
  if (sampler_.joinable()) sampler_.join();
  meter_.sample();
  return meter_.joules();
}

}  // namespace imp::harness
