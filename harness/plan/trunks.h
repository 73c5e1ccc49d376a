// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "harness/plan/plan.h"

namespace imp::harness {

/// Lets trials that differ in stage 2 in `epochs` alone train in common what they can: with the schedule
/// warmup_stable_decay their rates are the same until the shorter one cools down. Inserts `trunk` stages,
/// each from the end of the one before to where the next cooldown begins, in front of the `finetune` stages,
/// and says which trunk a stage goes on from. No key changes: through trunks or in one piece, the result is
/// the same bits. Trials whose `max_steps` stands in place of epochs are left alone.
void add_trunks(std::vector<PlannedTrial>& trials);

/// Marks trunks that are not there and need not be, as all that goes on from them is finished.
void leave_out_trunks(Plan& plan);

/// What trunks save of a plan's pending second training stages.
struct TrunkSaving {
  double epochs = 0;              ///< that will be trained
  double epochs_apart = 0;        ///< that would be, each trial for itself
  std::optional<double> seconds;  ///< saved; nothing where no stage's time is known
};

/// The saving of a plan whose stages are judged; nothing without a pending trunk.
[[nodiscard]] std::optional<TrunkSaving> trunk_saving(const Plan& plan);

}  // namespace imp::harness
