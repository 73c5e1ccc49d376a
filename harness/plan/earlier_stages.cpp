// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/earlier_stages.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/plan/stage_json.h"
#include "models/io/error.h"

namespace imp::harness {
namespace fs = std::filesystem;

namespace {

using nlohmann::json;

bool is_of_host(const EarlierStage& stage, std::string_view host) {
  return stage.host.empty() || stage.host == host;
}

std::optional<double> median(std::vector<double> values) {
  if (values.empty()) return std::nullopt;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// How many times the work of an earlier stage one is, by what its parameters count.
double times_the_work(const json& now, const json& before) {
  const auto number = [](const json& parameters, const char* name) {
    const auto found = parameters.find(name);
    return found != parameters.end() && found->is_number() ? found->get<double>() : 0.0;
  };
  const auto ratio = [](double mine, double theirs) { return mine > 0 && theirs > 0 ? mine / theirs : 1.0; };
  if (now.value("pretrain", "") != before.value("pretrain", "")) return 1.0;
  const auto pictures = [&](const json& of) {
    return number(of, "train_pictures") + number(of, "test_pictures");
  };
  const auto seen = [&](const json& of) {
    return number(of, "pretrain_steps") * number(of, "pretrain_batch_size");
  };
  return ratio(pictures(now), pictures(before)) * ratio(seen(now), seen(before));
}

}  // namespace

std::vector<std::string> differing_parameters(const json& now, const json& before) {
  std::vector<std::string> names;
  for (const auto& [name, value] : now.items()) {
    const auto found = before.find(name);
    if (found == before.end() || *found != value) names.push_back(name);
  }
  for (const auto& [name, value] : before.items()) {
    if (!now.contains(name)) names.push_back(name);
  }
  return names;
}

json parameter_of(const json& parameters, const std::string& name) {
  const auto found = parameters.find(name);
  return found == parameters.end() ? json() : *found;
}

std::string parameter_as_text(const json& value) {
  if (value.is_null()) return "absent";
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::optional<EarlierStage> read_finished_stage(const fs::path& folder) {
  try {
    const json record = read_stage_json(folder / "stage.json");
    EarlierStage stage;
    stage.kind = record.at("kind").get<std::string>();
    stage.key = record.at("key").get<std::string>();
    stage.version = record.value("version", 0);
    stage.parameters = record.value("parameters", json::object());
    stage.host = record.value("host", "");
    stage.made = record.value("made", "");
    stage.seconds = record.value("seconds", -1.0);
    stage.own_epochs = record.value("own_epochs", 0.0);
    if (const auto flops = record.find("flops"); flops != record.end() && flops->is_number())
      stage.flops = flops->get<double>();
    stage.device = record.value("device", "cpu");
    for (const json& input : record.value("inputs", json::array())) {
      stage.inputs.push_back(input_from_json(input));
    }
    if (record.contains("trunk")) stage.trunk = input_from_json(record["trunk"]);
    if (folder.filename() != stage.folder()) return std::nullopt;
    return stage;
  } catch (const json::exception&) {
    return std::nullopt;
  } catch (const Error&) {
    return std::nullopt;
  }
}

EarlierStages::EarlierStages(const fs::path& runs_dir) {
  std::error_code error;
  for (fs::directory_iterator entry(runs_dir / "stages", error), end; !error && entry != end;
       entry.increment(error)) {
    if (auto stage = read_finished_stage(entry->path())) stages_.push_back(std::move(*stage));
  }
  std::sort(stages_.begin(), stages_.end(), [](const EarlierStage& a, const EarlierStage& b) {
    return std::tie(b.made, b.key) < std::tie(a.made, a.key);
  });
  for (std::size_t i = 0; i < stages_.size(); ++i) {
    places_of_kind_[stages_[i].kind].push_back(i);
    folders_.insert(stages_[i].folder());
  }
}

bool EarlierStages::has(const StageRequest& request) const {
  return folders_.contains(request.folder());
}

const EarlierStage* EarlierStages::closest(const StageRequest& request, std::string_view host) const {
  const EarlierStage* best = closest_of(request.kind, request, host);
  return best == nullptr && request.kind == "trunk" ? closest_of("finetune", request, host) : best;
}

EarlierRates EarlierStages::rates(std::string_view host) const {
  constexpr std::size_t kMost = 50;
  constexpr double kShortest = 3.0;  // seconds; in shorter ones it is opening files that counts
  std::vector<double> cpu, gpu;
  for (const EarlierStage& stage : stages_) {
    if (stage.flops <= 0 || stage.seconds < kShortest || !is_of_host(stage, host)) continue;
    std::vector<double>& rates = stage.device == "cpu" ? cpu : gpu;
    if (rates.size() < kMost) rates.push_back(stage.flops / stage.seconds);
  }
  return {median(std::move(cpu)), median(std::move(gpu))};
}

const EarlierStage* EarlierStages::closest_of(std::string_view kind, const StageRequest& request,
                                              std::string_view host) const {
  // Each stage of a plan is compared with each of these, and a folder may hold 100,000.
  constexpr std::size_t kMostCompared = 200;
  const auto places = places_of_kind_.find(std::string(kind));
  if (places == places_of_kind_.end()) return nullptr;
  const EarlierStage* best = nullptr;
  std::size_t fewest = 0;
  for (std::size_t i = 0; i < std::min(kMostCompared, places->second.size()); ++i) {
    const EarlierStage& stage = stages_[places->second[i]];
    if (!host.empty() && !is_of_host(stage, host)) continue;
    const std::size_t count = differing_parameters(request.parameters, stage.parameters).size();
    if (best != nullptr && count >= fewest) continue;
    best = &stage;
    fewest = count;
  }
  return best;
}

std::optional<double> expected_seconds(const StageRequest& request, const EarlierStage& earlier) {
  if (earlier.seconds < 0) return std::nullopt;
  if (earlier.own_epochs <= 0 || request.own_epochs <= 0)
    return earlier.seconds * times_the_work(request.parameters, earlier.parameters);
  return earlier.seconds * request.own_epochs / earlier.own_epochs;
}

std::vector<std::string> differences(const StageRequest& request, const EarlierStage& earlier) {
  std::vector<std::string> lines;
  for (const std::string& name : differing_parameters(request.parameters, earlier.parameters)) {
    lines.push_back(fmt::format("{}: {}, was {}", name,
                                parameter_as_text(parameter_of(request.parameters, name)),
                                parameter_as_text(parameter_of(earlier.parameters, name))));
  }
  if (request.inputs != earlier.inputs) lines.emplace_back("inputs");
  return lines;
}

}  // namespace imp::harness
