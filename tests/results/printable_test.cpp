// SPDX-License-Identifier: Apache-2.0
#include "results/printable.h"

#include "tests/printable_cases.h"

TEST(ResultsPrintable, WritesOutWhatSteersATerminal) {
  imp::test::expect_printable_cases(imp::results::printable, imp::results::printable_lines);
}
