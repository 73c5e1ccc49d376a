// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/yaml_document.h"

#include <gtest/gtest.h>

#include "models/io/error.h"

namespace imp::harness {
namespace {

YamlValue parsed(std::string_view text) {
  Diagnostics diagnostics;
  YamlValue value = parse_yaml(text, "f", diagnostics);
  diagnostics.throw_if_any();
  return value;
}

TEST(YamlDocument, EveryValueKnowsItsLineAndColumn) {
  const YamlValue root = parsed("a: 1\nb:\n  - x\n  - {c: 'y'}\n");
  EXPECT_EQ(to_string(root.find("a")->value.location), "f:1:4");
  const YamlValue& list = root.find("b")->value;
  EXPECT_EQ(to_string(list.items[0].location), "f:3:5");
  EXPECT_EQ(to_string(list.items[1].find("c")->location), "f:4:6");
  EXPECT_EQ(to_string(list.items[1].find("c")->value.location), "f:4:9");
}

TEST(YamlDocument, QuotedScalarsAreMarkedAsText) {
  const YamlValue root = parsed("[1, '1', \"1\", ~, '']");
  EXPECT_FALSE(root.items[0].quoted);
  EXPECT_TRUE(root.items[1].quoted);
  EXPECT_TRUE(root.items[2].quoted);
  EXPECT_EQ(root.items[3].kind, YamlValue::Kind::null);
  EXPECT_TRUE(root.items[4].is_scalar());
}

TEST(YamlDocument, AliasesAreCopies) {
  const YamlValue root = parsed("a: &x [1, 2]\nb: *x\n");
  EXPECT_EQ(root.find("b")->value.items.size(), 2U);
}

TEST(YamlDocument, AliasesOfAliasesCannotFillTheMemory) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 30; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before + ", " + before + ", " +
            before + "]\n";
  }
  EXPECT_THROW(parsed(bomb), Error);
}

TEST(YamlDocument, DeepNestingIsRefused) {
  EXPECT_THROW(parsed(std::string(100'000, '[')), Error);
}

}  // namespace
}  // namespace imp::harness
