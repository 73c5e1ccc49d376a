// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/plan/plan.h"

namespace imp::harness {

/// Opens the user's own rows that a plan's trials train on, each file once, and of a large one only the
/// front: the data stage reads the rest before anything is trained. Throws imp::Error (usage) with every row
/// that has another schema, one a line.
void check_rows(const Plan& plan);

/// As check_rows, and encodes rows as the training stages would, up to some megabytes of a file: adds a line
/// to Plan::notes for each kind of row that teaches nothing. Throws imp::Error (usage) too if nothing is
/// learned of any row.
void look_at_rows(Plan& plan);

}  // namespace imp::harness
