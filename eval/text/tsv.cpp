// SPDX-License-Identifier: Apache-2.0
#include "eval/text/tsv.h"

#include <algorithm>
#include <utility>

#include "eval/text/python_text.h"
#include "models/io/error.h"

namespace imp::eval {

TsvReader::TsvReader(const std::filesystem::path& path, char separator)
    : stream_(path), separator_(separator) {
  if (!read_row(headings_)) throw Error(path.string() + ":1: no header; a line of column names is needed");
}

std::string_view TsvReader::take_plain(bool quoted) {
  const std::string_view held = stream_.held();
  const auto end = std::find_if(held.begin(), held.end(), [this, quoted](char c) {
    return c == '"' || c == '\n' || (!quoted && (c == separator_ || c == '\r'));
  });
  const std::string_view plain = held.substr(0, static_cast<std::size_t>(end - held.begin()));
  stream_.drop(plain.size());
  return plain;
}

bool TsvReader::at_end() {
  return stream_.held().empty() && !stream_.read_more();
}

char TsvReader::take() {
  const char c = stream_.held().front();
  stream_.drop(1);
  if (c == '\n') ++next_line_;
  return c;
}

bool TsvReader::read_row(std::vector<std::string>& fields) {
  fields.clear();
  if (at_end()) return false;
  line_ = next_line_;
  std::string field;
  bool quoted = false, row_ended = false;
  while (!row_ended && !at_end()) {
    field += take_plain(quoted);
    if (at_end()) break;
    const char c = take();
    if (quoted && c == '"') {
      quoted = !at_end() && stream_.held().front() == '"';
      if (quoted) field += take();
    } else if (!quoted && c == '"' && field.empty()) {
      quoted = true;
    } else if (!quoted && c == separator_) {
      fields.push_back(std::exchange(field, {}));
    } else if (!quoted && c == '\n') {
      row_ended = true;
    } else if (quoted || c != '\r') {
      field += c;
    }
  }
  if (quoted) fail("a quote is not closed");
  fields.push_back(std::move(field));
  for (const std::string& one : fields)
    if (first_invalid_utf8(one)) fail("a byte that is not UTF-8; write the file as UTF-8");
  return true;
}

bool TsvReader::next() {
  if (!read_row(row_)) return false;
  if (row_.size() != headings_.size())
    fail(std::to_string(row_.size()) + " fields; the header has " + std::to_string(headings_.size()));
  return true;
}

std::string_view TsvReader::operator[](std::string_view heading) const {
  const auto found = std::find(headings_.begin(), headings_.end(), heading);
  if (found == headings_.end()) return {};
  return row_[static_cast<std::size_t>(found - headings_.begin())];
}

void TsvReader::fail(const std::string& message) const {
  throw Error(stream_.path().string() + ":" + std::to_string(line_) + ": " + message);
}

void TsvReader::require(const std::vector<std::string_view>& headings) const {
  for (const std::string_view heading : headings)
    if (std::find(headings_.begin(), headings_.end(), heading) == headings_.end())
      throw Error(stream_.path().string() + ":1: no column '" + std::string(heading) + "'");
}

}  // namespace imp::eval
