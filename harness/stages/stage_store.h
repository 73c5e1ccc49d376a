// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>

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
};

/// The content-addressed stages below `<runs>/stages`. A stage is whole or absent: it is made in a folder
/// aside, which is renamed when everything in it is on disk.
class StageStore {
 public:
  explicit StageStore(std::filesystem::path runs);

  /// Folder of a finished stage, whether it exists or not.
  [[nodiscard]] std::filesystem::path folder(const std::string& kind, const std::string& key) const;
  [[nodiscard]] bool has(const StageRequest& request) const;

  /// Held while a stage is being made, so that two processes started at once make it once.
  class Claim {
   public:
    Claim(Claim&& other) noexcept;
    Claim& operator=(Claim&&) = delete;
    Claim(const Claim&) = delete;
    Claim& operator=(const Claim&) = delete;
    ~Claim();

   private:
    friend class StageStore;
    explicit Claim(int descriptor) : descriptor_(descriptor) {}
    int descriptor_;
  };
  /// Waits until no other process makes this stage. Throws imp::Error (environment) if the folder cannot be
  /// written.
  [[nodiscard]] Claim claim(const StageRequest& request) const;

  /// The folder aside in which a stage is made. `resumable`: what an earlier, killed attempt left there is
  /// kept, less the files that were being written when it ended.
  [[nodiscard]] std::filesystem::path begin(const StageRequest& request, bool resumable) const;

  /// Notes what an attempt took that did not finish the stage, beside what it left to go on from.
  void note_unfinished(const StageRequest& request, const StageCost& cost) const;

  /// Writes stage.json into the folder aside, with the costs of the attempts that this one went on from, and
  /// renames it into place. Returns the costs of all of them.
  StageCost publish(const StageRequest& request, const StageCost& cost) const;

 private:
  [[nodiscard]] std::filesystem::path aside(const StageRequest& request) const;

  std::filesystem::path stages_;
};

}  // namespace imp::harness
