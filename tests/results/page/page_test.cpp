// SPDX-License-Identifier: Apache-2.0
#include "results/report/page/page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <regex>
#include <set>
#include <string>

#include "results/ingest.h"
#include "results/report/effect_list.h"
#include "results/report/page/answered_questions.h"
#include "results/report/page/page_data.h"
#include "results/report/page/training_curves.h"
#include "results/report/report_data.h"
#include "results/report/report_table.h"
#include "results/results_database.h"
#include "tests/results/claims/claimed_sweep.h"
#include "tests/results/page/example_sweep.h"

namespace imp::results {
namespace {

using ::testing::DoubleNear;
using ::testing::HasSubstr;
using testing::json;
using ::testing::Not;
using ::testing::SizeIs;
using testing::TemporaryFolder;

class Page : public ::testing::Test {
 protected:
  void take_in_example() {
    testing::write_example_sweep(runs_, "\xff\xd8jpeg");
    ASSERT_THAT(ingest_sweep(database_, runs_, "example"), SizeIs(0));
  }

  /// What the page says before its scripts.
  static std::string body_of(const std::string& page) { return page.substr(0, page.find("</main>")); }

  TemporaryFolder folder_;
  std::filesystem::path runs_ = folder_.path() / "runs";
  Database database_ = open_results(folder_.path() / "imp.db", Access::write);
};

TEST_F(Page, HasEverySectionOfAFinishedGrid) {
  take_in_example();
  const std::string page = html_page(database_, "example");
  for (const char* id : {"findings", "scores", "effects", "levels", "interactions", "families", "cost",
                         "training", "questions", "provenance", "reading"})
    EXPECT_THAT(page, HasSubstr("<h2 id=\"" + std::string(id) + "\">"));
  EXPECT_THAT(page, Not(HasSubstr("<h2 id=\"failures\">"))) << "nothing failed";
  EXPECT_THAT(page, Not(HasSubstr("This sweep is not finished")));
}

TEST_F(Page, OfAnUnfinishedSweepSaysSoFirst) {
  testing::write_small_sweep(runs_, "small");
  ASSERT_THAT(ingest_sweep(database_, runs_, "small"), SizeIs(0));
  const std::string page = html_page(database_, "small");
  const std::size_t said = page.find("This sweep is not finished</strong>: 3 of 5 trials are done, 1 failed");
  ASSERT_NE(said, std::string::npos);
  EXPECT_LT(said, page.find("<h2"));
  EXPECT_THAT(page, HasSubstr("<h2 id=\"failures\">"));
  EXPECT_THAT(page, HasSubstr("9 GiB wanted | 6 there"));
}

TEST_F(Page, AFailedTrialLeavesASweepFinishedAsInTheTables) {
  testing::write_small_sweep(runs_, "small");
  ASSERT_THAT(ingest_sweep(database_, runs_, "small"), SizeIs(0));
  Statement(database_, "DELETE FROM trial WHERE status = 'planned'").run();
  const std::string page = html_page(database_, "small");
  EXPECT_THAT(page, Not(HasSubstr("not finished")));
  EXPECT_THAT(page, HasSubstr("1 of 4 trials failed"));
  EXPECT_THAT(page, HasSubstr("<title>small</title>"));
  EXPECT_THAT(report_table(database_, "small").title, Not(HasSubstr("unfinished")));
}

TEST_F(Page, ShowsClaimsWithVerdictReasonAndWhetherTheyWereWrittenDownFirst) {
  const std::string claims =
      testing::claims_file(testing::claim_text("up", 128, 256, "higher",
                                               ", says: <b>256</b> is better, section: \"3.2\", size: 0.2") +
                           testing::claim_text("down", 128, 512, "lower"));
  for (const auto& [recorded, says] : std::map<std::string, std::string>{
           {"2026-11-24T07:00:00Z", "Written down before the first trial."},
           {"2026-11-24T09:00:00Z", "Written down only after the first trial had begun."}}) {
    std::filesystem::remove_all(runs_);
    testing::write_claimed_sweep(runs_);
    testing::write_registration(runs_, claims, recorded);
    ASSERT_THAT(ingest_sweep(database_, runs_, "ranks"), SizeIs(0));
    const std::string page = html_page(database_, "ranks");
    EXPECT_THAT(page, HasSubstr("<h2 id=\"claims\">"));
    EXPECT_THAT(page, HasSubstr("<li class=\"supported\">&lt;b&gt;256&lt;/b&gt; is better <span "
                                "class=\"tag\">(3.2)</span><span class=\"size\">supported</span>"));
    EXPECT_THAT(page, HasSubstr("<li class=\"contradicted\">down<span"));
    EXPECT_THAT(page, HasSubstr("predicted higher; seen +20"));
    EXPECT_THAT(page, HasSubstr(says));
  }
}

TEST_F(Page, CallsResolvedOnlyWhatHolmLeavesAndSaysSoFarOfAnUnfinishedSweep) {
  take_in_example();
  Statement(database_,
            "UPDATE effect SET ci_low = 0.01, ci_high = 0.09, p_holm = iif(factor = 'llm', 0.01, 0.2)")
      .run();
  const std::string page = html_page(database_, "example");
  EXPECT_THAT(page, HasSubstr(" Resolved.<span"));
  EXPECT_THAT(page, HasSubstr("but not among this many comparisons (Holm).<span"));
  Statement(database_, "UPDATE trial SET status = 'planned' WHERE seed = 2").run();
  const std::string unfinished = html_page(database_, "example");
  EXPECT_THAT(unfinished, HasSubstr("Resolved so far.<span"));
  EXPECT_THAT(unfinished, Not(HasSubstr(" Resolved.<span")));
  EXPECT_THAT(unfinished, HasSubstr("<title>example (unfinished)</title>"));
}

TEST_F(Page, OfASweepWithoutResultsHasNoEmptySections) {
  testing::SweepFolder sweep(runs_, "planned");
  sweep.add_trial("128", 1);
  sweep.write_plan();
  ASSERT_THAT(ingest_sweep(database_, runs_, "planned"), SizeIs(0));
  const std::string page = html_page(database_, "planned");
  EXPECT_THAT(page, HasSubstr("0 of 1 trials are done"));
  for (const char* id : {"findings", "effects", "families", "cost", "training", "questions"})
    EXPECT_THAT(page, Not(HasSubstr("<h2 id=\"" + std::string(id) + "\">")));
}

// A browser that runs the page is in check_page.py; here: no hostile text stands in it as it was given.
TEST_F(Page, RunsNothingThatANameOrAnAnswerSays) {
  take_in_example();
  const std::string body = body_of(html_page(database_, "example"));
  EXPECT_THAT(body, Not(HasSubstr("<script>alert")));
  EXPECT_THAT(body, Not(HasSubstr("<img src=x")));
  EXPECT_THAT(body, Not(HasSubstr("<b>hostile")));
  EXPECT_THAT(body, HasSubstr("&lt;script&gt;alert"));
}

TEST_F(Page, SaysWhatATrialOfEachCellCost) {
  take_in_example();
  // Two stages of 36 s together that all 12 trials share, and none of their own.
  Statement stage(database_,
                  "INSERT INTO stage (kind, key, version, parameters_json, inputs_json, made, seconds, host) "
                  "VALUES (?, ?, '1', '{}', '[]', '2026-11-24T07:00:00Z', ?, 'h')");
  stage.run("data", std::string(32, 'a'), 12.0);
  stage.run("finetune", std::string(32, 'b'), 24.0);
  const std::string page = html_page(database_, "example");
  const std::size_t table = page.find("id=\"table-cell-costs\"");
  ASSERT_NE(table, std::string::npos);
  const std::string rows = page.substr(table, page.find("</table>", table) - table);
  EXPECT_THAT(rows, HasSubstr("share of shared stages"));
  EXPECT_THAT(rows, HasSubstr("<td class=\"number\" data-value=\"0\""));
  EXPECT_THAT(rows, HasSubstr("<td class=\"number\" data-value=\"3\""));
  EXPECT_THAT(page, HasSubstr("Energy was not measured"));
}

TEST_F(Page, AsksForNothingOutsideItself) {
  take_in_example();
  const std::string body = body_of(html_page(database_, "example"));
  EXPECT_THAT(body, HasSubstr("default-src 'none'"));
  const std::regex outside("(src|href)=\"(?!#|data:image/jpeg)");
  EXPECT_FALSE(std::regex_search(body, outside));
}

TEST_F(Page, WithoutPicturesIsSmall) {
  take_in_example();
  EXPECT_LT(html_page(database_, "example").size(), 3'000'000U);
}

TEST_F(Page, ChartsHoldJson) {
  take_in_example();
  const std::string page = html_page(database_, "example");
  const std::string start = "class=\"chart-spec\"";
  std::size_t charts = 0;
  for (std::size_t at = page.find(start); at != std::string::npos; at = page.find(start, at + 1)) {
    const std::size_t begin = page.find('>', at) + 1;
    const json spec = json::parse(page.substr(begin, page.find("</script>", begin) - begin), nullptr, false);
    ASSERT_TRUE(spec.is_object());
    EXPECT_TRUE(spec.contains("layer") || spec.contains("mark"));
    ++charts;
  }
  EXPECT_GE(charts, 12U);
}

TEST_F(Page, SeedsDifferencesAverageToTheEffect) {
  take_in_example();
  const ReportData data = load_report_data(database_, "example");
  Statement effect(
      database_,
      "SELECT difference FROM v_effects WHERE sweep = 'example' AND factor = ? AND from_level = ? AND "
      "to_level = ? AND benchmark = ? AND family = ''");
  for (const std::string benchmark : {"objects", "average"}) {
    double sum = 0.0;
    int seeds = 0;
    for (const SeedDifference& seed : seed_differences(data)) {
      if (seed.factor != "lora_rank" || seed.from_level != "128" || seed.to_level != "512" ||
          seed.benchmark != benchmark)
        continue;
      sum += seed.difference;
      ++seeds;
    }
    ASSERT_EQ(seeds, 2) << benchmark;
    ASSERT_TRUE(effect.bind_all("lora_rank", "128", "512", benchmark).step());
    EXPECT_THAT(sum / seeds, DoubleNear(effect.real(0), 1e-12)) << benchmark;
  }
}

TEST_F(Page, LevelsDifferFromTheFirstAsTheEffectsSay) {
  take_in_example();
  const std::vector<Effect> effects = load_effects(database_, "example", EffectRows::levels);
  const std::vector<LevelDifference> differences = level_differences(effects, "lora_rank");
  std::map<std::string, std::set<double>> levels;
  for (const LevelDifference& each : differences) {
    levels[each.benchmark].insert(each.level);
    EXPECT_TRUE(each.level != 128.0 || each.difference == 0.0);
    for (const Effect& effect : effects) {
      if (effect.factor != "lora_rank" || effect.from_level != "128" || effect.benchmark != each.benchmark ||
          effect.to_level != std::to_string(static_cast<int>(each.level)))
        continue;
      EXPECT_EQ(each.difference, effect.difference);
      EXPECT_EQ(each.ci_low, effect.ci_low);
    }
  }
  EXPECT_EQ(levels.size(), 3U) << "two benchmarks and their average";
  for (const auto& [benchmark, of_benchmark] : levels)
    EXPECT_EQ(of_benchmark, (std::set<double>{128.0, 256.0, 512.0}));
  EXPECT_TRUE(level_differences(effects, "llm").empty()) << "its levels are no numbers";
}

TEST_F(Page, HasTrainingCurvesOfCellsChosenEvenlyAndOneOfATrainingThatTrialsShare) {
  take_in_example();
  database_.execute(
      "UPDATE trial_stage SET kind = 'connector', key = iif(trial_id % 12 < 8, 'a', 'b') WHERE kind = 'data';"
      "INSERT INTO stage_step (kind, key, step, loss) VALUES ('connector', 'a', 1, 2.0), ('connector', 'b', "
      "1, "
      "3.0)");
  const ReportData data = load_report_data(database_, "example");
  const std::vector<StageCurves> all = training_curves(database_, data, 12, 100);
  ASSERT_THAT(all, SizeIs(2));
  EXPECT_EQ(all[0].stage, "connector");
  ASSERT_THAT(all[0].curves, SizeIs(2));
  EXPECT_EQ(all[0].curves[0].trials + all[0].curves[1].trials, 12U);
  EXPECT_THAT(all[1].curves, SizeIs(12));
  const LossCurve& curve = all[1].curves.front();
  EXPECT_LE(curve.steps.size(), 101U);
  EXPECT_EQ(curve.steps.back(), 400);
  const StageCurves few = training_curves(database_, data, 7, 100)[1];
  ASSERT_THAT(few.curves, SizeIs(6)) << "three of six cells, each with its two seeds";
  for (std::size_t i = 0; i < 6; ++i)
    EXPECT_EQ(few.curves[i].cell, data.cells[i / 2 * 2].label) << "every second cell";
  EXPECT_EQ(few.all_cells, 6U);
  EXPECT_THAT(training_curves(database_, data, 1, 100)[1].curves, SizeIs(2)) << "one cell at least";
}

TEST_F(Page, QuestionsThatCellsDisagreeOnComeFirst) {
  take_in_example();
  const std::vector<AnsweredQuestion> questions =
      answered_questions(database_, load_report_data(database_, "example"), "scenetext", 30);
  ASSERT_THAT(questions, SizeIs(30));
  EXPECT_TRUE(questions.front().cells_disagree);
  EXPECT_EQ(questions.front().jpeg, "\xff\xd8jpeg");
  EXPECT_THAT(questions.front().answers, SizeIs(6));
  EXPECT_THAT(questions.front().answers.front().predictions, SizeIs(2));
  bool before = true;
  for (const AnsweredQuestion& question : questions) {
    EXPECT_TRUE(before || !question.cells_disagree);
    before = question.cells_disagree;
  }
}

TEST_F(Page, IsWrittenBesideTheDatabaseAndNeverOverIt) {
  take_in_example();
  EXPECT_EQ(write_html_page(database_, "example"), folder_.path() / "example.html");
  EXPECT_THAT(testing::read_file(folder_.path() / "example.html"), HasSubstr("<h1>example</h1>"));
  EXPECT_ANY_THROW(write_html_page(database_, "example", folder_.path() / "imp.db"));
}

}  // namespace
}  // namespace imp::results
