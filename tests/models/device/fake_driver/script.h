// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <string>
#include <string_view>

namespace imp::test {

/// What the environment variable IMP_FAKE_DRIVER says of a field:
/// `cuda=13000;driver=580.1;init=0;gpus=1;name= NVIDIA H200;capability=90;memory=150110011392`. The default
/// where it does not name the field.
inline std::string scripted(std::string_view field, std::string_view otherwise) {
  const char* const script = std::getenv("IMP_FAKE_DRIVER");
  std::string_view rest = script == nullptr ? "" : script;
  while (!rest.empty()) {
    const std::size_t end = rest.find(';');
    const std::string_view pair = rest.substr(0, end), name = pair.substr(0, pair.find('='));
    if (name == field) return std::string(pair.substr(name.size() + 1));
    rest = end == std::string_view::npos ? "" : rest.substr(end + 1);
  }
  return std::string(otherwise);
}

inline int scripted(std::string_view field, int otherwise) {
  return std::stoi(scripted(field, std::to_string(otherwise)));
}

}  // namespace imp::test
