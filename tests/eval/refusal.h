// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace imp::eval::test {

/// The message of the imp::Error that loading this text as benchmark `name` raises, from the file's name on;
/// "accepted" if there is none.
[[nodiscard]] std::string refusal(const std::string& name, const std::string& text);

}  // namespace imp::eval::test
