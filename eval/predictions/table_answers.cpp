// SPDX-License-Identifier: Apache-2.0
#include "eval/predictions/table_answers.h"

#include <algorithm>
#include <sstream>

#include "eval/predictions/answer_keys.h"
#include "eval/text/python_text.h"
#include "eval/text/tsv.h"
#include "models/io/error.h"
#include "models/io/file.h"

namespace imp::eval {
namespace {

namespace fs = std::filesystem;

/// The first of the keys that is a heading, or nothing.
template <std::size_t N>
std::string_view heading_of(const std::vector<std::string>& headings, const std::string_view (&keys)[N]) {
  for (const std::string_view key : keys)
    if (std::find(headings.begin(), headings.end(), key) != headings.end()) return key;
  return {};
}

char separator_of(const fs::path& path) {
  const TextStream stream(path);
  const std::string_view first = stream.held().substr(0, stream.held().find('\n'));
  return first.find('\t') != std::string_view::npos ? '\t' : ',';
}

/// pandas writes ids as 17.0 where a column had gaps.
std::string id_text(std::string_view text) {
  return std::string(text.ends_with(".0") ? text.substr(0, text.size() - 2) : text);
}

AnswerRow mme_row(const std::string& category, const std::vector<std::string>& fields) {
  AnswerRow row;
  row.prediction.image_id = {category + "/" + fields[0], false};
  row.words = fields[1];
  row.prediction.text = fields[3];
  return row;
}

std::vector<std::string> tab_fields(std::string line) {
  if (line.ends_with('\r')) line.pop_back();
  std::vector<std::string> fields(1);
  for (const char c : line) {
    if (c == '\t') {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  return fields;
}

}  // namespace

std::vector<AnswerRow> read_table_answers(const fs::path& path) {
  TsvReader table(path, separator_of(path));
  const std::string_view answer = heading_of(table.headings(), kAnswerKeys);
  const std::string_view id = heading_of(table.headings(), kIdKeys);
  const std::string_view image = heading_of(table.headings(), kImageKeys);
  const std::string_view part = heading_of(table.headings(), kPartKeys);
  const std::string_view words = heading_of(table.headings(), kWordsKeys);
  if (answer.empty() || (id.empty() && image.empty()))
    throw Error(path.string() + ":1: neither JSON nor a table of ids and answers; " + answer_layouts());
  if (answer == "answer" && !words.empty())
    throw Error(path.string() + ":1: a table of questions, whose 'answer' is the right one; " +
                answer_layouts());
  std::vector<AnswerRow> rows;
  while (table.next()) {
    AnswerRow row;
    row.prediction.question_id = {id_text(table[id]), false};
    // MMBench's tables hold whole pictures.
    if (id.empty()) row.prediction.image_id = {std::string(table[image]), false};
    row.prediction.text = table[answer];
    if (row.prediction.text.size() > kLongestAnswer) table.fail(too_long(row.prediction.text.size()));
    row.part = table[part];
    row.words = table[words];
    if (row.prediction.question_id.text.empty() && row.prediction.image_id.text.empty())
      table.fail("no id of a question in the row");
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<AnswerRow> read_mme_answers(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error))
    if (entry.path().extension() == ".txt") files.push_back(entry.path());
  if (files.empty()) throw Error(folder.string() + ": a folder without <category>.txt; " + answer_layouts());
  std::sort(files.begin(), files.end());
  std::vector<AnswerRow> rows;
  for (const fs::path& path : files) {
    std::istringstream lines(read_file(path));
    std::size_t number = 0;
    for (std::string line; std::getline(lines, line);) {
      ++number;
      const std::string where = path.string() + ":" + std::to_string(number) + ": ";
      if (first_invalid_utf8(line)) throw Error(where + "a byte that is not UTF-8; write the file as UTF-8");
      if (python_strip(line).empty()) continue;
      const std::vector<std::string> fields = tab_fields(line);
      if (fields.size() != 4)
        throw Error(where + std::to_string(fields.size()) +
                    " fields; image, question, right answer and answer, separated by tabs, are needed");
      if (fields[3].size() > kLongestAnswer) throw Error(where + too_long(fields[3].size()));
      rows.push_back(mme_row(path.stem().string(), fields));
    }
  }
  return rows;
}

}  // namespace imp::eval
