// SPDX-License-Identifier: Apache-2.0
// results_scale FOLDER [SWEEPS [CELLS]]: makes run folders of SWEEPS sweeps (16) of CELLS cells (36) x 3
// seeds x 3,000 questions, asked with the picture and without it, and says how long the database takes to
// read them in, how many bytes an answer row is, and how long each view and report takes on the whole. 16
// sweeps are 10,368,000 answers, 1.3 GB of run folders and half as much of database below FOLDER, which is
// emptied first.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "results/effects/sweep_statistics.h"
#include "results/ingest.h"
#include "results/report/effects_table.h"
#include "results/report/power_table.h"
#include "results/report/report_table.h"
#include "results/results_database.h"

namespace imp::results {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using Clock = std::chrono::steady_clock;

constexpr int kSeeds = 3, kQuestionsOfAPicture = 4;

/// Size of the sweeps that are made.
struct Size {
  int cells = 36, questions = 3000;
};

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// A number that looks drawn, in [0, 1).
double drawn(std::uint64_t a, std::uint64_t b, std::uint64_t c) {
  std::uint64_t x = a * 0x9E3779B97F4A7C15ULL + b * 0xBF58476D1CE4E5B9ULL + c * 0x94D049BB133111EBULL;
  x = (x ^ (x >> 31U)) * 0xD6E8FEB86659FD93ULL;
  x = (x ^ (x >> 29U)) * 0xD6E8FEB86659FD93ULL;
  return static_cast<double>((x ^ (x >> 32U)) >> 11U) / 9007199254740992.0;
}

const char* word_of(std::uint64_t i) {
  constexpr const char* kWords[] = {"north",  "yellow",      "stop",         "12",   "open until nine",
                                    "bakery", "3",           "red and blue", "exit", "pharmacy on the left",
                                    "no",     "unanswerable"};
  return kWords[i % std::size(kWords)];
}

const char* family_of(int question) {
  constexpr const char* kFamilies[] = {"word", "color", "count", "number", "position"};
  return kFamilies[question / 2 % static_cast<int>(std::size(kFamilies))];
}

void write(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

/// The levels of a cell of the grid llm x encoder x lora_rank.
std::vector<std::string> levels_of(int cell) {
  constexpr const char* kModels[] = {"phi", "llama", "qwen"};
  constexpr const char* kEncoders[] = {"siglip", "clip", "vit"};
  return {kModels[cell % 3], kEncoders[cell / 3 % 3], std::to_string(16 * (1 + cell / 9))};
}

std::string prediction_lines(std::uint64_t trial, bool blind, int questions, double& mean) {
  std::string lines;
  mean = 0.0;
  for (int q = 0; q < questions; ++q) {
    const auto number = static_cast<std::uint64_t>(q);
    const double easy = drawn(1, number, 0);
    // Scores of ten references: a third of a point each, as VQA accuracy has them.
    const double score =
        std::min(3.0, std::floor(4.0 * drawn(trial, number, blind ? 7 : 3) + (blind ? 0.0 : 2.0 * easy))) /
        3.0;
    mean += score / questions;
    lines += fmt::format(
        "{{\"question_id\":{},\"image_id\":\"{:06}\",\"prediction\":\"{}\",\"score\":{},\"family\":\"{}\","
        "\"question_tokens\":{},\"answer_tokens\":{}}}\n",
        q + 1, q / kQuestionsOfAPicture, word_of(trial * 7 + number), score, family_of(q), 70 + q % 20,
        1 + q % 4);
  }
  return lines;
}

std::string question_lines(int questions) {
  std::string lines;
  for (int q = 0; q < questions; ++q) {
    lines += json{{"question_id", q + 1},
                  {"image_id", fmt::format("{:06}", q / kQuestionsOfAPicture)},
                  {"family", family_of(q)},
                  {"question", fmt::format("what does the {} sign on the left say?",
                                           word_of(static_cast<std::uint64_t>(q)))},
                  {"references", std::vector<std::string>(10, word_of(static_cast<std::uint64_t>(q)))}}
                 .dump() +
             "\n";
  }
  return lines;
}

json config_of(const std::vector<std::string>& levels, int seed) {
  return {{"llm", levels[0]},   {"encoder", levels[1]},
          {"finetune", "lora"}, {"lora_rank", std::stoi(levels[2])},
          {"epochs", 1},        {"finetune_data", "scenetext"},
          {"seed", seed}};
}

void write_trial(const fs::path& folder, const json& planned, std::uint64_t number, int questions) {
  json outcome{{"schema", 1},
               {"status", "done"},
               {"config", planned.at("config")},
               {"stages", planned.at("stages")},
               {"attempts", json::array({{{"attempt", 1}, {"status", "done"}}})},
               {"scores", json::array()},
               {"questions", {{"scenetext", "asked"}}},
               {"cost", {{"wall_seconds", 100.0}, {"train_tokens", 1000000}}},
               {"provenance", {{"cpu", "x"}, {"threads", 2}, {"dtype", "float32"}}}};
  for (const bool blind : {false, true}) {
    double mean = 0.0;
    write(folder / "predictions" / (blind ? "scenetext.blind.jsonl" : "scenetext.jsonl"),
          prediction_lines(number, blind, questions, mean));
    outcome["scores"].push_back({{"benchmark", "scenetext"},
                                 {"metric", blind ? "vqa_accuracy_blind" : "vqa_accuracy"},
                                 {"value", mean},
                                 {"standard_error", 0.01},
                                 {"n", questions}});
  }
  std::string steps;
  for (int step = 1; step <= 300; ++step)
    steps += fmt::format(
        "{{\"step\":{},\"loss\":{:.4f},\"lr\":0.001,\"grad_norm\":1.5,\"tokens\":6000,\"seconds\":0.9}}\n",
        step, 3.0 / step + drawn(number, static_cast<std::uint64_t>(step), 9));
  write(folder / "train.jsonl", steps);
  write(folder / "outcome.json", outcome.dump());
}

void write_sweep(const fs::path& runs, const std::string& name, int number, const Size& size) {
  const int cells = size.cells;
  json plan{{"schema", 1},
            {"sweep", name},
            {"created", fmt::format("2026-11-{:02}T08:00:00Z", 1 + number % 28)},
            {"seeds", {1, 2, 3}},
            {"benchmarks", {"scenetext"}},
            {"trials", json::array()},
            {"factors", json::array({{{"name", "llm"}, {"levels", {"phi", "llama", "qwen"}}},
                                     {{"name", "encoder"}, {"levels", {"siglip", "clip", "vit"}}},
                                     {{"name", "lora_rank"}, {"levels", json::array()}}})}};
  for (int rank = 0; rank < (cells + 8) / 9; ++rank)
    plan["factors"][2]["levels"].push_back(std::to_string(16 * (1 + rank)));
  for (int cell = 0; cell < cells; ++cell) {
    const std::vector<std::string> levels = levels_of(cell);
    for (int seed = 1; seed <= kSeeds; ++seed) {
      const std::string trial =
          fmt::format("llm={},encoder={},lora_rank={},seed={}", levels[0], levels[1], levels[2], seed);
      const json planned{
          {"trial", trial},
          {"seed", seed},
          {"levels", {{"llm", levels[0]}, {"encoder", levels[1]}, {"lora_rank", levels[2]}}},
          {"config", config_of(levels, seed)},
          {"stages", json::array({{{"kind", "data"}, {"key", "d"}},
                                  {{"kind", "finetune"}, {"key", fmt::format("f{}-{}", cell, seed)}}})}};
      plan["trials"].push_back(planned);
      write_trial(runs / name / trial, planned,
                  static_cast<std::uint64_t>((number * cells + cell) * kSeeds + seed), size.questions);
    }
  }
  write(runs / name / "questions" / "scenetext" / "asked" / "questions.jsonl",
        question_lines(size.questions));
  write(runs / name / "sweep.json", plan.dump());
}

/// Runs twice and prints the second time: warm.
void time_warm(const std::string& what, const std::function<std::size_t()>& work) {
  (void)work();
  const auto start = Clock::now();
  const std::size_t rows = work();
  fmt::print("| {} | {} | {:.3f} |\n", what, rows, seconds_since(start));
}

std::size_t count_rows(Database& database, const std::string& sql) {
  Statement statement(database, sql);
  std::size_t rows = 0;
  while (statement.step()) ++rows;
  return rows;
}

void time_reads(Database& database, const std::string& sweep) {
  fmt::print("\n| warm | rows | seconds |\n|---|---:|---:|\n");
  for (const char* view : {"v_cells", "v_scores", "v_wide", "v_cell_scores", "v_families", "v_effects",
                           "v_failures", "v_cost", "v_provenance", "v_row_kinds"})
    time_warm(fmt::format("{}, all", view),
              [&] { return count_rows(database, fmt::format("SELECT * FROM {}", view)); });
  time_warm("v_curve of a sweep", [&] {
    return count_rows(database, fmt::format("SELECT * FROM v_curve WHERE sweep = '{}'", sweep));
  });
  time_warm("v_answers of a sweep", [&] {
    return count_rows(database, fmt::format("SELECT * FROM v_answers WHERE sweep = '{}'", sweep));
  });
  time_warm("v_answers of a trial", [&] {
    return count_rows(database, fmt::format("SELECT * FROM v_answers WHERE sweep = '{}' AND trial = "
                                            "'llm=phi,encoder=siglip,lora_rank=16,seed=1'",
                                            sweep));
  });
  time_warm("v_answers to a question", [&] {
    return count_rows(database,
                      fmt::format("SELECT * FROM v_answers WHERE sweep = '{}' AND benchmark = 'scenetext' "
                                  "AND question_id = '77'",
                                  sweep));
  });
  time_warm("table of a sweep", [&] { return report_table(database, sweep).rows.size(); });
  for (const EffectRows rows : {EffectRows::levels, EffectRows::families, EffectRows::interactions})
    time_warm("effects of a sweep", [&] { return effects_table(database, sweep, rows).rows.size(); });
  time_warm("noise of a sweep", [&] { return noise_table(database, sweep).rows.size(); });
  time_warm("power of a sweep", [&] { return power_table(database, sweep, 0.002).rows.size(); });
}

/// A sweep of many small trials, each taken in when it has ended: does the last cost more than the first?
void time_trial_by_trial(const fs::path& folder) {
  const fs::path runs = folder / "many";
  write_sweep(runs, "many", 0, {267, 20});
  const json plan = json::parse(std::ifstream(runs / "many" / "sweep.json"));
  const std::size_t trials = plan.at("trials").size(), tenth = trials / 10;
  SweepIngest ingest(runs, "many");
  double first = 0.0, last = 0.0, all = 0.0;
  for (std::size_t i = 0; i < trials; ++i) {
    const auto start = Clock::now();
    Database database = open_results(folder / "many.db", Access::write);
    ingest.take_in_trial(database, plan["trials"][i]["trial"]);
    const double seconds = seconds_since(start);
    all += seconds;
    if (i > 0 && i <= tenth) first += seconds;  // the very first writes the plan
    if (i + tenth >= trials) last += seconds;
  }
  fmt::print(
      "trial by trial, {} trials: {:.2f} s; a trial {:.1f} ms in the first tenth, {:.1f} ms in the last\n",
      trials, all, 1000 * first / static_cast<double>(tenth), 1000 * last / static_cast<double>(tenth));
}

int run(const fs::path& folder, int sweeps, const Size& size) {
  fs::remove_all(folder);
  const fs::path runs = folder / "runs";
  std::vector<std::string> names;
  for (int i = 0; i < sweeps; ++i) {
    names.push_back(fmt::format("sweep_{:02}", i));
    write_sweep(runs, names.back(), i, size);
  }
  Database database = open_results(folder / "imp.db", Access::write);
  const std::clock_t processor_start = std::clock();
  const auto start = Clock::now();
  for (const std::string& name : names) {
    for (const std::string& problem : ingest_sweep(database, runs, name)) fmt::print(stderr, "{}\n", problem);
  }
  const double seconds = seconds_since(start);
  const double processor = static_cast<double>(std::clock() - processor_start) / CLOCKS_PER_SEC;
  const auto answers = static_cast<double>(database.integer("SELECT count(*) FROM answer"));
  // Beside other programs the processor's own time says what the work costs; it includes no waiting for the
  // disk.
  fmt::print(
      "{:.0f} answers in {:.1f} s with effects: {:.0f} answers/s; {:.1f} s of processor: {:.0f} answers/s\n",
      answers, seconds, answers / seconds, processor, answers / processor);

  const auto bytes =
      static_cast<double>(database.integer("SELECT sum(pgsize) FROM dbstat WHERE name = 'answer'"));
  const auto text =
      static_cast<double>(database.integer("SELECT sum(length(CAST(prediction AS BLOB))) FROM answer"));
  fmt::print("{:.1f} bytes an answer row, of them {:.1f} text\n", bytes / answers, text / answers);

  const auto again = Clock::now();
  ingest_sweep(database, runs, names.back());
  fmt::print("a sweep looked at again, nothing changed: {:.3f} s\n", seconds_since(again));
  const std::int64_t last = database.integer("SELECT max(sweep_id) FROM sweep");
  for (int i = 0; i < 2; ++i) {
    Transaction transaction(database);
    const auto refresh = Clock::now();
    refresh_statistics(database, last);
    if (i == 1)
      fmt::print("scores of cells, families and effects of {} trials x {} questions: {:.3f} s, {} effects\n",
                 size.cells * kSeeds, size.questions, seconds_since(refresh),
                 database.integer(fmt::format("SELECT count(*) FROM effect WHERE sweep_id = {}", last)));
    transaction.commit();
  }
  time_trial_by_trial(folder);
  time_reads(database, names.back());
  return 0;
}

}  // namespace
}  // namespace imp::results

int main(int argc, char** argv) {
  if (argc < 2) {
    fmt::print(stderr, "results_scale FOLDER [SWEEPS [CELLS]]\n");
    return 2;
  }
  return imp::results::run(argv[1], argc > 2 ? std::atoi(argv[2]) : 16,
                           {argc > 3 ? std::atoi(argv[3]) : 36, 3000});
}
