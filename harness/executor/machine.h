// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/plan/plan.h"

namespace imp::harness {

/// What there is to give out.
struct Machine {
  int cores = 1;                                  ///< that this process may use
  int most_threads = 0;                           ///< of a process, by OMP_NUM_THREADS; 0: not set
  std::int64_t memory = 0, available_memory = 0;  ///< bytes; 0: not known
};
[[nodiscard]] Machine measure_machine();

/// How many trials run at once, and with how many threads each.
struct Jobs {
  int count = 1, threads = 1;
};

/// What `--jobs` means: a number, or `auto`. Many small trials at once are faster than one after another,
/// since a small model's loops are too short to divide; a large one fills the machine alone. So `auto` is a
/// job a core (no more than the sweep has trials) where every predicted stage is small and so many of them
/// fit into the machine's memory, and 1 otherwise and on a GPU (DESIGN.md, 47). It depends on the machine and
/// the sweep, not on what is left to do, since bits depend on the number of threads.
[[nodiscard]] Jobs choose_jobs(const std::string& asked, const Plan& plan, const Machine& machine);

/// Largest predicted memory of a process, and of the GPU, by the stages of a plan.
struct PredictedMemory {
  std::int64_t process = 0, device = 0;
};
[[nodiscard]] PredictedMemory memory_of(const PlannedStage& stage);

/// Whether all of these fit beside each other into the memory that is free and that of the GPU, if there is
/// one.
[[nodiscard]] bool fit_together(const std::vector<PredictedMemory>& processes, const Machine& machine,
                                std::int64_t device_memory);

}  // namespace imp::harness
