// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include "results/report/format.h"
#include "results/report/table.h"

namespace imp::results {

/// What may be printed where.
struct TerminalStyle {
  std::size_t width = 80;  ///< columns of the terminal
  bool bold = false;       ///< whether escape sequences may be printed
};

/// Of standard output: the terminal's width (else what COLUMNS says, else 80); bold on a terminal, unless
/// NO_COLOR is set to anything or TERM is `dumb`.
[[nodiscard]] TerminalStyle style_of_standard_output();

/// What standard output gets where no format is named: to_text on a terminal, else to_markdown.
[[nodiscard]] Format format_of_standard_output();

/// Aligned columns without rules. The best score of a column is bold, a difference whose interval excludes 0
/// has a star. What does not fit beside goes below, in blocks that repeat the columns which name the row; no
/// line is longer than the width. Names that alone are too long end in an ellipsis.
[[nodiscard]] std::string to_text(const Table& table, const TerminalStyle& style);

}  // namespace imp::results
