// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

// Run folders as imp-sweep leaves them, made in a temporary folder.

namespace imp::results::testing {

namespace fs = std::filesystem;
using nlohmann::json;

/// A score that looks drawn, from the numbers of rank, seed and question.
inline double score_of(int rank, int seed, int question) {
  return static_cast<double>((question * 37 + seed * 11 + rank * (question % 5) + seed * question * 3) % 10) /
         10.0;
}

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = fs::temp_directory_path() / "imp-results-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = name;
  }
  ~TemporaryFolder() { fs::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

inline void write_file(const fs::path& path, const std::string& content) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << content;
}

inline std::string read_file(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  EXPECT_TRUE(stream) << path;
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// One question's two answers.
struct Question {
  json question_id, image_id;
  double score = 0.0;
  double blind = 0.0;
  std::string family = "word";
};

inline double mean_score(const std::vector<Question>& questions, double Question::*which) {
  double sum = 0.0;
  for (const Question& question : questions) sum += question.*which;
  return sum / static_cast<double>(questions.size());
}

/// A sweep over one factor, `lora_rank`, with its trials' folders; fill in, then write().
class SweepFolder {
 public:
  SweepFolder(fs::path runs, std::string name, std::string created = "2026-11-24T08:00:00Z")
      : runs_(std::move(runs)), name_(std::move(name)) {
    plan_ = {{"schema", 1},
             {"sweep", name_},
             {"created", created},
             {"about", "Does a higher rank help?"},
             {"spec_file", "x"},
             {"spec_text", "version: 1\n"},
             {"seeds", {1}},
             {"benchmarks", {"scenetext"}},
             {"trials", json::array()}};
    plan_["factors"] = {{{"name", "lora_rank"}, {"levels", {"128", "256"}}}};
  }

  [[nodiscard]] fs::path folder() const { return runs_ / name_; }
  [[nodiscard]] fs::path trial_folder(const std::string& trial) const { return folder() / trial; }
  json& plan() { return plan_; }

  static json config(const std::string& rank, int seed) {
    return {
        {"llm", "phi"}, {"encoder", "siglip"},          {"finetune", "lora"}, {"lora_rank", std::stoi(rank)},
        {"epochs", 2},  {"finetune_data", "scenetext"}, {"seed", seed}};
  }

  /// Adds a trial to the plan; returns its name.
  std::string add_trial(const std::string& rank, int seed) {
    const std::string trial = "lora_rank=" + rank + ",seed=" + std::to_string(seed);
    plan_["trials"].push_back({{"trial", trial},
                               {"seed", seed},
                               {"levels", {{"lora_rank", rank}}},
                               {"config", config(rank, seed)},
                               {"stages",
                                {{{"kind", "data"}, {"key", std::string(32, 'a')}},
                                 {{"kind", "finetune"}, {"key", std::string(32, 'b')}}}}});
    return trial;
  }

  void write_plan() const { write_file(folder() / "sweep.json", plan_.dump(2)); }

  /// The outcome of a trial that went well, without scores.
  [[nodiscard]] json outcome(const std::string& trial, const std::string& rank, int seed) const {
    json value{{"schema", 1}, {"sweep", name_}, {"trial", trial}, {"seed", seed}, {"status", "done"}};
    value["config"] = config(rank, seed);
    value["stages"] = {
        {{"kind", "data"}, {"key", std::string(32, 'a')}, {"reused", true}, {"seconds", 0.5}},
        {{"kind", "finetune"}, {"key", std::string(32, 'b')}, {"reused", false}, {"seconds", 40.5}}};
    value["attempts"] = {{{"attempt", 1},
                          {"started", "2026-11-24T08:00:00Z"},
                          {"ended", "2026-11-24T08:01:52Z"},
                          {"status", "done"},
                          {"stage", "eval"},
                          {"error_type", ""},
                          {"error_message", ""},
                          {"micro_batch", 16}}};
    value["scores"] = json::array();
    value["cost"] = {{"wall_seconds", 112.0},         {"train_seconds", 80.0},
                     {"eval_seconds", 20.0},          {"train_tokens", 1000000},
                     {"tokens_per_second", 12500.0},  {"peak_memory_bytes", 2147483648},
                     {"trained_parameters", 1572864}, {"flops", 1.5e15}};
    value["provenance"] = {
        {"imp_version", "0.1.0"}, {"git_commit", "abc123"}, {"git_dirty", false}, {"threads", 2}};
    return value;
  }

  /// Adds a benchmark's two scores to an outcome and writes the answers' files.
  void add_answers(json& outcome, const std::string& benchmark,
                   const std::vector<Question>& questions) const {
    std::string seen, blind;
    for (const Question& question : questions) {
      json line{{"question_id", question.question_id},
                {"image_id", question.image_id},
                {"prediction", "stop | \"x\""},
                {"score", question.score},
                {"family", question.family},
                {"question_tokens", 9},
                {"answer_tokens", 2}};
      seen += line.dump() + "\n";
      line["score"] = question.blind;
      blind += line.dump() + "\n";
    }
    const fs::path predictions = trial_folder(outcome["trial"]) / "predictions";
    write_file(predictions / (benchmark + ".jsonl"), seen);
    write_file(predictions / (benchmark + ".blind.jsonl"), blind);
    const auto add = [&](const std::string& metric, double Question::*which) {
      outcome["scores"].push_back({{"benchmark", benchmark},
                                   {"metric", metric},
                                   {"value", mean_score(questions, which)},
                                   {"standard_error", 0.05},
                                   {"n", questions.size()}});
    };
    add("vqa_accuracy", &Question::score);
    add("vqa_accuracy_blind", &Question::blind);
  }

  /// Adds what was answered to the same questions under a control, whose scores stand in `score`.
  void add_control(json& outcome, const std::string& benchmark, const std::string& control,
                   const std::vector<Question>& questions) const {
    std::string lines;
    for (const Question& question : questions) {
      lines += json{{"question_id", question.question_id},
                    {"image_id", question.image_id},
                    {"prediction", "go"},
                    {"score", question.score},
                    {"family", question.family}}
                   .dump() +
               "\n";
    }
    write_file(trial_folder(outcome["trial"]) / "predictions" / (benchmark + "." + control + ".jsonl"),
               lines);
    outcome["scores"].push_back({{"benchmark", benchmark},
                                 {"metric", "vqa_accuracy_" + control},
                                 {"value", mean_score(questions, &Question::score)},
                                 {"n", questions.size()}});
  }

  void write_outcome(const json& outcome) const {
    write_file(trial_folder(outcome["trial"]) / "outcome.json", outcome.dump(2));
    write_file(trial_folder(outcome["trial"]) / "train.jsonl",
               "{\"step\":1,\"loss\":2.5,\"lr\":1e-4,\"grad_norm\":1.0,\"tokens\":500,\"seconds\":0.1}\n"
               "{\"step\":2,\"loss\":null,\"lr\":2e-4,\"grad_norm\":0.9,\"tokens\":500,\"seconds\":0.1}\n");
  }

  void write_stage(const std::string& kind, const std::string& key) const {
    const json stage{{"schema", 1},
                     {"kind", kind},
                     {"key", key},
                     {"version", 3},
                     {"parameters", json::object()},
                     {"inputs", json::array()},
                     {"made", "2026-11-24T07:00:00Z"},
                     {"seconds", 12.5},
                     {"host", "h"}};
    write_file(runs_ / "stages" / (kind + "-" + key) / "stage.json", stage.dump());
  }

 private:
  fs::path runs_;
  std::string name_;
  json plan_;
};

/// Four questions on two images whose scores depend on rank and seed.
inline std::vector<Question> four_questions(double shift) {
  return {
      {1, "a", 0.6 + shift, 0.0}, {2, "a", 0.3 + shift, 0.3}, {3, "b", 0.9 - shift, 0.0}, {4, "b", 0.5, 0.1}};
}

/// Ranks 128 and 256 with seeds 1 and 2: three done, rank 256 seed 2 failed; one seed more of 256 only
/// planned.
inline SweepFolder write_small_sweep(const fs::path& runs, const std::string& name,
                                     const std::string& created = "2026-11-24T08:00:00Z") {
  SweepFolder sweep(runs, name, created);
  double shift = 0.0;
  for (const auto& [rank, seed] :
       std::vector<std::pair<std::string, int>>{{"128", 1}, {"128", 2}, {"256", 1}, {"256", 2}}) {
    const std::string trial = sweep.add_trial(rank, seed);
    json outcome = sweep.outcome(trial, rank, seed);
    if (rank == "256" && seed == 2) {
      outcome["status"] = "failed";
      outcome["attempts"][0].update({{"status", "failed"},
                                     {"stage", "finetune"},
                                     {"error_type", "out_of_memory"},
                                     {"error_message", "9 GiB wanted | 6 there"}});
    } else {
      sweep.add_answers(outcome, "scenetext", four_questions(shift));
      shift += 0.05;
    }
    sweep.write_outcome(outcome);
  }
  sweep.add_trial("256", 3);
  sweep.plan()["seeds"] = {1, 2, 3};
  sweep.write_plan();
  sweep.write_stage("data", std::string(32, 'a'));
  return sweep;
}

}  // namespace imp::results::testing
