// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "harness/plan/trial_config.h"

namespace imp::harness {

/// A look at both ends of a file of LLaVA's rows, whatever its size: that it has rows and is not cut off,
/// that those at its front have LLaVA's schema (the data stage reads the rest), and that the folder has
/// pictures of the first ones. Throws imp::Error (usage) naming the file, with a line for each row of another
/// schema.
void check_rows_file(const DataSource& source);

/// Pictures that a file of rows names: counted in a file of at most 1000 rows, else judged by the first ones.
[[nodiscard]] std::int64_t estimate_pictures(const DataSource& source);

}  // namespace imp::harness
