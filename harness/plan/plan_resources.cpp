// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/plan_resources.h"

#include <fmt/format.h>

#include "harness/plan/plan_devices.h"

namespace imp::harness {
namespace {

using nlohmann::ordered_json;

/// `features: computed as rows come: those of about 350000 pictures are 547.5 GiB, and the disk has 120.0 GiB
/// free`.
std::string features_as_text(const Plan& plan) {
  if (!plan.features) return "";
  const FeaturesChoice& choice = *plan.features;
  return fmt::format("features: {}: those of about {} pictures are {}, and the disk has {} free\n",
                     choice.computed ? "computed as rows come" : "cached",
                     grouped(static_cast<std::size_t>(choice.pictures)), size_as_text(choice.bytes),
                     size_as_text(choice.available));
}

ordered_json features_as_json(const Plan& plan) {
  if (!plan.features) return nullptr;
  return {{"choice", plan.features->computed ? "computed" : "cached"},
          {"pictures", plan.features->pictures},
          {"bytes", plan.features->bytes},
          {"available", plan.features->available}};
}

/// `device: NVIDIA H200, 139.8 GiB, driver 580.1 (auto, 24 trials)`, a line a value of the key.
std::string devices_as_text(const Plan& plan) {
  std::string text;
  for (const PlannedDevice& device : planned_devices(plan)) {
    text += fmt::format("device: {} ({}, {} trial{}){}\n", device.device.empty() ? "none" : device.device,
                        device.asked, device.trials, device.trials == 1 ? "" : "s",
                        device.missing.empty() ? "" : ": " + device.missing);
  }
  return text;
}

ordered_json devices_as_json(const Plan& plan) {
  ordered_json devices = ordered_json::array();
  for (const PlannedDevice& device : planned_devices(plan)) {
    devices.push_back({{"asked", device.asked},
                       {"trials", device.trials},
                       {"device", device.device.empty() ? ordered_json() : ordered_json(device.device)},
                       {"missing", device.missing}});
  }
  return devices;
}

}  // namespace

std::string size_as_text(std::int64_t bytes) {
  const auto mib = static_cast<double>(bytes) / (1 << 20);
  if (mib < 1) return fmt::format("{:.0f} KiB", mib * 1024);
  return mib < 1024 ? fmt::format("{:.0f} MiB", mib) : fmt::format("{:.1f} GiB", mib / 1024);
}

std::string grouped(std::size_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, 1, ',');
  return text;
}

std::string resources_as_text(const Plan& plan) {
  const std::string disk = plan.bytes > 0 ? fmt::format("on disk: about {}\n", size_as_text(plan.bytes)) : "";
  return disk + features_as_text(plan) + devices_as_text(plan);
}

ordered_json resources_as_json(const Plan& plan) {
  return {{"bytes", plan.bytes}, {"features", features_as_json(plan)}, {"devices", devices_as_json(plan)}};
}

ordered_json memory_as_json(const std::optional<MemoryEstimate>& memory) {
  if (!memory) return nullptr;
  return {{"total", memory->total()},
          {"program", memory->program},
          {"frozen_weights", memory->frozen_weights},
          {"trained_weights", memory->trained_weights},
          {"activations", memory->activations}};
}

}  // namespace imp::harness
