// SPDX-License-Identifier: Apache-2.0
#include "harness/data/llava_row_parser.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <optional>

#include "harness/data/python_json.h"
#include "harness/data/word_count.h"

namespace imp::harness {
namespace {

using simdjson::dom::element;

static_assert(LlavaRowParser::kPadding >= simdjson::SIMDJSON_PADDING);

/// A value as an error shows it.
std::string shown(const std::optional<element>& value) {
  if (!value) return "nothing";
  std::string text = simdjson::minify(*value);
  constexpr std::size_t kMost = 40;
  if (text.size() <= kMost) return text;
  std::size_t end = kMost;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80)
    --end;  // not inside of a character
  return text.substr(0, end) + "...";
}

[[noreturn]] void refuse(std::string_view key, std::string_view expected,
                         const std::optional<element>& found) {
  throw WrongSchema{fmt::format("{} must be {}, found {}", key, expected, shown(found))};
}

/// The value of a key; the last one, as Python's json.load.
std::optional<element> find(const simdjson::dom::object& object, std::string_view key) {
  std::optional<element> found;
  for (const auto& [name, value] : object) {
    if (name == key) found = value;
  }
  return found;
}

std::vector<std::string> images_of(const simdjson::dom::object& entry) {
  const std::optional<element> value = find(entry, "image");
  if (!value || value->is_null()) return {};
  std::string_view name;
  if (value->get(name) == simdjson::SUCCESS) {
    if (name.empty()) return {};
    return {std::string(name)};
  }
  simdjson::dom::array list;
  if (value->get(list) != simdjson::SUCCESS) refuse("'image'", "a text or a list of texts", value);
  std::vector<std::string> names;
  for (const element& item : list) {
    if (item.get(name) != simdjson::SUCCESS || name.empty())
      refuse("'image'", "a text or a list of texts", value);
    names.emplace_back(name);
  }
  return names;
}

/// Whether pictures stand under a key that other trainers read.
std::string unread_key(const simdjson::dom::object& entry) {
  for (const char* key : {"images", "video", "videos"}) {
    const std::optional<element> value = find(entry, key);
    if (!value) continue;
    std::string_view text;
    simdjson::dom::array list;
    const bool names_some = (value->get(text) == simdjson::SUCCESS && !text.empty()) ||
                            (value->get(list) == simdjson::SUCCESS && list.size() > 0);
    if (names_some) return key;
  }
  return "";
}

struct Message {
  std::string_view from, value;
};

/// A turn. A value of null is no text.
Message message(const element& turn, std::size_t number) {
  simdjson::dom::object object;
  if (turn.get(object) != simdjson::SUCCESS)
    refuse(fmt::format("turn {}", number), "an object {\"from\", \"value\"}", turn);
  Message result;
  const std::optional<element> from = find(object, "from"), value = find(object, "value");
  if (!from || from->get(result.from) != simdjson::SUCCESS)
    refuse(fmt::format("turn {}: 'from'", number), "a text", from);
  if (!value || (!value->is_null() && value->get(result.value) != simdjson::SUCCESS))
    refuse(fmt::format("turn {}: 'value'", number), "a text", value);
  return result;
}

/// Pairs questions and answers as LLaVA's preprocess functions do: an opening of the assistant's is dropped,
/// then human and gpt take turns, and a last question may stand alone.
void pair_turns(const std::vector<Message>& messages, LlavaRow& row) {
  const auto leave_out = [&row](RowKind kind, std::string found) {
    row.left_out = kind;
    row.found = std::move(found);
    row.turns.clear();
  };
  for (const Message& message : messages) {
    if (message.from != "human" && message.from != "gpt")
      return leave_out(RowKind::unknown_role, fmt::format("\"{}\"", message.from));
  }
  const std::size_t first = !messages.empty() && messages.front().from == "gpt" ? 1 : 0;
  for (std::size_t i = first; i < messages.size(); ++i) {
    const bool asks = (i - first) % 2 == 0;
    if ((messages[i].from == "human") != asks)
      return leave_out(RowKind::not_alternating, fmt::format("turn {}", i + 1));
    if (asks) {
      row.turns.push_back({std::string(messages[i].value), std::nullopt});
    } else {
      row.turns.back().answer = messages[i].value;
    }
  }
  if (row.turns.empty()) leave_out(RowKind::no_turns, "");
}

}  // namespace

struct LlavaRowParser::Parser {
  simdjson::dom::parser parser;
  std::string standard;  ///< the text in standard JSON, where it is not
};

LlavaRowParser::LlavaRowParser() : parser_(std::make_unique<Parser>()) {}
LlavaRowParser::~LlavaRowParser() = default;

LlavaRow LlavaRowParser::parse(std::string_view text) {
  element whole;
  if (parser_->parser.parse(text.data(), text.size(), false).get(whole) != simdjson::SUCCESS) {
    parser_->standard = as_standard_json(text);
    if (parser_->standard == text || parser_->parser.parse(parser_->standard).get(whole) != simdjson::SUCCESS)
      throw InvalidRow{};
  }
  simdjson::dom::object entry;
  if (whole.get(entry) != simdjson::SUCCESS)
    refuse("it", "an object {\"id\", \"image\", \"conversations\"}", whole);
  LlavaRow row;
  if (const std::optional<element> id = find(entry, "id")) {
    std::string_view name;
    row.id = id->get(name) == simdjson::SUCCESS ? std::string(name) : std::string(simdjson::minify(*id));
  }
  row.images = images_of(entry);
  if (row.images.empty()) row.unread_key = unread_key(entry);
  const std::optional<element> conversations = find(entry, "conversations");
  simdjson::dom::array turns;
  if (!conversations || conversations->get(turns) != simdjson::SUCCESS)
    refuse("'conversations'", "a list of turns", conversations);
  std::vector<Message> messages;
  for (const element& turn : turns) {
    messages.push_back(message(turn, messages.size() + 1));
    row.words += count_words(messages.back().value);
  }
  pair_turns(messages, row);
  return row;
}

}  // namespace imp::harness
