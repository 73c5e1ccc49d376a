// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "harness/lease/lease.h"
#include "harness/plan/stage_request.h"

namespace imp::harness {

/// What making a stage took.
struct StageCost {
  double seconds = 0.0;
  double flops =
      std::numeric_limits<double>::quiet_NaN();  ///< of the whole stage; not a number where not known
  std::optional<double> energy_joules = {};      ///< nothing where it was not measured
  std::int64_t peak_memory_bytes = 0;            ///< of the process meanwhile; 0: not known
  std::string device = "cpu";                    ///< on which it was made last
  std::int64_t peak_device_bytes = 0;            ///< taken from the GPU meanwhile
  int threads = 0;                               ///< that computed last; 0: not known
};

/// Another process has taken over what this one was making, since it gave no sign of life for long.
struct LeaseLost : std::runtime_error {
  LeaseLost() : std::runtime_error("another process has taken over") {}
};

/// The content-addressed stages below `<runs>/stages`. A stage is whole or absent: it is made in a folder
/// aside, which is renamed when everything in it is on disk. Who makes one holds a lease on it (lease.h), and
/// the folder aside is named after that lease: a successor renames it first, so that nothing which a
/// stalled process still writes gets into it, and it can publish nothing.
class StageStore {
 public:
  explicit StageStore(std::filesystem::path runs, LeaseTiming timing = {});

  /// Folder of a finished stage, whether it exists or not.
  [[nodiscard]] std::filesystem::path folder(const std::string& kind, const std::string& key) const;
  [[nodiscard]] bool has(const StageRequest& request) const;

  /// What is wrong with a finished stage's files, in words; empty: nothing. Sizes are looked at each time,
  /// contents once in the life of this object.
  [[nodiscard]] std::string damage(const StageRequest& request) const;
  /// Moves a damaged stage to `.damaged-<stage>.<token>`, so that it is made again.
  void set_aside_damaged(const StageRequest& request, const Lease& lease) const;

  /// Waits until no other process makes this stage; `waiting` is told once who does. Throws Interrupted when
  /// `stop` becomes true, imp::Error (environment) if the folder cannot be written.
  [[nodiscard]] Lease claim(const StageRequest& request, const std::atomic<bool>& stop,
                            const std::function<void(const LeaseOwner&)>& waiting = {}) const;
  /// Who makes it at the moment, if anyone does.
  [[nodiscard]] std::optional<LeaseOwner> maker(const StageRequest& request) const;
  /// All who make a stage at the moment, by its folder's name.
  [[nodiscard]] std::map<std::string, LeaseOwner> makers() const { return leases_->holders(); }

  /// The folder aside in which a stage is made. `resumable`: what an earlier, killed attempt left there is
  /// kept, less the files that were being written when it ended. Throws LeaseLost.
  [[nodiscard]] std::filesystem::path begin(const StageRequest& request, const Lease& lease,
                                            bool resumable) const;

  /// Notes what an attempt took that did not finish the stage, beside what it left to go on from.
  void note_unfinished(const StageRequest& request, const Lease& lease, const StageCost& cost) const;

  /// Writes stage.json into the folder aside, with a hash of every file and the costs of the attempts that
  /// this one went on from, and renames it into place. Returns the costs of all of them. Throws LeaseLost.
  StageCost publish(const StageRequest& request, const Lease& lease, const StageCost& cost) const;

 private:
  [[nodiscard]] std::filesystem::path aside(const StageRequest& request, const Lease& lease) const;

  std::filesystem::path stages_;
  std::shared_ptr<Leases> leases_;
  /// Stages whose contents were found whole, with the time of their record.
  std::shared_ptr<std::map<std::string, std::filesystem::file_time_type>> known_whole_;
};

}  // namespace imp::harness
