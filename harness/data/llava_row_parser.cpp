// SPDX-License-Identifier: Apache-2.0
#include "harness/data/llava_row_parser.h"

#include <fmt/format.h>
#include <simdjson.h>

#include "models/io/error.h"

namespace imp::harness {
namespace {

using simdjson::dom::element;

static_assert(LlavaRowParser::kPadding >= simdjson::SIMDJSON_PADDING);

/// A value as an error shows it.
std::string shown(const element& value) {
  std::string text = simdjson::minify(value);
  constexpr std::size_t kMost = 40;
  if (text.size() <= kMost) return text;
  std::size_t end = kMost;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80)
    --end;  // not inside of a character
  return text.substr(0, end) + "...";
}

std::string shown(const simdjson::simdjson_result<element>& value) {
  return value.error() != simdjson::SUCCESS ? "nothing" : shown(value.value_unsafe());
}

/// Says what is wrong with a row.
class Row {
 public:
  Row(const std::filesystem::path& file, std::int64_t number) : file_(file), number_(number) {}

  [[noreturn]] void refuse(std::string_view key, std::string_view expected, std::string_view found) const {
    throw Error(
        fmt::format("{}: row {}: {} must be {}, found {}", file_.string(), number_, key, expected, found));
  }
  [[nodiscard]] std::string text(const element& object, const char* key, const std::string& where) const {
    const auto value = object[key];
    std::string_view text;
    if (value.get(text) != simdjson::SUCCESS)
      refuse(fmt::format("{}'{}'", where, key), "a text", shown(value));
    return std::string(text);
  }

 private:
  const std::filesystem::path& file_;
  std::int64_t number_;
};

std::vector<std::string> images_of(const element& entry, const Row& row) {
  const auto value = entry["image"];
  if (value.error() != simdjson::SUCCESS || value.value_unsafe().is_null()) return {};
  std::string_view name;
  if (value.get(name) == simdjson::SUCCESS) {
    if (name.empty()) return {};
    return {std::string(name)};
  }
  simdjson::dom::array list;
  if (value.get(list) != simdjson::SUCCESS) row.refuse("'image'", "a text or a list of texts", shown(value));
  std::vector<std::string> names;
  for (const element& item : list) {
    if (item.get(name) != simdjson::SUCCESS || name.empty())
      row.refuse("'image'", "a text or a list of texts", shown(value));
    names.emplace_back(name);
  }
  return names;
}

std::string message(const element& turn, std::size_t number, const char* from, const Row& row) {
  const std::string where = fmt::format("turn {}: ", number);
  if (!turn.is_object())
    row.refuse(fmt::format("turn {}", number), "an object {\"from\", \"value\"}", shown(turn));
  if (row.text(turn, "from", where) != from)
    row.refuse(where + "'from'", fmt::format("\"{}\", since human and gpt alternate", from),
               shown(turn["from"]));
  return row.text(turn, "value", where);
}

}  // namespace

struct LlavaRowParser::Parser {
  simdjson::dom::parser parser;
};

LlavaRowParser::LlavaRowParser(std::filesystem::path file)
    : file_(std::move(file)), parser_(std::make_unique<Parser>()) {}
LlavaRowParser::~LlavaRowParser() = default;

LlavaRow LlavaRowParser::parse(std::string_view text, std::int64_t number) {
  element entry;
  if (parser_->parser.parse(text.data(), text.size(), false).get(entry) != simdjson::SUCCESS)
    throw InvalidRow{};
  const Row where(file_, number);
  if (!entry.is_object())
    where.refuse("it", "an object {\"id\", \"image\", \"conversations\"}", shown(entry));
  LlavaRow row;
  if (const auto id = entry["id"]; id.error() == simdjson::SUCCESS) {
    std::string_view name;
    row.id = id.get(name) == simdjson::SUCCESS ? std::string(name)
                                               : std::string(simdjson::minify(id.value_unsafe()));
  }
  row.images = images_of(entry, where);
  const auto conversations = entry["conversations"];
  simdjson::dom::array turns;
  if (conversations.get(turns) != simdjson::SUCCESS || turns.size() == 0)
    where.refuse("'conversations'", "a list of turns", shown(conversations));
  if (turns.size() % 2 != 0)
    where.refuse("'conversations'", "an even number of turns, human and gpt",
                 fmt::format("{}", turns.size()));
  std::size_t count = 0;
  for (const element& turn : turns) {
    if (count % 2 == 0) {
      row.turns.emplace_back(message(turn, count + 1, "human", where), "");
    } else {
      row.turns.back().second = message(turn, count + 1, "gpt", where);
    }
    ++count;
  }
  return row;
}

}  // namespace imp::harness
