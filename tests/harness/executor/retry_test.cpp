// SPDX-License-Identifier: Apache-2.0
#include "harness/executor/retry.h"

#include <gtest/gtest.h>

#include "models/io/error.h"

namespace imp::harness {
namespace {

Attempt failed_by(const char* error_type) {
  Attempt attempt;
  attempt.status = "failed";
  attempt.error_type = error_type;
  return attempt;
}

TEST(Retry, HalvesTheMicroBatchAfterOneWithoutMemory) {
  const RetryPolicy retry{10, "halve_micro_batch"};
  TrialConfig config;
  config.micro_batch = 5;
  config.connector_micro_batch = 8;
  std::vector<std::int64_t> tried;
  for (int tries = 1; prepare_next_try(retry, failed_by(kOutOfMemory), tries, config); ++tries)
    tried.push_back(config.micro_batch);
  EXPECT_EQ(tried, (std::vector<std::int64_t>{3, 2, 1}));
  EXPECT_EQ(config.connector_micro_batch, 1);
  EXPECT_FALSE(prepare_next_try({10, "fail"}, failed_by(kOutOfMemory), 1, config));
}

TEST(Retry, TriesAsOftenAsTheSweepSaysAfterADeathOrAFaultOfTheMachine) {
  TrialConfig config;
  const std::int64_t micro_batch = config.micro_batch;
  for (const char* error_type : {kWorkerDied, "c10::Error"}) {
    EXPECT_TRUE(prepare_next_try({3, "fail"}, failed_by(error_type), 2, config));
    EXPECT_FALSE(prepare_next_try({3, "fail"}, failed_by(error_type), 3, config));
  }
  EXPECT_EQ(config.micro_batch, micro_batch);
}

TEST(Retry, DoesNotRepeatAUsersMistake) {
  TrialConfig config;
  EXPECT_FALSE(prepare_next_try({3, "fail"}, failed_by("imp::Error"), 1, config));
}

TEST(Retry, TellsWhatWasThrownInALine) {
  const auto told = [](const auto& error) {
    try {
      throw error;
    } catch (...) {
      return describe_failure();
    }
  };
  EXPECT_EQ(told(Error("rows.json: is empty")),
            (std::pair<std::string, std::string>("imp::Error", "rows.json: is empty")));
  EXPECT_EQ(told(std::bad_alloc()).first, kOutOfMemory);
  EXPECT_EQ(told(std::runtime_error("one\ntwo")),
            (std::pair<std::string, std::string>("std::exception", "one")));
}

}  // namespace
}  // namespace imp::harness
