// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "models/image/image.h"
#include "models/io/file.h"

namespace imp::models {

/// Folder and contents of what make_images.py made; IMP_IMAGE_CASES may name a larger set made by it.
inline std::filesystem::path image_cases_folder() {
  const char* other = std::getenv("IMP_IMAGE_CASES");
  return other != nullptr ? std::filesystem::path(other) : std::filesystem::path(IMP_TEST_DATA) / "images";
}

inline const nlohmann::json& image_cases() {
  static const nlohmann::json kCases =
      nlohmann::json::parse(read_file(image_cases_folder() / "expected.json"));
  return kCases;
}

inline std::vector<std::uint8_t> from_base64(const std::string& text) {
  static const std::string kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::vector<std::uint8_t> bytes;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    if (c == '=') break;
    bits = bits << 6 | static_cast<std::uint32_t>(kDigits.find(c));
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes.push_back(static_cast<std::uint8_t>(bits >> count));
    }
  }
  return bytes;
}

inline Image image_of(const nlohmann::json& value) {
  return {value["width"], value["height"], from_base64(value["pixels"].get<std::string>())};
}

}  // namespace imp::models
