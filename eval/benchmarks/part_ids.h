// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "eval/benchmarks/benchmark.h"

namespace imp::eval {

// Some data sets are made of several parts and number their questions within each part: OCRBench.json has 857
// different ids for 1,000 questions, POPE's three files each begin at 1. A file in which no id comes again
// keeps its ids as names; the functions below name the questions of the others.

/// Whether two of the questions have the same id.
[[nodiscard]] bool ids_repeat(const std::vector<Question>& questions);

/// Names each question by its place in the list, counted from 0.
void name_by_place(std::vector<Question>& questions);

/// Names each question `<family>/<id>`. Questions without a family: a new part begins where the first
/// question's id comes again, and the parts are named 1, 2, ... in the order of the file.
void name_by_family(std::vector<Question>& questions);

}  // namespace imp::eval
