// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/inventory/made_runs.h"

#include <chrono>

namespace imp::harness::test {
namespace fs = std::filesystem;
using nlohmann::json;

namespace {

json as_json(const std::vector<StageInput>& stages) {
  json list = json::array();
  for (const StageInput& stage : stages) list.push_back({{"kind", stage.kind}, {"key", stage.key}});
  return list;
}

}  // namespace

StageInput stage_named(const std::string& kind, char digit) {
  return {kind, std::string(32, digit)};
}

MadeRuns::MadeRuns() : runs_(folder_.path() / "runs") {
  fs::create_directories(runs_ / "stages");
}

StageInput MadeRuns::stage(const std::string& kind, char digit, const std::vector<StageInput>& inputs,
                           const json& parameters, int version) const {
  const StageInput made = stage_named(kind, digit);
  const json record{{"schema", 1},
                    {"kind", kind},
                    {"key", made.key},
                    {"version", version},
                    {"parameters", parameters},
                    {"inputs", as_json(inputs)},
                    {"made", "2026-11-20T10:00:00Z"},
                    {"seconds", 90.0},
                    {"host", "here"},
                    {"device", "cpu"},
                    {"flops", 2e12},
                    {"peak_memory_bytes", 1 << 30}};
  const std::string folder = "stages/" + made.kind + "-" + made.key + "/";
  write(folder + "stage.json", record.dump());
  write(folder + "part/weights", std::string(1000, 'w'));
  age(runs_ / folder);
  return made;
}

StageInput MadeRuns::unfinished(const std::string& kind, char digit) const {
  const StageInput begun = stage_named(kind, digit);
  const std::string folder = "stages/.making-" + begun.kind + "-" + begun.key + "/";
  write(folder + "checkpoint", std::string(500, 'c'));
  age(runs_ / folder);
  return begun;
}

void MadeRuns::sweep(const std::string& name, const std::vector<Trial>& trials) const {
  json planned = json::array();
  for (const Trial& trial : trials) {
    planned.push_back(
        {{"trial", trial.name}, {"seed", 1}, {"config", trial.config}, {"stages", as_json(trial.stages)}});
    if (trial.status.empty()) continue;
    json outcome{{"schema", 1},
                 {"sweep", name},
                 {"trial", trial.name},
                 {"status", trial.status},
                 {"config", trial.config},
                 {"stages", as_json(trial.stages)}};
    outcome.update(trial.more);
    age(write(name + "/" + trial.name + "/outcome.json", outcome.dump()));
  }
  age(write(name + "/sweep.json",
            json{{"schema", 1}, {"sweep", name}, {"spec_file", name + ".yaml"}, {"trials", planned}}.dump()));
}

fs::path MadeRuns::write(const std::string& name, const std::string& content) const {
  return folder_.write("runs/" + name, content);
}

void MadeRuns::age(const fs::path& path) {
  const auto then = fs::file_time_type::clock::now() - std::chrono::hours(48);
  std::vector<fs::path> all{path};
  if (fs::is_directory(fs::symlink_status(path)))
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(path))
      all.push_back(entry.path());
  for (const fs::path& each : all)
    if (!fs::is_symlink(each)) fs::last_write_time(each, then);
}

}  // namespace imp::harness::test
