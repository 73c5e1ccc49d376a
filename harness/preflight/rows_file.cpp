// SPDX-License-Identifier: Apache-2.0
#include "harness/preflight/rows_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <unordered_set>

#include "eval/benchmarks/json_records.h"
#include "harness/data/llava_rows.h"
#include "models/io/error.h"

namespace imp::harness {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kRowsLookedAt = 1000;

/// What the first rows of a file tell.
struct FirstRows {
  std::size_t rows = 0, bytes = 0;
  std::unordered_set<std::string> pictures;
};

void add_pictures(const eval::JsonStream& file, simdjson::ondemand::value value,
                  std::unordered_set<std::string>& pictures) {
  const std::string_view token = value.raw_json_token();
  if (token.starts_with('"')) pictures.insert(file.text(value, "image"));
  if (!token.starts_with('[')) return;
  for (auto name : value.get_array())
    if (name.value().raw_json_token().starts_with('"')) pictures.insert(file.text(name.value(), "image"));
}

FirstRows read_first_rows(const fs::path& path) {
  eval::JsonStream file(path);
  FirstRows first;
  file.begin('[');
  while (first.rows < kRowsLookedAt && file.peek() != ']') {
    const std::string_view row = file.take_value();
    ++first.rows;
    first.bytes += row.size() + 1;
    file.parse(row, [&](simdjson::ondemand::document& document) {
      for (auto field : document.get_object()) {
        const std::string_view key = field.unescaped_key();
        if (key == "image" || key == "images") add_pictures(file, field.value(), first.pictures);
      }
    });
    if (!file.accept(',')) break;
  }
  return first;
}

/// The last character that is not white space.
char last_character(const fs::path& path) {
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  std::array<char, 4096> end{};
  const auto size = static_cast<std::int64_t>(in.tellg());
  const std::int64_t length = std::min<std::int64_t>(size, end.size());
  in.seekg(size - length);
  in.read(end.data(), length);
  const std::string_view text(end.data(), static_cast<std::size_t>(in.gcount()));
  const std::size_t last = text.find_last_not_of(" \t\r\n");
  return last == std::string_view::npos ? '\0' : text[last];
}

}  // namespace

void check_rows_file(const DataSource& source) {
  constexpr std::uint64_t kMostScanned = 64U << 20;  // bytes; about half a second
  FirstRows first;
  try {
    first = read_first_rows(source.json);
  } catch (const Error&) {
    (void)LlavaFile::front_of(source.json, kMostScanned);  // says it better
    throw;
  }
  if (first.rows == 0) throw Error(source.json + ": no rows; at least one is needed");
  if (last_character(source.json) != ']')
    throw Error(source.json + ": is cut off: the list of rows does not end with ']'; fetch the file again");
  (void)LlavaFile::front_of(source.json, kMostScanned);
  const bool any = std::any_of(first.pictures.begin(), first.pictures.end(), [&](const std::string& name) {
    return fs::exists(fs::path(source.images) / name);
  });
  if (any || first.pictures.empty() || !fs::exists(source.images)) return;
  throw Error(
      fmt::format("{}: {} has none of the {} pictures of its first {} rows, such as {}; name the folder that "
                  "their names start from",
                  source.json, source.images, first.pictures.size(), first.rows, *first.pictures.begin()));
}

std::int64_t estimate_pictures(const DataSource& source) {
  const FirstRows first = read_first_rows(source.json);
  if (first.rows < kRowsLookedAt) return static_cast<std::int64_t>(first.pictures.size());
  const double rows_of_these =
      static_cast<double>(fs::file_size(source.json)) / static_cast<double>(first.bytes);
  return static_cast<std::int64_t>(static_cast<double>(first.pictures.size()) * rows_of_these);
}

}  // namespace imp::harness
