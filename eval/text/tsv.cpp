// SPDX-License-Identifier: Apache-2.0
#include "eval/text/tsv.h"

#include <algorithm>

#include "eval/text/python_text.h"
#include "models/io/error.h"
#include "models/io/file.h"

namespace imp::eval {

TsvReader::TsvReader(const std::filesystem::path& path) : path_(path), content_(read_file(path)) {
  if (const auto bad = first_invalid_utf8(content_))
    throw Error(path.string() + ": byte " + std::to_string(*bad) + " is not UTF-8; write the file as UTF-8");
  if (!read_row(headings_)) throw Error(path.string() + ":1: no header; a line of column names is needed");
}

bool TsvReader::read_row(std::vector<std::string>& fields) {
  fields.clear();
  if (offset_ >= content_.size()) return false;
  line_ = next_line_;
  std::string field;
  bool quoted = false;
  while (offset_ < content_.size()) {
    const char c = content_[offset_++];
    if (c == '\n') ++next_line_;
    if (quoted) {
      if (c != '"') {
        field += c;
      } else if (offset_ < content_.size() && content_[offset_] == '"') {
        field += content_[offset_++];
      } else {
        quoted = false;
      }
    } else if (c == '"' && field.empty()) {
      quoted = true;
    } else if (c == '\t') {
      fields.push_back(std::move(field));
      field.clear();
    } else if (c == '\n') {
      break;
    } else if (c != '\r') {
      field += c;
    }
  }
  if (quoted) fail("a quote is not closed");
  fields.push_back(std::move(field));
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
  throw Error(path_.string() + ":" + std::to_string(line_) + ": " + message);
}

void TsvReader::require(const std::vector<std::string_view>& headings) const {
  for (const std::string_view heading : headings)
    if (std::find(headings_.begin(), headings_.end(), heading) == headings_.end())
      throw Error(path_.string() + ":1: no column '" + std::string(heading) + "'");
}

}  // namespace imp::eval
