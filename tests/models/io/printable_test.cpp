// SPDX-License-Identifier: Apache-2.0
#include "models/io/printable.h"

#include "tests/printable_cases.h"

TEST(Printable, WritesOutWhatSteersATerminal) {
  imp::test::expect_printable_cases(imp::printable, imp::printable_lines);
}
