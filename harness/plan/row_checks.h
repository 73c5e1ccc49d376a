// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/plan/plan.h"

namespace imp::harness {

/// Looks at the user's own rows that a plan's stages are still to train on, each file once an encoding and of
/// a large one only the front: adds a line to Plan::notes for each kind of row that teaches nothing or
/// something else than it says. Throws imp::Error (usage), a line each, for rows of another schema, for a
/// template that a row does not fit, and for files of which nothing is learned.
void look_at_rows(Plan& plan);

}  // namespace imp::harness
