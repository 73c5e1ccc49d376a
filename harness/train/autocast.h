// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/autocast_mode.h>

namespace imp::harness {

/// Runs matrix products in bfloat16 (float32 accumulation) while the weights stay float32, for the life of
/// the guard.
class AutocastGuard {
 public:
  explicit AutocastGuard(bool enabled) : before_(at::autocast::is_autocast_enabled(at::kCPU)) {
    if (!enabled) return;
    at::autocast::set_autocast_enabled(at::kCPU, true);
    at::autocast::set_autocast_dtype(at::kCPU, at::kBFloat16);
    at::autocast::increment_nesting();
  }
  ~AutocastGuard() {
    if (at::autocast::is_autocast_enabled(at::kCPU) == before_) return;
    if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
    at::autocast::set_autocast_enabled(at::kCPU, before_);
  }
  AutocastGuard(const AutocastGuard&) = delete;
  AutocastGuard& operator=(const AutocastGuard&) = delete;

 private:
  bool before_;
};

}  // namespace imp::harness
