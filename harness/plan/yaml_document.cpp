// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/yaml_document.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <optional>
#include <sstream>

#include "models/io/error.h"
#include "models/io/file.h"

namespace imp::harness {
namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMostBytes = std::size_t{4} << 20;
/// Bounds what aliases of aliases can unfold to.
constexpr std::size_t kMostNodes = 200'000;
/// Bounds the search for duplicate keys.
constexpr std::size_t kMostKeys = 1'000;

std::size_t count_nodes(const YamlValue& value) {
  std::size_t count = 1;
  for (const YamlValue& item : value.items) count += count_nodes(item);
  for (const YamlEntry& entry : value.entries) count += 1 + count_nodes(entry.value);
  return count;
}

bool looks_octal(std::string_view text) {
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  return text.size() > 1 && text[0] == '0' &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_null_word(std::string_view text) {
  return text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL";
}

/// Builds YamlValues from yaml-cpp's events: its own tree keeps the first of duplicate keys without a word.
class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(const std::string& file, Diagnostics& diagnostics) : file_(file), diagnostics_(diagnostics) {}

  YamlValue take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    YamlValue value;
    value.location = at(mark);
    finish(std::move(value), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      diagnostics_.add(at(mark), "an alias stands inside its own anchor; write the value out");
      OnNull(mark, 0);
      return;
    }
    nodes_ += count_nodes(found->second);
    check_size(at(mark));
    finish(found->second, 0);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    YamlValue value;
    value.location = at(mark);
    value.quoted = tag == "!";
    if (!value.quoted && tag != "?" && !tag.empty()) {
      diagnostics_.add(value.location, fmt::format("the tag '{}' has no meaning here; remove it", tag));
    }
    if (!value.quoted && is_null_word(text)) {
      finish(std::move(value), anchor);
      return;
    }
    if (!value.quoted && looks_octal(text)) {
      diagnostics_.add(value.location,
                       fmt::format("{} has a leading zero and could be read as an octal number; write "
                                   "it without the zero, or '{}' for text",
                                   text, text));
    }
    value.kind = YamlValue::Kind::scalar;
    value.text = text;
    finish(std::move(value), anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(YamlValue::Kind::sequence, mark, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(YamlValue::Kind::map, mark, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    YamlValue value;
    YAML::anchor_t anchor = 0;
    std::optional<YamlValue> key;  ///< of a map: read, its value still to come
  };

  [[nodiscard]] Location at(const YAML::Mark& mark) const { return {file_, mark.line + 1, mark.column + 1}; }

  void check_size(const Location& location) const {
    if (nodes_ > kMostNodes) {
      throw Error(fmt::format("{}: more than {} values; split the file", to_string(location), kMostNodes));
    }
  }

  void open(YamlValue::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor) {
    Open opened;
    opened.value.kind = kind;
    opened.value.location = at(mark);
    opened.anchor = anchor;
    open_.push_back(std::move(opened));
  }

  void close() {
    Open done = std::move(open_.back());
    open_.pop_back();
    finish(std::move(done.value), done.anchor);
  }

  void finish(YamlValue value, YAML::anchor_t anchor) {
    ++nodes_;
    check_size(value.location);
    if (anchor != 0) anchors_[anchor] = value;
    if (open_.empty()) {
      root_ = std::move(value);
      return;
    }
    Open& parent = open_.back();
    if (parent.value.is_sequence()) {
      parent.value.items.push_back(std::move(value));
    } else if (!parent.key) {
      parent.key = std::move(value);
    } else {
      add_entry(parent.value, std::move(*parent.key), std::move(value));
      parent.key.reset();
    }
  }

  void add_entry(YamlValue& map, YamlValue key, YamlValue value) {
    if (!key.is_scalar()) {
      diagnostics_.add(key.location, fmt::format("a key must be a word, not {}", describe(key)));
    } else if (key.text == "<<" && !key.quoted) {
      diagnostics_.add(key.location,
                       "'<<' (merging maps) is not supported; write the keys out, or use 'extends'");
    } else if (const YamlEntry* earlier = map.find(key.text)) {
      diagnostics_.add(key.location,
                       fmt::format("duplicate key '{}'; it stands already in line {}: remove one of them",
                                   key.text, earlier->location.line));
    } else if (map.entries.size() == kMostKeys) {
      throw Error(fmt::format("{}: more than {} keys in one map; split the file", to_string(key.location),
                              kMostKeys));
    } else {
      map.entries.push_back({std::move(key.text), std::move(key.location), std::move(value)});
    }
  }

  std::string file_;
  Diagnostics& diagnostics_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, YamlValue> anchors_;
  std::size_t nodes_ = 0;
  YamlValue root_;
};

/// yaml-cpp passes over tabs in places where YAML forbids them, and then groups lines wrongly.
void refuse_tabs(std::string_view text, const std::string& file, Diagnostics& diagnostics) {
  int line = 1;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view content = text.substr(0, end);
    const std::size_t first = content.find_first_not_of(" \t\r");
    const std::size_t tab = content.find('\t');
    if (first != std::string_view::npos && tab < first) {
      diagnostics.add({file, line, static_cast<int>(tab) + 1}, "a tab in the indentation; use spaces");
    }
    text.remove_prefix(std::min(end + 1, text.size()));
    ++line;
  }
}

/// Length of the valid UTF-8 sequence at the start of `text`, or 0 (Unicode 15, table 3-7).
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  const bool overlong = (first == 0xE0 && byte(1) < 0xA0) || (first == 0xF0 && byte(1) < 0x90);
  const bool surrogate = first == 0xED && byte(1) > 0x9F;
  const bool too_large = first == 0xF4 && byte(1) > 0x8F;
  return overlong || surrogate || too_large ? 0 : length;
}

/// What is read here is written as JSON later, which knows UTF-8 only.
void refuse_other_encodings(std::string_view text, const std::string& file, Diagnostics& diagnostics) {
  Location here{file, 1, 1};
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0 || text[0] == '\0') {
      diagnostics.add(here, "not UTF-8 text; save the file as UTF-8");
      return;
    }
    ++here.column;
    if (text[0] == '\n') here = {file, here.line + 1, 1};
    text.remove_prefix(length);
  }
}

}  // namespace

const YamlEntry* YamlValue::find(std::string_view key) const {
  const auto found =
      std::find_if(entries.begin(), entries.end(), [&](const YamlEntry& entry) { return entry.key == key; });
  return found == entries.end() ? nullptr : &*found;
}

std::string describe(const YamlValue& value) {
  switch (value.kind) {
    case YamlValue::Kind::null:
      return "nothing";
    case YamlValue::Kind::sequence:
      return "a list";
    case YamlValue::Kind::map:
      return "a map";
    case YamlValue::Kind::scalar:
      break;
  }
  return value.quoted ? fmt::format("the text '{}'", value.text) : fmt::format("'{}'", value.text);
}

YamlValue parse_yaml(std::string_view text, const std::string& file, Diagnostics& diagnostics) {
  refuse_other_encodings(text, file, diagnostics);
  refuse_tabs(text, file, diagnostics);
  if (!diagnostics.empty()) return {};
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    TreeBuilder builder(file, diagnostics);
    if (!parser.HandleNextDocument(builder)) {
      YamlValue nothing;
      nothing.location = {file, 1, 1};
      return nothing;
    }
    TreeBuilder second(file, diagnostics);
    if (parser.HandleNextDocument(second)) {
      diagnostics.add(second.take().location, "a second document ('---'); keep one document a file");
    }
    return builder.take();
  } catch (const YAML::Exception& error) {
    const int line = std::max(error.mark.line, 0) + 1;
    const int column = std::max(error.mark.column, 0) + 1;
    diagnostics.add({file, line, column}, fmt::format("not valid YAML: {}", error.msg));
  } catch (const Error& error) {
    diagnostics.add_lines(error.what());
  }
  return {};
}

YamlValue load_yaml(const fs::path& path, Diagnostics& diagnostics) {
  const std::string text = read_file(path);
  if (text.size() > kMostBytes) throw Error(path.string() + ": larger than 4 MiB; is it a sweep file?");
  return parse_yaml(text, path.string(), diagnostics);
}

}  // namespace imp::harness
