// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/plan/diagnostics.h"
#include "harness/plan/expand.h"

namespace imp::harness {

/// Looks for every model, data file and picture folder that a trial needs, and notes each that is not there
/// with its place in the sweep file and what is to be put where, so that one plan tells all of them. What is
/// there is not opened. Returns whether all are there.
bool check_inputs(const Trial& trial, const SweepSpec& spec, Diagnostics& diagnostics);

/// What a configuration names of them: trials for which it is the same need the same ones.
[[nodiscard]] std::string inputs_named(const TrialConfig& config);

}  // namespace imp::harness
