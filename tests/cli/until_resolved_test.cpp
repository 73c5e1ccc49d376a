// SPDX-License-Identifier: Apache-2.0
// `imp-sweep FILE --until-resolved FACTOR` as a person or a script meets it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "models/io/file.h"
#include "results/results_database.h"
#include "tests/faults/tiny_sweep.h"

namespace imp::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;

/// Two cells that nothing tells apart in two steps, so that every look leaves them open.
struct LookedAt {
  TinySweep sweep{{{"connector_max_steps", "1"}, {"max_steps", "1"}}, "  grid: {lora_rank: [2, 4]}\n"};
  Finished without_budget_left = sweep.run({"--until-resolved", "lora_rank", "--budget", "0s"});
  json planned_first = json::parse(read_file(sweep.sweep_folder() / "added_seeds.json"));
  Finished all_looks = sweep.run({"--until-resolved", "lora_rank"});
};
const LookedAt& looked_at() {
  static const LookedAt made;
  return made;
}

TEST(UntilResolved, StopsBeforeSeedsThatTheBudgetDoesNotAllowWithThePlanWrittenDown) {
  const LookedAt& made = looked_at();
  EXPECT_EQ(made.without_budget_left.exit_code, 75) << made.without_budget_left.err;
  EXPECT_THAT(made.without_budget_left.err,
              HasSubstr("look 1 of 4 at lora_rank: 1 of 1 differences not resolved: 2 → 4"));
  EXPECT_THAT(made.without_budget_left.err, HasSubstr("stopped before look 2 of 4: 2 trials of about "));
  EXPECT_THAT(made.without_budget_left.out, HasSubstr("## tiny: effects"));
  EXPECT_EQ(made.planned_first["factor"], "lora_rank");
  EXPECT_EQ(made.planned_first["looks"], 4);
  EXPECT_TRUE(made.planned_first["rounds"].empty());
}

TEST(UntilResolved, LooksFourTimesAtMostWithMoreSeedsEachTime) {
  const LookedAt& made = looked_at();
  ASSERT_EQ(made.all_looks.exit_code, 0) << made.all_looks.err;
  EXPECT_THAT(made.all_looks.err, HasSubstr("look 4 of 4 at lora_rank: 1 of 1 differences not resolved"));
  const json record = json::parse(read_file(made.sweep.sweep_folder() / "added_seeds.json"));
  EXPECT_EQ(record["recorded"], made.planned_first["recorded"]) << "before the first seed was added";
  ASSERT_EQ(record["rounds"].size(), 3U);
  EXPECT_EQ(record["rounds"][2]["look"], 4);
  EXPECT_EQ(record["rounds"][2]["cells"][0]["seeds"], json::array({4}));
  results::Database database = results::open_results(made.sweep.database(), results::Access::read);
  EXPECT_EQ(database.integer("SELECT count(*) FROM v_cells WHERE status = 'done'"), 8);
  EXPECT_EQ(database.integer(
                "SELECT count(*) FROM v_effects WHERE method LIKE '%, adjusted for 4 looks' AND seeds = 4"),
            database.integer("SELECT count(*) FROM v_effects"));
  EXPECT_THAT(made.all_looks.out, HasSubstr("adjusted for 4 looks"));
}

TEST(UntilResolved, AddedSeedsArePartOfTheSweepForEveryCommand) {
  const LookedAt& made = looked_at();
  const TinySweep& sweep = made.sweep;
  const Finished plan = run_program({"imp-sweep", "plan", sweep.file(), "--runs", sweep.runs(), "--json"});
  ASSERT_EQ(plan.exit_code, 0) << plan.err;
  const json planned = json::parse(plan.out);
  EXPECT_EQ(planned["trials"].size(), 8U);
  for (const json& stage : planned["stages"]) EXPECT_EQ(stage["status"], "reuse");
  const Finished status =
      run_program({"imp-sweep", "status", sweep.file(), "--runs", sweep.runs(), "--json"});
  EXPECT_EQ(json::parse(status.out).size(), 8U);
  const Finished again = sweep.run();
  EXPECT_EQ(again.exit_code, 0);
  EXPECT_EQ(again.out, made.all_looks.out) << "a plain run trains nothing and drops nothing";
  const fs::path rebuilt = sweep.folder() / "rebuilt.db";
  ASSERT_EQ(run_program({"imp-sweep", "rebuild", "--runs", sweep.runs(), "--db", rebuilt}).exit_code, 0);
  EXPECT_EQ(run_program({"imp-report", "--db", rebuilt}).out, made.all_looks.out);
}

TEST(UntilResolved, RefusesWhatItCannotLookAtInOneLine) {
  const TinySweep& sweep = looked_at().sweep;
  const auto refused = [&](const std::vector<std::string>& arguments) {
    const Finished finished = sweep.run(arguments);
    EXPECT_EQ(finished.exit_code, 2) << finished.err;
    EXPECT_EQ(finished.out, "");
    return finished.err;
  };
  EXPECT_THAT(refused({"--until-resolved", "lora_rnk"}), HasSubstr("did you mean 'lora_rank'?"));
  EXPECT_THAT(refused({"--until-resolved", "lora_rank", "--budget", "soon"}), HasSubstr("'soon' is no time"));
  EXPECT_THAT(refused({"--until-resolved", "lora_rank", "--only", "lora_rank == 2"}),
              HasSubstr("leave out --only"));
  EXPECT_THAT(refused({"--budget", "2h"}), HasSubstr("--until-resolved"));
}

}  // namespace
}  // namespace imp::test
