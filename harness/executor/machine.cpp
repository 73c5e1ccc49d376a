// SPDX-License-Identifier: Apache-2.0
#include "harness/executor/machine.h"

#include <sched.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <string>

#include "harness/plan/memory_estimate.h"
#include "harness/plan/plan_devices.h"

namespace imp::harness {
namespace {

constexpr std::int64_t kSmall = std::int64_t{2} << 30;  ///< bytes of a process that `auto` runs beside others

int allowed_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  return ::sched_getaffinity(0, sizeof set, &set) == 0 ? std::max(1, CPU_COUNT(&set)) : 1;
}

/// A line of /proc/meminfo, in bytes.
std::int64_t meminfo(const std::string& name) {
  std::ifstream file("/proc/meminfo");
  std::string word;
  std::int64_t kib = 0;
  while (file >> word) {
    if (word == name + ":" && file >> kib) return kib * 1024;
    file.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  }
  return 0;
}

int jobs_by_rule(const Plan& plan, const Machine& machine) {
  std::int64_t largest = kIdleProgram;
  for (const PlannedTrial& trial : plan.trials) {
    if (runs_on_gpu(trial.trial.config, plan)) return 1;
    for (const std::size_t stage : trial.planned)
      largest = std::max(largest, memory_of(plan.stages[stage]).process);
  }
  const auto jobs = std::min<std::int64_t>(machine.cores, static_cast<std::int64_t>(plan.trials.size()));
  return largest <= kSmall && largest * jobs <= machine.memory ? static_cast<int>(jobs) : 1;
}

}  // namespace

Machine measure_machine() {
  const char* threads = std::getenv("OMP_NUM_THREADS");
  return {allowed_cores(), threads == nullptr ? 0 : std::max(0, std::atoi(threads)), meminfo("MemTotal"),
          meminfo("MemAvailable")};
}

Jobs choose_jobs(const std::string& asked, const Plan& plan, const Machine& machine) {
  Jobs jobs;
  jobs.count = std::max(1, asked == "auto" ? jobs_by_rule(plan, machine) : std::stoi(asked));
  jobs.threads = std::max(1, machine.cores / jobs.count);
  if (machine.most_threads > 0) jobs.threads = std::min(jobs.threads, machine.most_threads);
  return jobs;
}

PredictedMemory memory_of(const PlannedStage& stage) {
  return {stage.memory ? stage.memory->total() : 0, stage.device_memory ? stage.device_memory->total() : 0};
}

bool fit_together(const std::vector<PredictedMemory>& processes, const Machine& machine,
                  std::int64_t device_memory) {
  PredictedMemory sum;
  for (const PredictedMemory& memory : processes) {
    sum.process += memory.process;
    sum.device += memory.device;
  }
  const bool has_memory = machine.available_memory == 0 || sum.process <= machine.available_memory;
  return has_memory && (sum.device == 0 || sum.device <= device_memory);
}

}  // namespace imp::harness
