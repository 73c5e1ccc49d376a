// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/autocast_mode.h>

namespace imp::harness {

/// Runs matrix products in bfloat16 (float32 accumulation) while the weights stay float32, for the life of
/// the guard.
class AutocastGuard {
 public:
  explicit AutocastGuard(bool enabled, at::DeviceType device = at::kCPU)
      : device_(device), before_(at::autocast::is_autocast_enabled(device)) {
    if (!enabled) return;
    at::autocast::set_autocast_enabled(device_, true);
    at::autocast::set_autocast_dtype(device_, at::kBFloat16);
    at::autocast::increment_nesting();
  }
  ~AutocastGuard() {
    if (at::autocast::is_autocast_enabled(device_) == before_) return;
    if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
    at::autocast::set_autocast_enabled(device_, before_);
  }
  AutocastGuard(const AutocastGuard&) = delete;
  AutocastGuard& operator=(const AutocastGuard&) = delete;

 private:
  at::DeviceType device_;
  bool before_;
};

}  // namespace imp::harness
