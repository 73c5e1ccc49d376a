// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/executor/trial_runner.h"

namespace imp::harness {

/// Before the first trial: makes the pictures stages that trials with work left lack, with the data that they
/// look at. Throws imp::Error (usage) with all pictures that cannot be read, Interrupted.
void look_at_pictures(const Plan& plan, TrialRunner& runner);

}  // namespace imp::harness
