// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace imp::results {

// The controls of an evaluation: the same questions asked again without the picture that they are about. A
// control's name stands in table `answer`, in the name of its answers' file
// (predictions/<benchmark>.<control>.jsonl) and behind that of its metric (<metric>_<control>).
inline constexpr std::array<std::string_view, 3> kControls{
    "blind",     // no picture
    "shuffled",  // another question's picture
    "ocr",       // the picture's text in the prompt, no picture
};

/// `name` in two parts: what stands before a last `separator` that a control's name follows, and that name;
/// all of it and "" where it names no control.
[[nodiscard]] inline std::pair<std::string, std::string> split_control(const std::string& name,
                                                                       char separator) {
  const std::size_t at = name.rfind(separator);
  if (at == std::string::npos) return {name, ""};
  const std::string control = name.substr(at + 1);
  const bool known = std::find(kControls.begin(), kControls.end(), control) != kControls.end();
  return known ? std::pair(name.substr(0, at), control) : std::pair(name, std::string());
}

}  // namespace imp::results
