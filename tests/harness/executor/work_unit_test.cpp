// SPDX-License-Identifier: Apache-2.0
#include "harness/executor/work_unit.h"

#include <gtest/gtest.h>

namespace imp::harness {
namespace {

TEST(WorkUnit, ComesThroughAPipeAsItWas) {
  WorkUnit unit;
  unit.trial = "lora_rank=8,seed=1";
  unit.label = "[1/2 lora_rank=8,seed=1]";
  unit.config = {{"lora_rank", 8}, {"learning_rate", 2e-4}};
  StageRequest finetune =
      make_request("finetune", {{"rate", 0.1}, {"text", "a\nb \xC3\xA4"}}, {{"data", "0123"}});
  finetune.trunk = StageInput{"trunk", "4567"};
  finetune.own_epochs = 0.75;
  unit.stages = {make_request("data", {{"pictures", 60}}, {}), finetune};
  unit.only_stage = unit.stages[0].key;
  unit.micro_batch = 4;
  unit.connector_micro_batch = 8;
  unit.made_early = {{"0123", 1.25}};
  unit.bytes = {{"0123", std::int64_t{1} << 40}};
  const std::string line = as_line(to_json(unit));
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  const WorkUnit again = unit_from_json(nlohmann::json::parse(line));
  EXPECT_EQ(as_line(to_json(again)), line);
  EXPECT_EQ(again.stages[1].parameters, unit.stages[1].parameters);
  EXPECT_EQ(again.stages[1].inputs, unit.stages[1].inputs);
  EXPECT_EQ(again.stages[1].trunk, unit.stages[1].trunk);
  EXPECT_EQ(again.config, unit.config);
  EXPECT_EQ(again.bytes, unit.bytes);
}

TEST(WorkUnit, ItsResultMayNameAnyFile) {
  const UnitResult result{"failed", "finetune", "imp::Error", "no \xff such file", 2, 0.5};
  const UnitResult again = result_from_json(nlohmann::json::parse(as_line(to_json(result))));
  EXPECT_EQ(again.status, result.status);
  EXPECT_EQ(again.stage, result.stage);
  EXPECT_EQ(again.error_type, result.error_type);
  EXPECT_NE(again.error_message.find("such file"), std::string::npos);
  EXPECT_EQ(again.micro_batch, result.micro_batch);
  EXPECT_EQ(again.seconds, result.seconds);
}

}  // namespace
}  // namespace imp::harness
