// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <unordered_set>

#include "harness/data/llava_index.h"
#include "harness/data/llava_row_parser.h"
#include "models/io/error.h"

namespace imp::harness {
namespace {

/// A window of a file that moves forward, with readable bytes behind it for the parser.
class Window {
 public:
  explicit Window(const std::filesystem::path& file) : file_(file), stream_(file, std::ios::binary) {
    if (!stream_) throw Error(file.string() + ": cannot be read");
  }

  /// Drops what is before `from` and reads on; false at the end of the file. Repeated calls that drop nothing
  /// read twice as much each time, so that one long row costs no more than its length.
  bool read_on(std::size_t from) {
    chunk_ = from == 0 && used_ > 0 ? std::max(chunk_, used_) : kChunk;
    std::memmove(buffer_.data(), buffer_.data() + from, used_ - from);
    used_ -= from;
    base_ += from;
    buffer_.resize(used_ + chunk_ + LlavaRowParser::kPadding);
    stream_.read(buffer_.data() + used_, static_cast<std::streamsize>(chunk_));
    used_ += static_cast<std::size_t>(stream_.gcount());
    return stream_.gcount() > 0;
  }
  [[nodiscard]] std::string_view text() const { return {buffer_.data(), used_}; }
  [[nodiscard]] std::uint64_t base() const { return base_; }

  /// Throws for the byte at `offset` of the file; only then lines are counted.
  [[noreturn]] void refuse(std::uint64_t offset) const {
    std::ifstream again(file_, std::ios::binary);
    std::uint64_t line = 1, column = 1;
    for (char c = 0; offset > 0 && again.get(c); --offset) {
      column = c == '\n' ? 1 : column + 1;
      if (c == '\n') ++line;
    }
    throw Error(fmt::format("{}:{}:{}: is not valid JSON", file_.string(), line, column));
  }

 private:
  static constexpr std::size_t kChunk = std::size_t{4} << 20;

  std::filesystem::path file_;
  std::ifstream stream_;
  std::vector<char> buffer_ = std::vector<char>(LlavaRowParser::kPadding);
  std::size_t used_ = 0, chunk_ = kChunk;
  std::uint64_t base_ = 0;
};

constexpr std::size_t kUnfinished = std::string_view::npos;

/// The end of the string that begins at `place`.
std::size_t end_of_string(std::string_view text, std::size_t place) {
  for (std::size_t quote = place + 1; (quote = text.find('"', quote)) != std::string_view::npos; ++quote) {
    std::size_t slashes = 0;
    while (text[quote - 1 - slashes] == '\\') ++slashes;
    if (slashes % 2 == 0) return quote + 1;
  }
  return kUnfinished;
}

/// The end of the value that begins at `place`; brackets are only counted, since the row's parser knows more.
std::size_t end_of_value(std::string_view text, std::size_t place) {
  for (std::size_t depth = 0; place < text.size();) {
    const char c = text[place];
    if (c == '"') {
      place = end_of_string(text, place);
      if (place == kUnfinished) return kUnfinished;
      if (depth == 0) return place;
      continue;
    }
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') {
      if (depth <= 1) return depth == 0 ? place : place + 1;
      --depth;
    }
    if (depth == 0 && (c == ',' || c == ' ' || c == '\n' || c == '\r' || c == '\t')) return place;
    ++place;
  }
  return kUnfinished;
}

/// Walks over the rows of a file.
class Scan {
 public:
  explicit Scan(const std::filesystem::path& file) : file_(file), window_(file), parser_(file) {}

  LlavaIndex run() {
    const char first = next();
    if (first != '[') {
      if (first == '\0' || std::string_view("{\"-0123456789tfn").find(first) == std::string_view::npos)
        refuse_here();
      throw Error(fmt::format("{}: must be a list of rows, found {}", file_.string(),
                              first == '{' ? "an object" : "a single value"));
    }
    ++place_;
    if (next() == ']')
      throw Error(file_.string() + ": must be a list with at least one row, found an empty one");
    for (;;) {
      take_row();
      const char after = next();
      if (after != ',' && after != ']') refuse_here();
      ++place_;
      if (after == ']') break;
      (void)next();
    }
    if (next() != '\0' || place_ < window_.text().size()) refuse_here();
    return std::move(index_);
  }

 private:
  /// Moves to the next byte that is no white space and returns it; 0 at the end.
  char next() {
    for (;;) {
      const std::string_view text = window_.text();
      place_ = std::min(text.find_first_not_of(" \t\r\n", place_), text.size());
      if (place_ < text.size()) return text[place_];
      const bool more = window_.read_on(place_);
      place_ = 0;
      if (!more) return '\0';
    }
  }
  [[noreturn]] void refuse_here() { window_.refuse(window_.base() + place_); }

  void take_row() {
    std::size_t end = end_of_value(window_.text(), place_);
    while (end == kUnfinished) {
      const bool more = window_.read_on(place_);
      place_ = 0;
      end = more ? end_of_value(window_.text(), 0) : window_.text().size();
    }
    const std::string_view text = window_.text().substr(place_, end - place_);
    const auto number = static_cast<std::int64_t>(index_.begins.size()) + 1;
    LlavaRow row;
    try {
      row = parser_.parse(text, number);
    } catch (const InvalidRow&) {
      refuse_row(text);
    }
    if (text.size() > std::numeric_limits<std::uint32_t>::max())
      throw Error(fmt::format("{}: row {}: is longer than 4 GiB", file_.string(), number));
    index_.begins.push_back(window_.base() + place_);
    index_.lengths.push_back(static_cast<std::uint32_t>(text.size()));
    index_.words.push_back(static_cast<std::int32_t>(row.modality_length()));
    for (std::string& name : row.images) {
      if (seen_.insert(name).second) index_.pictures.push_back(std::move(name));
    }
    place_ = end;
  }

  /// Asks a parser that says where it stopped.
  [[noreturn]] void refuse_row(std::string_view text) {
    std::size_t byte = 1;
    try {
      [[maybe_unused]] const auto value = nlohmann::json::parse(text);
    } catch (const nlohmann::json::parse_error& error) {
      byte = std::max<std::size_t>(error.byte, 1);
    }
    window_.refuse(window_.base() + place_ + byte - 1);
  }

  std::filesystem::path file_;
  Window window_;
  LlavaRowParser parser_;
  std::size_t place_ = 0;
  LlavaIndex index_;
  std::unordered_set<std::string> seen_;
};

}  // namespace

LlavaIndex scan_llava_file(const std::filesystem::path& file) {
  return Scan(file).run();
}

}  // namespace imp::harness
