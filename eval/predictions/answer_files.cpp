// SPDX-License-Identifier: Apache-2.0
#include "eval/predictions/answer_files.h"

#include "eval/predictions/answer_keys.h"
#include "eval/predictions/answer_matching.h"
#include "eval/predictions/json_answers.h"
#include "eval/predictions/table_answers.h"
#include "eval/text/text_stream.h"
#include "models/io/error.h"

namespace imp::eval {
namespace {

std::vector<AnswerRow> read_rows(const std::filesystem::path& path) {
  if (std::filesystem::is_directory(path)) return read_mme_answers(path);
  const TextStream stream(path);
  const std::string_view held = stream.held();
  const std::size_t first = held.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  if (held.starts_with("PK\x03\x04"))
    throw Error(path.string() + ": an Excel table; save it as .tsv or .csv; " + answer_layouts());
  if (held[first] == '{' || held[first] == '[') return read_json_answers(path);
  return read_table_answers(path);
}

}  // namespace

std::vector<Prediction> read_answers(const std::filesystem::path& path, const Benchmark& benchmark) {
  return match_answers(read_rows(path), benchmark, path);
}

}  // namespace imp::eval
