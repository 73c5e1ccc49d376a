// SPDX-License-Identifier: Apache-2.0
#include "tests/results/page/example_sweep.h"

#include <fmt/format.h>

#include <cmath>
#include <vector>

namespace imp::results::testing {
namespace {

constexpr int kQuestions = 60, kSteps = 400;
constexpr const char* kFamilies[] = {"word", "color", "count", "<b>hostile</b>"};

/// A number in [0, 1) that looks drawn.
double drawn(int a, int b, int c) {
  const double wave = std::sin(12.9898 * a + 78.233 * b + 37.719 * c) * 43758.5453;
  return wave - std::floor(wave);
}

std::string question_id(int question) {
  return fmt::format("q{}", question);
}

std::string image_id(int question) {
  return fmt::format("picture {}", question / 3);
}

void write_questions(const SweepFolder& sweep, const std::string& benchmark, const std::string& jpeg) {
  const fs::path folder = sweep.folder() / "questions" / benchmark / "0123";
  std::string lines;
  for (int q = 0; q < kQuestions; ++q) {
    const std::string wording =
        q == 0 ? std::string("What does it say? ") + kHostile : fmt::format("What is on sign {}?", q);
    lines += json{{"question_id", question_id(q)},    {"image_id", image_id(q)},
                  {"family", kFamilies[q % 4]},       {"question", wording},
                  {"references", {"stop", kHostile}}, {"thumbnail", fmt::format("{}.jpg", q / 3)}}
                 .dump() +
             "\n";
    write_file(folder / "thumbnails" / fmt::format("{}.jpg", q / 3), jpeg);
  }
  write_file(folder / "questions.jsonl", lines);
}

void write_answers(const SweepFolder& sweep, json& outcome, const std::string& benchmark, double skill,
                   int seed) {
  std::string seen, blind;
  double sum = 0.0, sum_blind = 0.0;
  for (int q = 0; q < kQuestions; ++q) {
    const double score = drawn(q, benchmark == "objects", 0) < skill + 0.1 * drawn(q, seed, 1) ? 1.0 : 0.0;
    const double without = drawn(q, 7, 7) < 0.15 ? 1.0 : 0.0;
    sum += score / kQuestions;
    sum_blind += without / kQuestions;
    json line{{"question_id", question_id(q)},
              {"image_id", image_id(q)},
              {"prediction", score > 0.0 ? "stop" : kHostile},
              {"score", score},
              {"family", kFamilies[q % 4]}};
    seen += line.dump() + "\n";
    line["score"] = without;
    blind += line.dump() + "\n";
  }
  const fs::path predictions = sweep.trial_folder(outcome["trial"]) / "predictions";
  write_file(predictions / (benchmark + ".jsonl"), seen);
  write_file(predictions / (benchmark + ".blind.jsonl"), blind);
  outcome["scores"].push_back(
      {{"benchmark", benchmark}, {"metric", "vqa_accuracy"}, {"value", sum}, {"n", kQuestions}});
  outcome["scores"].push_back(
      {{"benchmark", benchmark}, {"metric", "vqa_accuracy_blind"}, {"value", sum_blind}, {"n", kQuestions}});
}

std::string loss_lines(double skill, int seed) {
  std::string lines;
  for (int step = 1; step <= kSteps; ++step) {
    const double loss = 2.0 * std::exp(-step / 120.0) + 1.0 - skill + 0.2 * drawn(step, seed, 3);
    lines += fmt::format(
        "{{\"step\":{},\"loss\":{:.4f},\"lr\":1e-4,\"grad_norm\":1.0,\"tokens\":500,\"seconds\":0.1}}\n",
        step, loss);
  }
  return lines;
}

}  // namespace

SweepFolder write_example_sweep(const fs::path& runs, const std::string& jpeg) {
  SweepFolder sweep(runs, "example");
  sweep.plan()["about"] = kHostile;
  sweep.plan()["seeds"] = {1, 2};
  sweep.plan()["benchmarks"] = {"scenetext", "objects"};
  sweep.plan()["factors"] = {{{"name", "llm"}, {"levels", {"phi", "llama"}}},
                             {{"name", "lora_rank"}, {"levels", {"128", "256", "512"}}}};
  for (const char* llm : {"phi", "llama"}) {
    double skill = llm == std::string("phi") ? 0.6 : 0.4;
    for (const char* rank : {"128", "256", "512"}) {
      skill += 0.05;
      for (const int seed : {1, 2}) {
        sweep.add_trial(rank, seed);
        json& planned = sweep.plan()["trials"].back();
        const std::string trial = fmt::format("llm={},lora_rank={},seed={}", llm, rank, seed);
        planned["trial"] = trial;
        planned["levels"] = {{"llm", llm}, {"lora_rank", rank}};
        planned["config"]["llm"] = llm;
        json outcome = sweep.outcome(trial, rank, seed);
        outcome["config"]["llm"] = llm;
        outcome["cost"]["train_seconds"] = 60.0 + 0.2 * std::stoi(rank);
        write_answers(sweep, outcome, "scenetext", skill, seed);
        write_answers(sweep, outcome, "objects", skill + 0.1, seed);
        sweep.write_outcome(outcome);
        write_file(sweep.trial_folder(trial) / "train.jsonl", loss_lines(skill, seed));
      }
    }
  }
  sweep.write_plan();
  for (const char* benchmark : {"scenetext", "objects"}) write_questions(sweep, benchmark, jpeg);
  return sweep;
}

}  // namespace imp::results::testing
