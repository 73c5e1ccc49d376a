// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "results/database.h"

namespace imp::results::testing {

/// A finished sweep `large` in the database, as if read in: llm x encoder x lora_rank, 36 cells with three
/// seeds, two benchmarks with 1,500 questions of five families each, 300 training steps a trial and as many
/// of a stage that all share. No pictures.
void make_large_sweep(Database& database);

}  // namespace imp::results::testing
