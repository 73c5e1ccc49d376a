// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <string>

#include "harness/plan/diagnostics.h"
#include "harness/plan/trial_config.h"

namespace imp::harness {

/// Refuses values that are fine each alone but not together (a micro-batch larger than its batch). `locate`
/// says where a key is set. has_benchmarks: the trained cell will be asked questions.
void check_together(const TrialConfig& config, bool has_benchmarks,
                    const std::function<Location(std::string_view key)>& locate, Diagnostics& diagnostics);

}  // namespace imp::harness
