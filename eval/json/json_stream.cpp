// SPDX-License-Identifier: Apache-2.0
#include "eval/json/json_stream.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "eval/text/python_text.h"
#include "models/io/error.h"

namespace imp::eval {
namespace {

static_assert(TextStream::kPadding >= simdjson::SIMDJSON_PADDING);

constexpr std::string_view kSpace = " \t\r\n";
constexpr const char* kNotJson = "not JSON; a value, comma or closing bracket is missing or wrong here";
constexpr const char* kOtherShape =
    "JSON of another shape; an object, or a list where the format has one, is needed";

/// Only remembers where parsing stopped.
class FirstError : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return true; }
  bool key(string_t&) override { return true; }
  bool end_object() override { return true; }
  bool start_array(std::size_t) override { return true; }
  bool end_array() override { return true; }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    offset = position;
    return false;
  }

  std::size_t offset = 1;  ///< counted from 1
};

std::string quoted(std::string_view key) {
  return "'" + std::string(key) + "'";
}

/// Which bytes end a run of others: inside strings, and outside of them.
struct Marks {
  constexpr explicit Marks(std::string_view marks) {
    for (const char c : marks) is[static_cast<unsigned char>(c)] = true;
  }
  /// The first mark from `at` on, or `end`.
  const char* find(const char* at, const char* end) const {
    while (at != end && !is[static_cast<unsigned char>(*at)]) ++at;
    return at;
  }

  bool is[256] = {};
};

constexpr Marks kInside("\"\\\n");
constexpr Marks kOutside("\"{}[]");

/// Follows an object, list or string to its end, piece by piece.
class EndFinder {
 public:
  /// The place after the value if it ends in this piece, else nullptr. A line break inside a string, which
  /// JSON forbids, ends the search too: a quote is missing, and the rest of the file would be taken for text.
  const char* find(const char* at, const char* end) {
    while (at != end) {
      at = in_string_ ? in_string(at, end) : outside(at, end);
      if (broken_ || (!in_string_ && depth_ == 0)) return at;
    }
    return nullptr;
  }

 private:
  const char* outside(const char* at, const char* end) {
    at = kOutside.find(at, end);
    if (at == end) return at;
    in_string_ = *at == '"';
    if (*at == '{' || *at == '[') ++depth_;
    if (*at == '}' || *at == ']') --depth_;
    return at + 1;
  }

  const char* in_string(const char* at, const char* end) {
    if (escaped_) {
      escaped_ = false;
      return at + 1;
    }
    at = kInside.find(at, end);
    if (at == end) return at;
    escaped_ = *at == '\\';
    broken_ = *at == '\n';
    in_string_ = escaped_ || broken_;
    return at + 1;
  }

  std::size_t depth_ = 0;
  bool in_string_ = false, escaped_ = false, broken_ = false;
};

}  // namespace

char JsonStream::peek() {
  for (;;) {
    const std::size_t space = stream_.held().find_first_not_of(kSpace);
    if (space != std::string_view::npos) {
      stream_.drop(space);
      return stream_.held().front();
    }
    stream_.drop(stream_.held().size());
    if (!stream_.read_more()) return 0;
  }
}

bool JsonStream::accept(char wanted) {
  if (peek() != wanted) return false;
  stream_.drop(1);
  return true;
}

void JsonStream::expect(char wanted) {
  if (!accept(wanted)) fail(stream_.held().data(), kNotJson);
}

void JsonStream::begin(char bracket) {
  const bool is_value = std::string_view("{[\"-0123456789tfn").find(peek()) != std::string_view::npos;
  if (!accept(bracket)) fail(stream_.held().data(), is_value ? kOtherShape : kNotJson);
}

std::string_view JsonStream::take_value() {
  return pass_value(Keep::yes);
}

void JsonStream::skip_value() {
  (void)pass_value(Keep::no);
}

std::string_view JsonStream::pass_value(Keep keep) {
  const char first = peek();
  if (first != '{' && first != '[' && first != '"') return pass_scalar();
  EndFinder finder;
  std::size_t passed = 0;
  for (;;) {
    const std::string_view held = stream_.held();
    const char* const end = finder.find(held.data() + passed, held.data() + held.size());
    if (end != nullptr) {
      const std::string_view value = held.substr(0, static_cast<std::size_t>(end - held.data()));
      stream_.drop(value.size());
      return value;
    }
    passed = held.size();
    if (keep == Keep::no) stream_.drop(std::exchange(passed, 0));
    if (!stream_.read_more()) {
      if (keep == Keep::yes) fail_syntax(stream_.held());
      fail(stream_.held().data(), kNotJson);
    }
  }
}

std::string_view JsonStream::pass_scalar() {
  std::size_t end = std::string_view::npos;
  do {
    end = stream_.held().find_first_of(",:]} \t\r\n");
  } while (end == std::string_view::npos && stream_.read_more());
  const std::string_view value = stream_.held().substr(0, end);
  if (value.empty()) fail(stream_.held().data(), kNotJson);
  stream_.drop(value.size());
  return value;
}

void JsonStream::expect_end() {
  if (peek() != 0 || !stream_.held().empty()) fail(stream_.held().data(), kNotJson);
}

std::optional<std::string_view> JsonStream::next_line() {
  std::size_t passed = 0;
  for (;;) {
    const std::string_view held = stream_.held();
    const std::size_t end = held.find('\n', passed);
    if (end == std::string_view::npos) {
      passed = held.size();
      if (stream_.read_more()) continue;
    }
    const std::string_view line = stream_.held().substr(0, end);
    const bool last = end == std::string_view::npos;
    stream_.drop(line.size() + (last ? 0 : 1));
    if (line.find_first_not_of(kSpace) != std::string_view::npos) return line;
    if (last) return std::nullopt;
    passed = 0;
  }
}

void JsonStream::parse(std::string_view text,
                       const std::function<void(simdjson::ondemand::document&)>& reader) {
  try {
    simdjson::ondemand::document document = parser_.iterate(
        simdjson::padded_string_view(text.data(), text.size(), text.size() + TextStream::kPadding));
    reader(document);
  } catch (const simdjson::simdjson_error&) {
    fail_syntax(text);
  }
}

void JsonStream::fail_syntax(std::string_view part) const {
  if (const auto invalid = first_invalid_utf8(part))
    fail(part.data() + *invalid, "a byte that is not UTF-8; write the file as UTF-8");
  FirstError error;
  if (nlohmann::json::sax_parse(part.begin(), part.end(), &error)) fail(part.data(), kOtherShape);
  const std::size_t offset = std::min(error.offset > 0 ? error.offset - 1 : 0, part.size());
  fail(part.data() + offset, kNotJson);
}

void JsonStream::fail_at_top(const std::string& message) const {
  throw Error(stream_.path().string() + ":1:1: " + message);
}

std::string JsonStream::text(simdjson::ondemand::value value, std::string_view key) const {
  const char* const at = value.raw_json_token().data();
  std::string_view out;
  if (value.get_string().get(out) != simdjson::SUCCESS) fail(at, quoted(key) + " is not a valid string");
  return std::string(out);
}

std::string JsonStream::taken_text(std::string_view value, std::string_view key) {
  std::string out;
  parse(value, [&](simdjson::ondemand::document& document) {
    std::string_view found;
    if (document.get_string().get(found) != simdjson::SUCCESS)
      fail(value.data(), quoted(key) + " is not a valid string");
    out = found;
  });
  return out;
}

Identifier JsonStream::identifier(simdjson::ondemand::value value, std::string_view key) const {
  const std::string_view token = value.raw_json_token();
  if (token.starts_with('"')) return {text(value, key), false};
  int64_t number = 0;
  if (value.get_int64().get(number) != simdjson::SUCCESS)
    fail(token.data(), quoted(key) + " is neither a string nor a whole number");
  return {std::to_string(number), true};
}

long long JsonStream::whole_number(simdjson::ondemand::value value, std::string_view key) const {
  const char* const at = value.raw_json_token().data();
  int64_t number = 0;
  if (value.get_int64().get(number) != simdjson::SUCCESS) fail(at, quoted(key) + " is not a whole number");
  return number;
}

}  // namespace imp::eval
