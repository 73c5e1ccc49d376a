// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <unordered_set>

#include "harness/data/file_places.h"
#include "harness/data/llava_index.h"
#include "harness/data/llava_row_parser.h"
#include "models/io/error.h"

namespace imp::harness {
namespace {

/// A window of a file that moves forward, with readable bytes behind it for the parser.
class Window {
 public:
  explicit Window(const std::filesystem::path& file) : stream_(file, std::ios::binary) {
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

 private:
  static constexpr std::size_t kChunk = std::size_t{4} << 20;

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

/// What is wrong with a file, by the byte at which it stands; told together at the end.
class Faults {
 public:
  explicit Faults(std::filesystem::path file) : file_(std::move(file)) {}

  void add(std::uint64_t offset, std::string what) {
    constexpr std::size_t kMostTold = 20;
    ++count_;
    if (what_.size() == kMostTold) return;
    offsets_.push_back(offset);
    what_.push_back(std::move(what));
  }
  void throw_if_any() const {
    if (what_.empty()) return;
    std::string lines;
    const std::vector<FilePlace> places = places_in(file_, offsets_);
    for (std::size_t i = 0; i < what_.size(); ++i) {
      lines += fmt::format("{}{}:{}:{}: {}", lines.empty() ? "" : "\n", file_.string(), places[i].line,
                           places[i].column, what_[i]);
    }
    if (count_ > what_.size())
      lines += fmt::format("\n{}: and {} more such rows", file_.string(), count_ - what_.size());
    throw Error::of_lines(lines);
  }

 private:
  std::filesystem::path file_;
  std::vector<std::uint64_t> offsets_;
  std::vector<std::string> what_;
  std::size_t count_ = 0;
};

/// Walks over the rows of a file.
class Scan {
 public:
  Scan(const std::filesystem::path& file, std::uint64_t most_bytes)
      : file_(file), most_bytes_(most_bytes), window_(file), faults_(file) {}

  LlavaIndex run() {
    begin_list();
    for (;;) {
      take_row();
      const char after = next();
      if (after != ',' && after != ']') refuse_here();
      ++place_;
      if (after == ']') break;
      (void)next();
      if (window_.base() + place_ >= most_bytes_) {
        index_.whole = false;
        break;
      }
    }
    if (index_.whole && (next() != '\0' || place_ < window_.text().size())) refuse_here();
    faults_.throw_if_any();
    return std::move(index_);
  }

 private:
  /// Passes the bracket before the first row; a byte order mark may stand before it.
  void begin_list() {
    (void)next();
    if (window_.text().starts_with("\xef\xbb\xbf")) place_ = 3;
    const char first = next();
    if (first != '[') {
      if (first == '\0' || std::string_view("{\"-0123456789tfn").find(first) == std::string_view::npos)
        refuse_here();
      throw Error(fmt::format("{}: must be a list of rows, found {}", file_.string(),
                              first != '{' ? "a single value"
                              : is_json_lines()
                                  ? "an object a line (JSON lines); `jq -s .` makes a list of them"
                                  : "an object"));
    }
    ++place_;
    if (next() == ']')
      throw Error(file_.string() + ": must be a list with at least one row, found an empty one");
  }
  /// Whether one object follows another.
  bool is_json_lines() {
    place_ = end_of_row() - window_.base();
    return next() == '{';
  }
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
  [[noreturn]] void refuse_here() { refuse(window_.base() + place_); }
  /// What follows bytes that are no JSON cannot be told.
  [[noreturn]] void refuse(std::uint64_t offset) {
    faults_.add(offset, "is not valid JSON");
    faults_.throw_if_any();
    throw std::logic_error("a fault that is none");
  }

  /// Offset in the file at which the value that begins at place_ ends; all of it is in the window then.
  std::uint64_t end_of_row() {
    std::size_t end = end_of_value(window_.text(), place_);
    while (end == kUnfinished) {
      const bool more = window_.read_on(place_);
      place_ = 0;
      end = more ? end_of_value(window_.text(), 0) : window_.text().size();
    }
    return window_.base() + end;
  }

  void take_row() {
    const std::uint64_t end = end_of_row();
    const std::string_view text = window_.text().substr(place_, end - window_.base() - place_);
    if (text.size() > std::numeric_limits<std::uint32_t>::max())
      throw Error(fmt::format("{}: row {}: is longer than 4 GiB", file_.string(), number_));
    try {
      const LlavaRow row = parser_.parse(text);
      index_.begins.push_back(window_.base() + place_);
      index_.lengths.push_back(static_cast<std::uint32_t>(text.size()));
      index_.words.push_back(static_cast<std::int32_t>(row.modality_length()));
      for (const std::string& name : row.images) {
        if (seen_.insert(name).second) index_.pictures.push_back(name);
      }
    } catch (const InvalidRow&) {
      refuse_row(text);
    } catch (const WrongSchema& wrong) {
      faults_.add(window_.base() + place_, fmt::format("row {}: {}", number_, wrong.what));
    }
    ++number_;
    place_ = end - window_.base();
  }

  /// Asks a parser that says where it stopped.
  [[noreturn]] void refuse_row(std::string_view text) {
    std::size_t byte = 1;
    try {
      [[maybe_unused]] const auto value = nlohmann::json::parse(text);
    } catch (const nlohmann::json::parse_error& error) {
      byte = std::max<std::size_t>(error.byte, 1);
    }
    refuse(window_.base() + place_ + byte - 1);
  }

  std::filesystem::path file_;
  std::uint64_t most_bytes_;
  Window window_;
  LlavaRowParser parser_;
  Faults faults_;
  std::size_t place_ = 0;
  std::int64_t number_ = 1;
  LlavaIndex index_;
  std::unordered_set<std::string> seen_;
};

}  // namespace

LlavaIndex scan_llava_file(const std::filesystem::path& file, std::uint64_t most_bytes) {
  return Scan(file, most_bytes).run();
}

}  // namespace imp::harness
