// SPDX-License-Identifier: Apache-2.0
#include "tests/faults/tiny_sweep.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "models/io/file.h"
#include "tests/faults/tiny_zoo.h"

namespace imp::test {
namespace fs = std::filesystem;

namespace {

std::vector<nlohmann::json> json_lines(const fs::path& file) {
  std::vector<nlohmann::json> lines;
  std::istringstream text(read_file(file));
  for (std::string line; std::getline(text, line);) lines.push_back(nlohmann::json::parse(line));
  return lines;
}

}  // namespace

std::string without_seconds(const fs::path& file) {
  std::string text;
  for (nlohmann::json& line : json_lines(file)) {
    line.erase("seconds");
    text += line.dump() + "\n";
  }
  return text;
}

TinySweep::TinySweep(const Settings& settings, const std::string& vary, const std::string& name)
    : name_(name), runs_(folder_.path() / "runs") {
  write_tiny_zoo(folder() / "zoo");
  // Two micro-batches a step, and dropout, so that all that a checkpoint must bring back is in use.
  Settings all{{"train_pictures", "60"},
               {"test_pictures", "10"},
               {"dtype", "float32"},
               {"lora_rank", "8"},
               {"lora_dropout", "0.05"},
               {"connector_batch_size", "4"},
               {"connector_micro_batch", "2"},
               {"connector_max_steps", std::to_string(kConnectorSteps)},
               {"batch_size", "3"},
               {"micro_batch", "2"},
               {"epochs", "2"},
               {"max_steps", std::to_string(kFinetuneSteps)},
               {"checkpoint_every", "3"}};
  for (const auto& [key, value] : settings) all[key] = value;
  std::string text =
      "version: 1\nname: " + name + "\nextends: " IMP_SOURCE "/sweeps/profiles/embedded.yaml\nbaseline:\n";
  for (const auto& [key, value] : all) text += "  " + key + ": " + value + "\n";
  write_file_atomically(file(), text + "vary:\n" + vary + "seeds: [1]\nbenchmarks: [scenetext]\n");
}

fs::path TinySweep::only_trial() const {
  for (const fs::directory_entry& entry : fs::directory_iterator(sweep_folder())) {
    if (entry.is_directory()) return entry.path();
  }
  ADD_FAILURE() << "no trial below " << sweep_folder();
  return {};
}

void TinySweep::take_pictures_of(const TinySweep& other) const {
  fs::create_directories(runs_ / "stages");
  for (const char* kind : {"data", "features"}) {
    for (const fs::path& stage : other.stages(kind)) {
      fs::copy(stage, runs_ / "stages" / stage.filename(), fs::copy_options::recursive);
    }
  }
}

std::vector<std::string> TinySweep::command(const std::vector<std::string>& more) const {
  std::vector<std::string> all{"imp-sweep", file(), "--runs", runs_, "--db", database()};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

std::vector<fs::path> TinySweep::stages(const std::string& kind, bool finished) const {
  std::vector<fs::path> found;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(runs_ / "stages", error)) {
    const std::string start = (finished ? "" : ".making-") + kind + "-";
    if (entry.path().filename().string().starts_with(start)) found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

int TinySweep::steps_logged() const {
  int64_t lines = 0;
  for (const char* kind : {"connector", "trunk", "finetune"}) {
    for (const bool finished : {false, true}) {
      for (const fs::path& stage : stages(kind, finished)) {
        try {
          const std::string text = read_file(stage / "train.jsonl");
          lines += std::count(text.begin(), text.end(), '\n');
        } catch (const std::exception&) {  // not begun, or renamed just now
        }
      }
    }
  }
  return static_cast<int>(lines);
}

nlohmann::json TinySweep::outcome(const fs::path& trial) const {
  return nlohmann::json::parse(read_file(trial / "outcome.json"));
}

const TinySweep& uninterrupted() {
  static const TinySweep sweep;
  static const Finished finished = sweep.run();
  if (finished.exit_code != 0) throw std::runtime_error("the uninterrupted run failed: " + finished.err);
  return sweep;
}

std::map<std::string, std::string> results_of(const TinySweep& sweep) {
  std::map<std::string, std::string> results;
  for (const char* kind : {"data", "features", "connector", "finetune", "eval"}) {
    for (const fs::path& stage : sweep.stages(kind)) {
      std::vector<std::string> names;
      for (const fs::directory_entry& entry : fs::recursive_directory_iterator(stage)) {
        const fs::path name = fs::relative(entry.path(), sweep.runs() / "stages");
        names.push_back(name);
        if (entry.path().filename() == "train.jsonl") results[name] = without_seconds(entry.path());
        if (entry.path().extension() == ".safetensors") results[name] = read_file(entry.path());
      }
      std::sort(names.begin(), names.end());
      for (const std::string& name : names) results["files"] += name + "\n";
    }
  }
  const fs::path trial = sweep.only_trial();
  for (const char* name :
       {"predictions/scenetext.jsonl", "predictions/scenetext.blind.jsonl", "resolved.yaml"}) {
    results[name] = read_file(trial / name);
  }
  results["train.jsonl"] = without_seconds(trial / "train.jsonl");
  results["scores"] = sweep.outcome(trial).at("scores").dump();
  results["status"] = sweep.outcome(trial).at("status");
  return results;
}

void expect_stages_whole(const fs::path& runs) {
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(runs / "stages", error)) {
    if (entry.path().filename().string().starts_with(".")) continue;
    EXPECT_TRUE(fs::exists(entry.path() / "stage.json")) << entry.path() << " is half a stage";
  }
}

void expect_one_clear_line(const std::string& err) {
  std::istringstream text(err);
  int lines = 0;
  for (std::string line; std::getline(text, line);) lines += line.starts_with("[") ? 0 : 1;
  EXPECT_EQ(lines, 1) << err;
  EXPECT_EQ(err.find("terminate"), std::string::npos) << err;
  EXPECT_TRUE(err.ends_with("\n"));
}

}  // namespace imp::test
