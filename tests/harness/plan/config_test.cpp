// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "harness/plan/config_reader.h"
#include "harness/plan/config_writer.h"
#include "harness/plan/trial_config.h"
#include "tests/harness/plan/temporary_folder.h"

namespace imp::harness {
namespace {

TEST(TrialConfig, EveryKeyIsDescribedOnce) {
  std::set<std::string_view> names;
  for (const KeyDescription& key : configuration_keys()) {
    EXPECT_TRUE(names.insert(key.name).second) << key.name;
    EXPECT_FALSE(key.meaning.empty()) << key.name;
  }
  // The names that users' files rely on and the harness's own.
  for (const char* name : {"llm",
                           "encoder",
                           "checkpoint",
                           "init_adapter",
                           "init_projector",
                           "connector_data",
                           "finetune_data",
                           "conversation",
                           "finetune",
                           "lora_rank",
                           "lora_alpha",
                           "lora_dropout",
                           "lora_targets",
                           "epochs",
                           "max_steps",
                           "batch_size",
                           "micro_batch",
                           "learning_rate",
                           "projector_learning_rate",
                           "schedule",
                           "warmup_ratio",
                           "weight_decay",
                           "grad_clip",
                           "dtype",
                           "sampler",
                           "max_length",
                           "turns",
                           "device",
                           "seed"}) {
    EXPECT_TRUE(names.contains(name)) << name;
  }
}

TEST(TrialConfig, DefaultsSatisfyTheirOwnBounds) {
  const TemporaryFolder folder;
  EXPECT_EQ(load_config(folder.write("resolved.yaml", to_yaml({}))), TrialConfig{});
}

TEST(TrialConfig, ResolvedYamlReadsBackTheSame) {
  TrialConfig config;
  config.llm = "models/a: b # 'c' \"d\"";
  config.lora_targets = "layers\\.\\d+\\.(q|k)_proj";
  config.learning_rate = 1.0 / 3;
  config.weight_decay = 1e-7;
  config.seed = 9007199254740991;
  config.max_steps = 1'000'000'000;
  config.finetune_data = {.name = "", .json = "rows, all.json", .images = "pictures}"};
  config.conversation = {.name = "", .system = "A\nB\t", .user = "U: ", .assistant = "é", .turn_end = ""};
  const TemporaryFolder folder;
  EXPECT_EQ(load_config(folder.write("resolved.yaml", to_yaml(config))), config);
}

TEST(TrialConfig, MarkdownTableHasARowAKey) {
  const std::string table = keys_as_markdown();
  EXPECT_THAT(table,
              testing::HasSubstr("| `lora_rank` | whole number | `256` | a whole number from 0 to 4096 |"));
  EXPECT_EQ(std::count(table.begin(), table.end(), '\n'), static_cast<long>(configuration_keys().size() + 2));
}

TEST(Suggestion, FindsNearWordsOnly) {
  EXPECT_EQ(closest("lora_rnak", key_names()), "lora_rank");
  EXPECT_EQ(closest("micro_bach", key_names()), "micro_batch");
  EXPECT_EQ(closest("banana", key_names()), "");
}

}  // namespace
}  // namespace imp::harness
