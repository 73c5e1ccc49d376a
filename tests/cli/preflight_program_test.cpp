// SPDX-License-Identifier: Apache-2.0
// Benchmark files that cannot be scored, as people have them: `plan` and the start of a run end with 2 and
// name the fault before a step of training.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "tests/faults/process.h"
#include "tests/harness/preflight/small_sweep.h"

namespace imp::test {
namespace {

using harness::test::SmallSweep;
using nlohmann::ordered_json;
using testing::HasSubstr;

Finished imp_sweep(const SmallSweep& sweep, const std::string& command) {
  return run_program(
      {"imp-sweep", command, sweep.file(), "--runs", sweep.runs(), "--db", sweep.folder() / "imp.db"});
}

TEST(ImpSweepPlan, OfGoodFilesEndsWith0AndTheRunTrains) {
  const SmallSweep sweep;
  const Finished planned = imp_sweep(sweep, "plan");
  EXPECT_EQ(planned.exit_code, 0) << planned.err;
  EXPECT_THAT(planned.out, HasSubstr("textvqa: 2 questions about 1 pictures, 20 answers"));
  const Finished run = imp_sweep(sweep, "run");
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.err, testing::ContainsRegex("finetune +step"));
}

struct LateFault {
  const char* name;
  std::function<void(ordered_json&)> damage;
  std::string what;
};

void PrintTo(const LateFault& fault, std::ostream* out) {
  *out << fault.name;
}

class LateFaults : public testing::TestWithParam<LateFault> {};

TEST_P(LateFaults, EndPlanAndRunWith2BeforeAStep) {
  const SmallSweep sweep;
  sweep.edit("bench.json", GetParam().damage);
  for (const char* command : {"plan", "run"}) {
    const Finished finished = imp_sweep(sweep, command);
    EXPECT_EQ(finished.exit_code, 2);
    EXPECT_EQ(finished.out, "");
    EXPECT_THAT(finished.err, testing::AllOf(HasSubstr("small.yaml:"), HasSubstr(GetParam().what)));
    EXPECT_FALSE(std::filesystem::exists(sweep.runs()));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Benchmark, LateFaults,
    testing::Values(LateFault{"AbsentPicture",
                              [](ordered_json& all) { all["data"][0]["image_id"] = "not_there"; },
                              "1 of 2 pictures are absent"},
                    LateFault{"NoAnswers", [](ordered_json& all) { all["data"][0].erase("answers"); },
                              "1 of 2 questions have no answer"},
                    LateFault{"ThreeAnswers",
                              [](ordered_json& all) {
                                all["data"][0]["answers"] = {"a", "a", "a"};
                              },
                              "3 answers; TextVQA has exactly 10"},
                    LateFault{"SameIdTwice", [](ordered_json& all) { all["data"][0]["question_id"] = 2; },
                              "question id 2 occurs twice"}),
    [](const auto& test_case) { return std::string(test_case.param.name); });

TEST(ImpSweepPlan, NamesEveryFaultOfASweep) {
  const SmallSweep sweep;
  sweep.cut_off("bench.json", 20);
  sweep.cut_off("zoo/siglip/model.safetensors");
  sweep.remove("zoo/phi/tokenizer.json");
  const Finished finished = imp_sweep(sweep, "plan");
  EXPECT_EQ(finished.exit_code, 2);
  for (const char* part : {"benchmark textvqa: ", "encoder: ", "llm: "})
    EXPECT_THAT(finished.err, HasSubstr(part));
  EXPECT_EQ(std::count(finished.err.begin(), finished.err.end(), '\n'), 3) << finished.err;
}

}  // namespace
}  // namespace imp::test
