// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>

#include "results/ingest.h"
#include "results/report/cost_table.h"
#include "results/report/display.h"
#include "results/report/effects_table.h"
#include "results/report/format.h"
#include "results/report/report_table.h"
#include "results/report/sweep_choice.h"
#include "results/results_database.h"
#include "results/statistics/distributions.h"
#include "results/store_error.h"
#include "tests/results/run_folder.h"

namespace imp::results {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::json;
using testing::SweepFolder;
using testing::TemporaryFolder;
using testing::write_small_sweep;

class Report : public ::testing::Test {
 protected:
  TemporaryFolder folder_;
  std::filesystem::path runs_ = folder_.path() / "runs";
  Database database_ = open_results(folder_.path() / "imp.db", Access::write);
};

/// Compares with tests/data/results/<name>; IMP_UPDATE_GOLDEN=1 writes it instead, to be read as a diff.
void expect_golden(const std::string& text, const std::string& name) {
  const std::filesystem::path path = std::filesystem::path(IMP_TEST_DATA) / "results" / name;
  if (std::getenv("IMP_UPDATE_GOLDEN") != nullptr) testing::write_file(path, text);
  EXPECT_EQ(text, testing::read_file(path)) << name;
}

TEST_F(Report, EveryFormatReadsAsItsGolden) {
  write_small_sweep(runs_, "ranks");
  ingest_sweep(database_, runs_, "ranks");
  const Table table = report_table(database_, "ranks");
  expect_golden(to_markdown(table), "report.md");
  expect_golden(to_csv(table), "report.csv");
  expect_golden(to_json(table), "report.json");
  expect_golden(to_latex(table), "report.tex");
  expect_golden(to_html(table), "report.html");
  expect_golden(to_markdown(cost_table(database_, "ranks")), "cost.md");
  expect_golden(to_markdown(effects_table(database_, "ranks", EffectRows::levels)), "effects.md");
  expect_golden(to_json(effects_table(database_, "ranks", EffectRows::levels)), "effects.json");
}

/// Standard deviation of the mean of a few independent numbers, squared.
double variance_of_mean(const std::vector<double>& values) {
  double mean = 0.0;
  for (const double value : values) mean += value / static_cast<double>(values.size());
  double squares = 0.0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  const auto n = static_cast<double>(values.size());
  return squares / (n - 1.0) / n;
}

TEST_F(Report, ErrorsOfSeedsAndQuestionsAreThoseOfAHandComputation) {
  // Each question has its own image, so the clustered variance is the plain one.
  SweepFolder sweep(runs_, "plain");
  const std::vector<std::vector<double>> scores{{0.2, 0.9, 0.5, 0.6, 1.0}, {0.4, 0.9, 0.3, 0.7, 0.8}};
  for (int seed = 1; seed <= 2; ++seed) {
    const std::string trial = sweep.add_trial("128", seed);
    json outcome = sweep.outcome(trial, "128", seed);
    std::vector<testing::Question> questions;
    for (int q = 0; q < 5; ++q) {
      questions.push_back(
          {q, q, scores[static_cast<std::size_t>(seed) - 1][static_cast<std::size_t>(q)], 0.1 * q});
    }
    sweep.add_answers(outcome, "scenetext", questions);
    sweep.write_outcome(outcome);
  }
  sweep.write_plan();
  ingest_sweep(database_, runs_, "plain");
  const json row = json::parse(to_json(report_table(database_, "plain")))["rows"][0];
  // Two seeds that differ by d on a question leave d / 2 and -d / 2, and d has one degree of freedom: the
  // variance of its mean / 2 is what questions alone add to the mean square of the seeds' means.
  const double mean_square = 2.0 * variance_of_mean({0.64, 0.62});
  const double by_questions = variance_of_mean({0.2, 0.0, -0.2, 0.1, -0.2}) / 2.0;
  const double seed_part = mean_square / 2.0;
  const double question_part = variance_of_mean({0.3, 0.9, 0.4, 0.65, 0.9}) - by_questions / 2.0;
  EXPECT_NEAR(row["scenetext"], 0.63, 1e-12);
  EXPECT_NEAR(row["scenetext_standard_error"], std::sqrt(question_part + seed_part), 1e-12);
  const double margin_part = variance_of_mean({0.3, 0.8, 0.2, 0.35, 0.5});
  const double total = margin_part - by_questions / 2.0 + seed_part;
  // The mean square is by chance less than what questions alone add; in truth it cannot be.
  ASSERT_LT(mean_square, by_questions);
  const double degrees =
      margin_part * margin_part / (margin_part * margin_part / 4 + by_questions * by_questions / 4 / 1);
  ASSERT_NEAR(degrees, 3.68, 0.01);
  const double half_width =
      (static_cast<double>(row["scenetext_margin_high"]) - static_cast<double>(row["scenetext_margin_low"])) /
      2;
  EXPECT_NEAR(row["scenetext_margin"], 0.43, 1e-12);
  EXPECT_NEAR(half_width / std::sqrt(total), student_t_quantile(0.975, degrees), 1e-9);
  EXPECT_EQ(row["seeds"], 2);
}

TEST_F(Report, TheStrongestControlIsNamedWithTheMarginOverIt) {
  SweepFolder sweep(runs_, "controls");
  const std::vector<testing::Question> answers{{1, 1, 1.0, 0.2}, {2, 2, 0.6, 0.0}, {3, 3, 0.8, 0.1}};
  // Blind is 0.1 in both cells; shuffled is the strongest in the first, ocr in the second.
  const std::map<std::string, std::map<std::string, std::vector<double>>> controls{
      {"128", {{"shuffled", {0.3, 0.6, 0.0}}, {"ocr", {0.1, 0.1, 0.1}}}},
      {"256", {{"shuffled", {0.0, 0.0, 0.0}}, {"ocr", {0.9, 0.3, 0.6}}}}};
  for (const auto& [rank, scores_of] : controls) {
    const std::string trial = sweep.add_trial(rank, 1);
    json outcome = sweep.outcome(trial, rank, 1);
    sweep.add_answers(outcome, "scenetext", answers);
    for (const auto& [control, scores] : scores_of) {
      std::vector<testing::Question> asked = answers;
      for (std::size_t q = 0; q < asked.size(); ++q) asked[q].score = scores[q];
      sweep.add_control(outcome, "scenetext", control, asked);
    }
    sweep.write_outcome(outcome);
  }
  sweep.write_plan();
  ingest_sweep(database_, runs_, "controls");
  const Table table = report_table(database_, "controls");
  const json rows = json::parse(to_json(table))["rows"];
  EXPECT_EQ(rows[0]["scenetext_control"], "shuffled");
  EXPECT_NEAR(rows[0]["scenetext_control_score"], 0.3, 1e-12);
  EXPECT_NEAR(rows[0]["scenetext_over_control"], 0.5, 1e-12);
  EXPECT_NEAR(rows[0]["scenetext_blind"], 0.1, 1e-12);
  EXPECT_NEAR(rows[0]["scenetext_margin"], 0.7, 1e-12);
  EXPECT_EQ(rows[1]["scenetext_control"], "ocr");
  EXPECT_NEAR(rows[1]["scenetext_over_control"], 0.2, 1e-12);
  // Of the paired differences 0.7, 0.0 and 0.8, each question a picture of its own: Student's t with two
  // degrees of freedom.
  const double half_width = 4.3027 * std::sqrt(variance_of_mean({0.7, 0.0, 0.8}));
  EXPECT_NEAR(rows[0]["scenetext_over_control_high"], 0.5 + half_width, 1e-3);
  const std::string text = to_markdown(table);
  EXPECT_THAT(text, HasSubstr(" strongest control |"));
  EXPECT_THAT(text, HasSubstr("| shuffled 30.0 ± "));
  EXPECT_THAT(text, HasSubstr(" ocr 60.0 ± "));
  EXPECT_THAT(text, HasSubstr("shuffled with another question's"));
}

TEST_F(Report, AScoreThatIsNotTheMeanOfItsAnswersSaysWhereItsErrorComesFrom) {
  SweepFolder sweep(runs_, "sum");
  const std::string trial = sweep.add_trial("128", 1);
  json outcome = sweep.outcome(trial, "128", 1);
  sweep.add_answers(outcome, "mme", {{1, 1, 1.0, 0.0}, {2, 2, 0.0, 0.0}});
  outcome["scores"][0]["value"] = 0.9;
  sweep.write_outcome(outcome);
  sweep.write_plan();
  ingest_sweep(database_, runs_, "sum");
  const Table table = report_table(database_, "sum");
  EXPECT_THAT(table.notes.back(), HasSubstr("standard error from each trial's own"));
  EXPECT_THAT(to_markdown(table), HasSubstr("90.0 (s.e. 5.0)"));
}

TEST_F(Report, RetriedTrialsAndSweepsWithoutFactorsAreTold) {
  SweepFolder sweep(runs_, "one");
  const std::string trial = sweep.add_trial("128", 1);
  json outcome = sweep.outcome(trial, "128", 1);
  json failed = outcome["attempts"][0];
  failed.update(
      {{"status", "failed"}, {"stage", "finetune"}, {"error_type", "out_of_memory"}, {"error_message", "x"}});
  outcome["attempts"].insert(outcome["attempts"].begin(), failed);
  outcome["attempts"][1].update({{"attempt", 2}, {"micro_batch", 8}});
  sweep.write_outcome(outcome);
  sweep.plan()["factors"] = json::array();
  sweep.write_plan();
  ingest_sweep(database_, runs_, "one");
  const Table table = report_table(database_, "one");
  EXPECT_EQ(table.rows[0][0].text, "baseline");
  EXPECT_EQ(
      table.notes[0],
      "lora_rank=128,seed=1: done at attempt 2 with micro_batch 8; attempt 1 ended with out_of_memory: x");
}

/// What a training stage counted of its rows, as outcome.json has it.
json row_counts(const std::string& stage, int unanswered, const std::string& text) {
  return {{"stage", stage},
          {"file", "rows.json"},
          {"rows", 90},
          {"whole", true},
          {"teaching", 90 - unanswered},
          {"kinds",
           {{{"kind", "unanswered"},
             {"rows", unanswered},
             {"teaches_nothing", true},
             {"row", 7},
             {"line", 12},
             {"column", 3},
             {"id", "x"},
             {"text", text}}}}};
}

TEST_F(Report, RowsThatTeachNothingAndStepsWithoutALossAreTold) {
  SweepFolder sweep(runs_, "rows");
  for (const char* rank : {"128", "256"}) {
    const std::string trial = sweep.add_trial(rank, 1);
    json outcome = sweep.outcome(trial, rank, 1);
    outcome["rows"] = {
        row_counts("connector", 2, "captions.json:1:2: row 7: two of 90"),
        row_counts("finetune", rank == std::string("128") ? 3 : 4, std::string("rank ") + rank)};
    sweep.write_outcome(outcome);
    testing::write_file(
        sweep.trial_folder(trial) / "train.jsonl",
        "{\"step\":1,\"loss\":null,\"lr\":0.1,\"grad_norm\":0,\"tokens\":0,\"seconds\":0.1}\n"
        "{\"step\":2,\"loss\":1.5,\"lr\":0.1,\"grad_norm\":1,\"tokens\":9,\"seconds\":0.1}\n");
  }
  sweep.write_plan();
  EXPECT_TRUE(ingest_sweep(database_, runs_, "rows").empty());
  const std::vector<std::string> notes = report_table(database_, "rows").notes;
  EXPECT_THAT(notes, ::testing::Contains("connector rows: captions.json:1:2: row 7: two of 90"));
  EXPECT_THAT(notes, ::testing::Contains("finetune rows: rank 128 (in 1 of 2 trials)"));
  EXPECT_THAT(notes, ::testing::Contains("training steps without a token to learn, so without a loss: "
                                         "lora_rank=128,seed=1: 1 of 2; lora_rank=256,seed=1: 1 of 2"));
  EXPECT_EQ(
      database_.integer("SELECT sum(rows) FROM v_row_kinds WHERE stage = 'finetune' AND first_line = 12"), 7);
  EXPECT_EQ(database_.integer("SELECT count(*) FROM train_step WHERE loss IS NULL"), 2);
}

/// What a leaks stage found, as outcome.json has it: `shared` of 50 pictures.
json leak(int shared, const std::string& note) {
  return {
      {"benchmark", "scenetext"},
      {"pictures", 50},
      {"questions", 100},
      {"exact",
       {{"pairs", shared}, {"training_pictures", shared}, {"pictures", shared}, {"questions", 2 * shared}}},
      {"exact_or_near",
       {{"pairs", shared}, {"training_pictures", shared}, {"pictures", shared}, {"questions", 2 * shared}}},
      {"answered_about_the_picture", {{"turns", 3}, {"pictures", 1}, {"questions", shared == 0 ? 0 : 3}}},
      {"note", note}};
}

TEST_F(Report, ScoresOfPicturesThatTrainingHeldAreSaidNotToBeZeroShot) {
  const std::string note = "not zero-shot: 22 % of the benchmark's pictures are in the training data";
  SweepFolder sweep(runs_, "leaks");
  for (const char* rank : {"128", "256"}) {
    const std::string trial = sweep.add_trial(rank, 1);
    json outcome = sweep.outcome(trial, rank, 1);
    const bool is_leak = rank == std::string("256");
    outcome["leaks"] = {leak(is_leak ? 11 : 0, is_leak ? note : "")};
    sweep.write_outcome(outcome);
  }
  sweep.write_plan();
  EXPECT_TRUE(ingest_sweep(database_, runs_, "leaks").empty());
  EXPECT_THAT(report_table(database_, "leaks").notes,
              ::testing::Contains("scenetext is " + note + " (lora_rank=256)"));
  EXPECT_EQ(database_.integer("SELECT sum(shared_questions) FROM v_leaks WHERE cell = 'lora_rank=256'"), 22);
  EXPECT_EQ(database_.integer("SELECT answered_questions FROM v_leaks WHERE shared_pictures = 11"), 3);
  EXPECT_EQ(database_.integer("SELECT count(*) FROM v_leaks"), 2);
}

TEST_F(Report, NamesWithMarkupAreEscaped) {
  Table table{
      "a|b_c", {{"x|y", false, {"x,y"}}}, {{{"<b>1|2</b>\n&_", {std::string("say \"a\",b\n")}}}}, {}, {}};
  EXPECT_THAT(to_markdown(table), HasSubstr("| \\<b>1\\|2\\</b> &_ |"));
  EXPECT_EQ(to_csv(table), "\"x,y\"\n\"say \"\"a\"\",b\n\"\n");
  EXPECT_THAT(to_latex(table), HasSubstr("\\caption{a\\textbar{}b{\\ttfamily\\char95}c}"));
  EXPECT_THAT(to_html(table),
              HasSubstr("<td data-value=\"say &quot;a&quot;,b\n\">&lt;b&gt;1|2&lt;/b&gt;\n&amp;_</td>"));
}

TEST(ReportFormat, AnUnknownNameIsRefused) {
  EXPECT_THROW(static_cast<void>(find_format("xml")), StoreError);
  EXPECT_THAT(format_names(), ElementsAre("text", "md", "csv", "json", "latex", "html"));
}

TEST(Display, NumbersReadAsPeopleWriteThem) {
  EXPECT_EQ(percent(0.6123), "61.2");
  EXPECT_EQ(percent(std::nullopt), "–");
  EXPECT_EQ(signed_percent(-0.0501), "−5.0");
  EXPECT_EQ(signed_percent(-0.0001), "+0.0");
  EXPECT_EQ(short_count(1572864.0), "1.57 M");
  EXPECT_EQ(short_count(2.5e9), "2.50 B");
  EXPECT_EQ(short_count(9999.0), "9999");
  EXPECT_EQ(grouped(1234567.8), "1,234,568");
  EXPECT_EQ(grouped(999.0), "999");
  EXPECT_EQ(duration(9.94), "9.9 s");
  EXPECT_EQ(duration(59.6), "1 min 00 s");
  EXPECT_EQ(duration(112.0), "1 min 52 s");
  EXPECT_EQ(duration(3900.0), "1 h 05 min");
  EXPECT_EQ(bytes(6442450944.0), "6.00 GiB");
  EXPECT_EQ(operations(1.5e15), "1.50 P");
  EXPECT_EQ(operations(999.0), "999");
  EXPECT_EQ(energy(5400.0), "1.50 Wh");
  EXPECT_EQ(energy(7.2e6), "2.00 kWh");
}

TEST(Display, WidthCountsTerminalColumns) {
  EXPECT_EQ(display_width("a±b"), 3U);
  EXPECT_EQ(display_width("漢字"), 4U);
  EXPECT_EQ(display_width("e\xCC\x81"), 1U);
  EXPECT_EQ(display_width("\xFF\xFE"), 2U) << "broken UTF-8 must not run past the end";
  EXPECT_EQ(display_width("\xF0"), 1U);
}

TEST_F(Report, TheNewestSweepIsChosenByItsCreation) {
  write_small_sweep(runs_, "later", "2026-11-25T08:00:00Z");
  write_small_sweep(runs_, "earlier", "2026-11-24T08:00:00Z");
  ingest_sweep(database_, runs_, "later");
  ingest_sweep(database_, runs_, "earlier");
  EXPECT_EQ(choose_sweep(database_, ""), "later");
  EXPECT_EQ(choose_sweep(database_, "earlier"), "earlier");
}

}  // namespace
}  // namespace imp::results
