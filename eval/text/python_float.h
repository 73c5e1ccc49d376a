// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

namespace imp::eval {

/// Python's `float(text)`, or nothing where Python raises ValueError. Accepts surrounding white space, digits
/// of any script, `_` between digits, `inf`, `infinity` and `nan` in any case; an overflow gives infinity. No
/// hexadecimal. Convention: CPython 3.11, Objects/floatobject.c and Python/pystrtod.c.
[[nodiscard]] std::optional<double> python_float(std::string_view text);

}  // namespace imp::eval
