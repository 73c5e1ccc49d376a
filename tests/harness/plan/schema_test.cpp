// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/schema.h"

#include <gtest/gtest.h>

#include "harness/plan/trial_config.h"

namespace imp::harness {
namespace {

TEST(Schema, DescribesEveryKeyWithItsBoundsAndMeaning) {
  const nlohmann::ordered_json schema = sweep_schema();
  const auto& keys = schema.at("$defs").at("configuration").at("properties");
  EXPECT_EQ(keys.size(), configuration_keys().size());
  const auto& rank = keys.at("lora_rank");
  EXPECT_EQ(rank.at("default"), 256);
  EXPECT_EQ(rank.at("anyOf").at(0).dump(), R"({"type":"integer","minimum":0,"maximum":4096})");
  EXPECT_EQ(keys.at("skip_unreadable").at("anyOf").at(0).dump(), R"({"type":"boolean"})");
  EXPECT_EQ(keys.at("finetune").at("anyOf").at(0).at("enum").size(), 3U);
  EXPECT_EQ(schema.at("properties").at("vary").at("anyOf").at(0).at("properties").at("grid").dump(),
            R"({"$ref":"#/$defs/factors"})");
  EXPECT_EQ(schema.at("properties").at("baseline").dump(), R"({"$ref":"#/$defs/configuration"})");
}

}  // namespace
}  // namespace imp::harness
