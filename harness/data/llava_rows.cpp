// SPDX-License-Identifier: Apache-2.0
#include "harness/data/llava_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>
#include <unordered_set>

#include "models/io/error.h"
#include "models/io/file.h"

namespace imp::harness {
namespace {

using nlohmann::json;

[[noreturn]] void refuse(const std::filesystem::path& file, size_t row, const std::string& what) {
  throw Error(fmt::format("{}: row {}: {}", file.string(), row, what));
}

const std::string& text_of(const json& object, const char* key, const std::filesystem::path& file,
                           size_t row) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_string()) refuse(file, row, fmt::format("has no text '{}'", key));
  return found->get_ref<const std::string&>();
}

LlavaRow parse_row(const json& entry, const std::filesystem::path& file, size_t number) {
  if (!entry.is_object())
    refuse(file, number, "is no object; {\"id\", \"image\", \"conversations\"} is needed");
  LlavaRow row;
  if (entry.contains("id"))
    row.id = entry["id"].is_string() ? entry["id"].get<std::string>() : entry["id"].dump();
  if (entry.contains("image") && !entry["image"].is_null()) {
    if (!entry["image"].is_string())
      refuse(file, number, "'image' is no text; one picture a row is supported");
    row.image = entry["image"].get<std::string>();
  }
  const auto conversations = entry.find("conversations");
  if (conversations == entry.end() || !conversations->is_array() || conversations->empty()) {
    refuse(file, number, "has no list 'conversations'");
  }
  if (conversations->size() % 2 != 0)
    refuse(file, number, "has an odd number of turns; human and gpt must alternate");
  for (size_t i = 0; i < conversations->size(); i += 2) {
    const json &human = (*conversations)[i], &answer = (*conversations)[i + 1];
    if (!human.is_object() || !answer.is_object() || text_of(human, "from", file, number) != "human" ||
        text_of(answer, "from", file, number) != "gpt") {
      refuse(file, number, fmt::format("turn {} must be from 'human' and turn {} from 'gpt'", i + 1, i + 2));
    }
    row.turns.emplace_back(text_of(human, "value", file, number), text_of(answer, "value", file, number));
  }
  return row;
}

}  // namespace

long long LlavaRow::modality_length() const {
  long long words = 0;
  for (const auto& [question, answer] : turns) {
    for (const std::string& text : {question, answer}) {
      std::istringstream stream(text);
      std::string word;
      while (stream >> word) ++words;
    }
  }
  return image.empty() ? -words : words;
}

std::vector<LlavaRow> read_llava_rows(const std::filesystem::path& file) {
  const std::string text = read_file(file);
  json entries;
  try {
    entries = json::parse(text);
  } catch (const json::parse_error& error) {
    const std::string_view before = std::string_view(text).substr(0, error.byte > 0 ? error.byte - 1 : 0);
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    throw Error(fmt::format("{}:{}:{}: is not valid JSON", file.string(), line,
                            before.size() - (before.rfind('\n') + 1) + 1));
  }
  if (!entries.is_array() || entries.empty())
    throw Error(file.string() + ": must be a list with at least one row");
  std::vector<LlavaRow> rows;
  rows.reserve(entries.size());
  for (const json& entry : entries) rows.push_back(parse_row(entry, file, rows.size() + 1));
  return rows;
}

std::vector<std::string> pictures_of(const std::vector<LlavaRow>& rows,
                                     const std::filesystem::path& json_file,
                                     const std::filesystem::path& images) {
  std::vector<std::string> names, absent;
  std::unordered_set<std::string> seen;
  for (const LlavaRow& row : rows) {
    if (row.image.empty() || !seen.insert(row.image).second) continue;
    if (!std::filesystem::exists(images / row.image)) absent.push_back(row.image);
    names.push_back(row.image);
  }
  if (!absent.empty()) {
    throw Error(fmt::format("{}: {} of {} pictures are not below {}, the first '{}'", json_file.string(),
                            absent.size(), names.size(), images.string(), absent.front()));
  }
  return names;
}

}  // namespace imp::harness
