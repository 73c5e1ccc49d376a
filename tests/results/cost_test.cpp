// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "results/ingest.h"
#include "results/report/cost_table.h"
#include "results/results_database.h"
#include "tests/results/run_folder.h"

namespace imp::results {
namespace {

using ::testing::HasSubstr;
using testing::json;
using testing::SweepFolder;
using testing::TemporaryFolder;

/// A stage of the made sweep: what it took, and the trials that need it.
struct MadeStage {
  std::string kind, key;
  double seconds = 0.0, flops = 0.0;
  std::vector<std::string> trials;
};

std::string key_of(char letter) {
  return std::string(32, letter);
}

/// Three trials on one data set, two of them on one connector; d is only planned and needs the connector,
/// too.
std::vector<MadeStage> made_stages() {
  return {{"data", key_of('1'), 12.0, 0.0, {"a", "b", "c", "d"}},
          {"connector", key_of('2'), 30.0, 5e9, {"a", "b", "d"}},
          {"connector", key_of('3'), 40.0, 6e9, {"c"}},
          {"finetune", key_of('4'), 100.0, 1e12, {"a"}},
          {"finetune", key_of('5'), 200.0, 2e12, {"b"}},
          {"finetune", key_of('6'), 300.0, 3e12, {"c"}},
          {"eval", key_of('7'), 7.0, 1e10, {"a"}},
          {"eval", key_of('8'), 8.0, 2e10, {"b"}}};
}

class Costs : public ::testing::Test {
 protected:
  /// c failed before its evaluation. `joules`: whether energy was measured.
  void write_sweep(const std::vector<MadeStage>& stages, std::optional<double> watts = {}) {
    SweepFolder sweep(runs_, "shared");
    for (const std::string trial : {"a", "b", "c", "d"}) {
      json used = json::array();
      for (const MadeStage& stage : stages) {
        if (std::count(stage.trials.begin(), stage.trials.end(), trial) == 0) continue;
        used.push_back({{"kind", stage.kind}, {"key", stage.key}});
        write_stage(stage, watts);
      }
      sweep.add_trial("128", 1);
      json& planned = sweep.plan()["trials"].back();
      planned["trial"] = trial;
      planned["stages"] = used;
      if (trial == "d") continue;
      json outcome = sweep.outcome(trial, "128", 1);
      outcome["status"] = trial == "c" ? "failed" : "done";
      for (json& use : used) {
        use["reused"] = trial != "a";
        use["seconds"] = 0.0;  // what a run says that found it made
      }
      outcome["stages"] = used;
      sweep.write_outcome(outcome);
    }
    sweep.write_plan();
  }
  void write_stage(const MadeStage& stage, std::optional<double> watts) const {
    json record{{"schema", 1},
                {"kind", stage.kind},
                {"key", stage.key},
                {"inputs", json::array()},
                {"seconds", stage.seconds},
                {"flops", stage.flops}};
    record["energy_joules"] = watts ? json(*watts * stage.seconds) : json(nullptr);
    testing::write_file(runs_ / "stages" / (stage.kind + "-" + stage.key) / "stage.json", record.dump());
  }
  double number(const std::string& sql) {
    Statement statement(database_, sql);
    EXPECT_TRUE(statement.step()) << sql;
    return statement.real(0);
  }
  void expect_null(const std::string& sql) {
    Statement statement(database_, sql);
    EXPECT_TRUE(statement.step()) << sql;
    EXPECT_TRUE(statement.is_null(0)) << sql;
  }

  TemporaryFolder folder_;
  std::filesystem::path runs_ = folder_.path() / "runs";
  Database database_ = open_results(folder_.path() / "imp.db", Access::write);
};

TEST_F(Costs, OfATrialAreItsOwnStagesAndItsShareOfTheOthers) {
  const auto stages = made_stages();
  write_sweep(stages);
  ASSERT_TRUE(ingest_sweep(database_, runs_, "shared").empty());
  double spent = 0.0, told = 0.0, apart = 0.0;
  for (const std::string trial : {"a", "b", "c"}) {
    double own = 0.0, share = 0.0, own_flops = 0.0, share_flops = 0.0;
    for (const MadeStage& stage : stages) {
      const auto uses = [&](const std::string& name) {
        return std::count(stage.trials.begin(), stage.trials.end(), name) > 0;
      };
      if (!uses(trial)) continue;
      const double users = uses("a") + uses("b") + uses("c");  // d is still to come
      (stage.trials.size() == 1 ? own : share) += stage.seconds / users;
      (stage.trials.size() == 1 ? own_flops : share_flops) += stage.flops / users;
      apart += stage.seconds;
    }
    const std::string where = fmt::format(" FROM v_cost WHERE sweep = 'shared' AND trial = '{}'", trial);
    EXPECT_DOUBLE_EQ(number("SELECT own_seconds" + where), own) << trial;
    EXPECT_DOUBLE_EQ(number("SELECT share_seconds" + where), share) << trial;
    EXPECT_DOUBLE_EQ(number("SELECT own_flops" + where), own_flops) << trial;
    EXPECT_DOUBLE_EQ(number("SELECT share_flops" + where), share_flops) << trial;
    told += own + share;
  }
  for (const MadeStage& stage : stages) spent += stage.seconds;
  EXPECT_DOUBLE_EQ(told, spent) << "each stage is paid for once";
  EXPECT_DOUBLE_EQ(number("SELECT seconds FROM v_sweep_cost"), spent);
  EXPECT_DOUBLE_EQ(number("SELECT seconds_saved FROM v_sweep_cost"), apart - spent);
  EXPECT_EQ(number("SELECT eval_flops FROM v_cost WHERE trial = 'b'"), 2e10);
  EXPECT_EQ(number("SELECT eval_flops FROM v_cost WHERE trial = 'c'"), 0.0);
  EXPECT_EQ(number("SELECT count(*) FROM v_cost WHERE trial = 'd'"), 0.0);
}

TEST_F(Costs, AreNotKnownWhereAStagesAreNot) {
  write_sweep(made_stages());
  testing::write_file(
      runs_ / "stages" / ("data-" + key_of('1')) / "stage.json",
      json{
          {"schema", 1}, {"kind", "data"}, {"key", key_of('1')}, {"inputs", json::array()}, {"seconds", 12.0}}
          .dump());  // as an older imp wrote it
  ASSERT_TRUE(ingest_sweep(database_, runs_, "shared").empty());
  expect_null("SELECT share_flops FROM v_cost WHERE trial = 'a'");
  EXPECT_EQ(number("SELECT own_flops FROM v_cost WHERE trial = 'a'"), 1e12 + 1e10);
  expect_null("SELECT own_joules FROM v_cost WHERE trial = 'a'");
  expect_null("SELECT flops FROM v_sweep_cost");
  EXPECT_DOUBLE_EQ(number("SELECT share_seconds FROM v_cost WHERE trial = 'a'"), 12.0 / 3 + 30.0 / 2);
  const Table table = cost_table(database_, "shared");
  EXPECT_EQ(table.rows[0][11].text, "not measured");
  for (const std::string& note : table.notes) EXPECT_EQ(note.find("FLOP"), std::string::npos) << note;
}

TEST_F(Costs, OfAStageThatIsGoneAreThoseOfTheTrialThatMadeIt) {
  write_sweep(made_stages());
  std::filesystem::remove_all(runs_ / "stages" / ("finetune-" + key_of('4')));
  const auto outcome_file = runs_ / "shared" / "a" / "outcome.json";
  json outcome = json::parse(testing::read_file(outcome_file));
  for (json& use : outcome["stages"]) {
    if (use["kind"] == "finetune") use["seconds"] = 90.0;
  }
  testing::write_file(outcome_file, outcome.dump());
  ASSERT_TRUE(ingest_sweep(database_, runs_, "shared").empty());
  EXPECT_DOUBLE_EQ(number("SELECT own_seconds FROM v_cost WHERE trial = 'a'"), 97.0);
  expect_null("SELECT own_flops FROM v_cost WHERE trial = 'a'");
}

TEST_F(Costs, InMoneyAreTheTimeAtTheRate) {
  write_sweep(made_stages(), 50.0);
  ASSERT_TRUE(ingest_sweep(database_, runs_, "shared").empty());
  const Table table = cost_table(database_, "shared", MachineRate{0.5, "EUR"});
  EXPECT_EQ(table.columns.back().heading, "money, EUR");
  const double seconds = 107.0 + 12.0 / 3 + 30.0 / 2;
  EXPECT_DOUBLE_EQ(std::get<double>(table.rows[0].back().values[0]), seconds / 3600.0 * 0.5);
  EXPECT_EQ(table.rows[0].back().text, "0.0175");
  EXPECT_EQ(table.rows[0][11].text, "1.75 Wh") << "50 W";
  ASSERT_GE(table.notes.size(), 2u);
  const std::string& all = table.notes[table.notes.size() - 2];
  const std::string& saved = table.notes.back();
  EXPECT_THAT(
      all, HasSubstr("in all 11 min 37 s of 8 stages for 2 done trials, 6.04 T FLOP, 9.68 Wh, 0.0968 EUR"));
  EXPECT_THAT(saved, HasSubstr("sharing stages saved 54 s, 5.00 G FLOP, 0.75 Wh, 0.0075 EUR"));
  EXPECT_EQ(cost_table(database_, "shared").columns.size() + 1, table.columns.size());
}

TEST_F(Costs, AreGivenBackByARebuild) {
  write_sweep(made_stages(), 50.0);
  ASSERT_TRUE(ingest_sweep(database_, runs_, "shared").empty());
  const auto path = folder_.path() / "again.db";
  ASSERT_TRUE(rebuild(path, runs_).empty());
  Database again = open_results(path, Access::read);
  for (const char* view : {"v_cost", "v_stage_cost", "v_sweep_cost"}) {
    const std::string sql = fmt::format("SELECT * FROM {}", view);
    Statement a(database_, sql), b(again, sql);
    int rows = 0;
    while (a.step()) {
      ASSERT_TRUE(b.step());
      for (int i = 0; i < a.column_count(); ++i) EXPECT_EQ(a.text(i), b.text(i)) << view;
      ++rows;
    }
    EXPECT_FALSE(b.step());
    EXPECT_GT(rows, 0) << view;
  }
}

}  // namespace
}  // namespace imp::results
