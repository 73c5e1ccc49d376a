// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace imp::harness {

/// Where the kernel shows the processors' energy counters (RAPL).
inline constexpr const char* kPowercap = "/sys/class/powercap";

/// Energy that the processors' packages and the memory beside them have taken since the meter was made,
/// whatever ran on them: the zones `intel-rapl:<n>` (AMD's have the same name) and, of their parts, `dram`,
/// which is no part of a package. Other parts are in their package's sum, and `psys` has the packages in its.
class EnergyMeter {
 public:
  explicit EnergyMeter(const std::filesystem::path& folder = kPowercap);

  /// Reads the counters, which begin anew at max_energy_range_uj: to be called more often than they can come
  /// round, which takes minutes.
  void sample();
  /// Until the last sample. Nothing where there is no package's counter, or one that cannot be read (since
  /// Linux 5.10 root alone may): then it is not known.
  [[nodiscard]] std::optional<double> joules() const;

 private:
  struct Zone {
    std::filesystem::path counter;
    std::uint64_t range = 0, last = 0, total = 0;  ///< microjoules
  };
  std::vector<Zone> zones_;
  bool has_package_ = false, is_readable_ = true;
};

/// Measures from its construction on, on a thread that samples every 20 s.
class EnergyRecorder {
 public:
  explicit EnergyRecorder(const std::filesystem::path& folder = kPowercap);
  /// Ends the measurement. Joules, or nothing where they cannot be measured.
  [[nodiscard]] std::optional<double> finish();

 private:
  EnergyMeter meter_;
  std::mutex mutex_;
  std::condition_variable_any woken_;
  std::jthread sampler_;
};

}  // namespace imp::harness
