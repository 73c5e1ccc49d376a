// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

namespace imp::test {

/// Holds a `printable` to tests/data/printable_cases.json; models/io and results/ each have one.
template <class Printable, class PrintableLines>
void expect_printable_cases(Printable printable, PrintableLines printable_lines) {
  std::ifstream file(IMP_TEST_DATA "/printable_cases.json");
  const nlohmann::json cases = nlohmann::json::parse(file);
  ASSERT_GT(cases.size(), 20u);
  for (const nlohmann::json& one : cases) {
    const auto hex = one["raw"].get<std::string>();
    std::string raw;
    for (std::size_t i = 0; i < hex.size(); i += 2)
      raw += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
    const auto shown = one["shown"].get<std::string>();
    EXPECT_EQ(printable(raw), shown) << one["why"];
    EXPECT_EQ(printable_lines(raw), shown) << one["why"];
    EXPECT_EQ(printable(shown), shown) << one["why"];
  }
  EXPECT_EQ(printable("a\nb"), "a\\u000ab");
  EXPECT_EQ(printable_lines("a\nb\r\n"), "a\nb\\u000d\n");
  EXPECT_EQ(printable(""), "");
  // What JSON writes out stays the same JSON.
  const nlohmann::json value{{"\xc2\x9b\xe2\x80\xae", {"\x1b[0m", "\\\xc2\x9b", "\xef\xbb\xbf"}}};
  EXPECT_EQ(nlohmann::json::parse(printable_lines(value.dump(2))), value);
}

}  // namespace imp::test
