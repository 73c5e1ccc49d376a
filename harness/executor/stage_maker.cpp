// SPDX-License-Identifier: Apache-2.0
#include "harness/executor/stage_maker.h"

#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <chrono>

#include "harness/executor/energy_meter.h"
#include "harness/executor/process_memory.h"
#include "models/device/compute_device.h"

namespace imp::harness {
namespace {

/// What a stage has taken so far.
class StageMeter {
 public:
  StageMeter(at::Device device, const StageWork& work, bool has_energy_meter) : device_(device), work_(work) {
    if (has_energy_meter) energy_.emplace();
    begin_peak_memory();
    models::begin_device_peak(device);
  }
  [[nodiscard]] StageCost read() {
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    return StageCost{seconds,
                     work_.flops,
                     energy_ ? energy_->finish() : std::nullopt,
                     peak_memory_bytes(),
                     models::describe(device_),
                     models::device_memory(device_).peak_reserved,
                     at::get_num_threads()};
  }

 private:
  at::Device device_;
  const StageWork& work_;
  std::optional<EnergyRecorder> energy_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace

StageBytes bytes_of_stages(const Plan& plan) {
  StageBytes bytes;
  for (const PlannedStage& stage : plan.stages)
    if (stage.bytes > 0) bytes[stage.request->key] = stage.bytes;
  return bytes;
}

StageMaker::StageMaker(const SweepSpec& spec, std::filesystem::path runs, const std::atomic<bool>& stop,
                       Progress& progress)
    : spec_(spec), stop_(stop), progress_(progress), store_(std::move(runs)) {}

at::Device StageMaker::device_of(const PlannedTrial& planned) {
  const std::string& name = planned.trial.config.device;
  const auto known = devices_.find(name);
  if (known != devices_.end()) return known->second;
  return devices_.emplace(name, models::resolve_device(name)).first->second;
}

bool StageMaker::has_whole(const StageRequest& request) const {
  return store_.has(request) && store_.damage(request).empty();
}

std::optional<double> StageMaker::make_if_missing(const PlannedTrial& planned, const StageRequest& request,
                                                  const std::string& label) {
  if (has_whole(request)) return std::nullopt;
  for (;;) {
    const Lease lease = store_.claim(request, stop_, [&](const LeaseOwner& owner) {
      progress_.say(fmt::format("{} {}: waits for process {} on {}, which makes it", label, request.kind,
                                owner.process.pid, owner.process.host));
    });
    if (stop_.load()) throw Interrupted();
    if (has_whole(request)) return std::nullopt;  // another process made it while this one waited
    if (store_.has(request)) {
      progress_.say(fmt::format("{}: {}; it is moved aside and made again",
                                store_.folder(request.kind, request.key).string(), store_.damage(request)));
      store_.set_aside_damaged(request, lease);
    }
    try {
      return make(planned, request, label, lease);
    } catch (const LeaseLost&) {
      progress_.say(
          fmt::format("{} {}: was stalled, and another process has taken it over", label, request.kind));
    }
  }
}

double StageMaker::make(const PlannedTrial& planned, const StageRequest& request, const std::string& label,
                        const Lease& lease) {
  progress_.begin_stage(planned.trial.name, request.kind, label + " " + request.kind);
  const at::Device device = device_of(planned);
  StageWork work;
  StageMeter meter(device, work, has_energy_meter_);
  const bool resumable = is_resumable(request.kind);
  const StageContext context{
      planned.trial, spec_,     request, store_, store_.begin(request, lease, resumable),
      stop_,         progress_, work,    device};
  try {
    const auto bytes = bytes_.find(request.key);
    if (bytes != bytes_.end()) context.wait_for_room(bytes->second);
    const models::StreamGuard stream(device);
    const models::DeterministicGuard same_bits(device, planned.trial.config.deterministic);
    make_stage(context);
    models::wait_for(device);
    const StageCost whole = store_.publish(request, lease, meter.read());
    progress_.end_stage(whole.seconds);
    return whole.seconds;
  } catch (...) {
    if (!lease.is_held()) {
      // Another one has taken the folder; what was written since stands below a name that is nobody else's.
      std::error_code ignored;
      std::filesystem::remove_all(context.folder, ignored);
      throw LeaseLost();
    }
    if (resumable) note_unfinished(request, lease, meter.read());
    throw;
  }
}

void StageMaker::note_unfinished(const StageRequest& request, const Lease& lease,
                                 const StageCost& cost) noexcept {
  try {
    store_.note_unfinished(request, lease, cost);
  } catch (const std::exception&) {
    return;  // a full disk, say: why the stage failed is what matters
  }
}

}  // namespace imp::harness
