// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/plan/plan.h"

namespace imp::harness {

/// Asks the driver for a GPU (Plan::gpu) where a trial with work left may run on one.
void look_for_gpu(Plan& plan);

/// Tells `diagnostics` of trials whose `dtype` the GPU that they would get cannot compute in, at the key, and
/// notes in the plan those that ask for a GPU where none can be had: only their run is refused.
void check_devices(Plan& plan, Diagnostics& diagnostics);

/// Throws imp::Error (environment) with the place and what is missing where a trial with work left asks for a
/// GPU that cannot be had.
void require_devices(const Plan& plan);

}  // namespace imp::harness
