// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "harness/plan/earlier_stages.h"
#include "harness/plan/plan.h"

namespace imp::harness {

// Whether features are kept on disk is in no stage's key: a training takes those of its features stage where
// that is there, and asks the encoder where it is not. So features that were made once are used, and a study
// goes on from its stages whatever is chosen for the rest.

/// Takes features stages that are not there out of a trial with `features: computed`.
void leave_out_computed(PlannedTrial& trial, const EarlierStages& earlier);

/// Takes features stages out of a plan that are not there and that no unfinished stage will ask.
void leave_out_unasked(Plan& plan);

/// Chooses for trials with `features: auto`: cached, unless the stages of the plan would leave less than a
/// tenth of `available` bytes; the features stages that only such trials have are then taken out. Reads
/// PlannedStage::bytes and Plan::bytes, and fills in Plan::features.
void choose_features(Plan& plan, std::int64_t available);

/// Whether a trial has stages to make from features that no stage of the plan keeps.
[[nodiscard]] bool computes_features(const PlannedTrial& planned, const Plan& plan);

}  // namespace imp::harness
