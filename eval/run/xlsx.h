// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace imp::eval {

/// An Excel workbook (Office Open XML) with one sheet of text cells. Characters that XML forbids become
/// U+FFFD.
[[nodiscard]] std::string make_xlsx(const std::vector<std::vector<std::string>>& rows);

}  // namespace imp::eval
