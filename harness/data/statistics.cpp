// SPDX-License-Identifier: Apache-2.0
#include "harness/data/statistics.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string_view>
#include <vector>

#include "harness/data/rendered_benchmarks.h"
#include "models/io/error.h"
#include "models/io/file.h"
#include "models/io/json_depth.h"

namespace imp::harness {
namespace {

using nlohmann::json;
using AnswerCounts = std::map<std::string, int>;

/// JSON, but not what write_scenetext writes.
struct NotSceneText {};

const std::string& commonest(const AnswerCounts& counts) {
  return std::max_element(counts.begin(), counts.end(),
                          [](const auto& a, const auto& b) { return a.second < b.second; })
      ->first;
}

/// Collects answers by family and turns them into numbers.
class Part {
 public:
  void add(const std::string& family, const std::string& answer) { ++answers_[family][answer]; }
  void add_picture(const std::string& image) { pictures_.insert(image); }

  [[nodiscard]] PartStatistics statistics() const {
    PartStatistics result;
    result.pictures = static_cast<int>(pictures_.size());
    for (const auto& [family, counts] : answers_) {
      FamilyStatistics& of_family = result.families[family];
      for (const auto& [answer, count] : counts) of_family.questions += count;
      of_family.distinct_answers = static_cast<int>(counts.size());
      of_family.share_of_commonest =
          static_cast<double>(counts.at(commonest(counts))) / static_cast<double>(of_family.questions);
      result.questions += of_family.questions;
    }
    return result;
  }

 private:
  std::map<std::string, AnswerCounts> answers_;
  std::set<std::string> pictures_;
};

PartStatistics training_part(const json& rows, const json& families) {
  Part part;
  for (const json& row : rows) {
    part.add_picture(row.at("image").get<std::string>());
    const json& names = families.at(row.at("id").get<std::string>());
    const json& turns = row.at("conversations");
    for (std::size_t i = 0; i < names.size(); ++i)
      part.add(names[i].get<std::string>(), turns.at(2 * i + 1).at("value").get<std::string>());
  }
  return part.statistics();
}

PartStatistics text_part(const json& file) {
  Part part;
  for (const json& question : file.at("data")) {
    part.add_picture(question.at("image_id").get<std::string>());
    AnswerCounts counts;
    for (const json& answer : question.at("answers")) ++counts[answer.get<std::string>()];
    if (counts.empty()) throw NotSceneText();
    part.add(question.at("family").get<std::string>(), commonest(counts));
  }
  return part.statistics();
}

PartStatistics objects_part(const json& file) {
  Part part;
  for (const json& question : file) {
    part.add_picture(question.at("imageId").get<std::string>());
    part.add(question.at("types").at("structural").get<std::string>(),
             question.at("answer").get<std::string>());
  }
  return part.statistics();
}

PartStatistics presence_part(const json& lines) {
  Part part;
  for (const json& question : lines) {
    part.add_picture(question.at("image").get<std::string>());
    part.add(question.at("category").get<std::string>(), question.at("label").get<std::string>());
  }
  return part.statistics();
}

json parse_lines(const std::string& text) {
  json lines = json::array();
  std::istringstream each(text);
  for (std::string line; std::getline(each, line);) lines.push_back(json::parse(line));
  return lines;
}

}  // namespace

std::map<std::string, PartStatistics> scenetext_statistics(const std::filesystem::path& folder) {
  std::filesystem::path current = folder;
  const auto read = [&](std::string_view name) {
    current = folder / name;
    const std::string text = read_file(current);
    if (nests_deeper_than(100, text)) throw NotSceneText();
    return text;
  };
  const auto refusal = [&] {
    return Error(current.string() +
                 ": not a file of a scenetext folder; render it again with imp-data render");
  };
  try {
    std::map<std::string, PartStatistics> parts;
    const json rows = json::parse(read("train.json")), families = json::parse(read("train_families.json"));
    current = folder / "train.json with train_families.json";  // either may lack what the other names
    parts["train"] = training_part(rows, families);
    const auto& [text, objects, presence] = kRenderedBenchmarks;
    parts[std::string(text.name)] = text_part(json::parse(read(text.annotations)));
    // A mix has the questions about text alone.
    if (std::filesystem::exists(folder / objects.annotations))
      parts[std::string(objects.name)] = objects_part(json::parse(read(objects.annotations)));
    if (std::filesystem::exists(folder / presence.annotations))
      parts[std::string(presence.name)] = presence_part(parse_lines(read(presence.annotations)));
    return parts;
  } catch (const json::exception&) {
    throw refusal();
  } catch (const NotSceneText&) {
    throw refusal();
  }
}

}  // namespace imp::harness
