// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "harness/plan/plan.h"

namespace imp::harness {

/// Gives FLOP a second; called at most once, and only where no stage made on this machine tells it.
using MeasureRate = std::function<double()>;

/// Fills in PlannedStage::seconds of what is still to be made, and where they come from. In this order: an
/// earlier stage of the kind on this machine, scaled by FLOPs where both are known; the FLOP rate of its
/// other stages; a measured rate. Stages on a GPU take GPU stages' rates only, so that they may stay unknown,
/// as may a first pretraining. Notes in words what is not from a stage of the kind.
void estimate_times(Plan& plan, const MeasureRate& measure);

}  // namespace imp::harness
