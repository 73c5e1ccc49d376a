// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "harness/plan/diagnostics.h"
#include "harness/plan/sweep_spec.h"

namespace imp::harness {

/// Notes what is wrong with the claims file that a sweep names: absent, not readable, mistakes in it. Does
/// nothing for a sweep that names none.
void check_claims(const SweepSpec& spec, Diagnostics& diagnostics);

/// Writes down the claims file that the sweep names in `runs_dir/<sweep>/claims.json`, with its SHA-256 and
/// `now` (an ISO time), unless its text is that of the last entry. Earlier entries stay. Called before the
/// first trial starts, so that a reader can tell predictions from afterthoughts. Throws imp::Error.
void record_claims(const SweepSpec& spec, const std::filesystem::path& runs_dir, const std::string& now);

}  // namespace imp::harness
