// SPDX-License-Identifier: Apache-2.0
// The JSON-lines files of a run folder.
#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "results/answer_line.h"
#include "results/files.h"
#include "results/json_fields.h"
#include "results/run_files.h"
#include "results/store_error.h"

namespace imp::results {
namespace {

using nlohmann::json;

/// Calls `use(line, where, is_whole)` for each line that is not blank; `where` makes `file:line`.
template <class Use>
void for_each_text_line(const std::filesystem::path& path, std::string_view rest, Use use) {
  for (int number = 1; !rest.empty(); ++number) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    const bool is_whole = end != std::string_view::npos;
    rest = is_whole ? rest.substr(end + 1) : std::string_view();
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    use(
        line, [&path, number] { return fmt::format("{}:{}", path.string(), number); }, is_whole);
  }
}

/// Calls `use(fields, where)` for each line. Leaves out a last line without a newline that is not whole, if
/// it may be cut.
template <class Use>
void for_each_line(const std::filesystem::path& path, bool last_may_be_cut, Use use) {
  const std::string content = read_text(path);
  for_each_text_line(path, content, [&](std::string_view line, const auto& place, bool is_whole) {
    if (!is_whole && last_may_be_cut && !json::accept(line)) return;
    const std::string where = place();
    const json value = parse_json(line, where, true);
    use(JsonFields(value, where), where);
  });
}

[[noreturn]] void fail_as_repeated(const std::string& where, const std::string& question_id) {
  throw StoreError(fmt::format("{}: question_id '{}' comes twice", where, question_id));
}

Answer read_answer(const JsonFields& fields) {
  return {.question_id = fields.id("question_id"),
          .image_id = fields.id("image_id"),
          .prediction = fields.text("prediction"),
          .family = fields.text_or("family", ""),
          .score = fields.real("score"),
          .question_tokens = fields.maybe_integer("question_tokens"),
          .answer_tokens = fields.maybe_integer("answer_tokens")};
}

}  // namespace

std::vector<TrainStep> read_train_steps(const std::filesystem::path& path) {
  std::vector<TrainStep> steps;
  for_each_line(path, true, [&](const JsonFields& fields, const std::string&) {
    steps.push_back({.step = fields.integer("step"),
                     .loss = fields.maybe_real("loss"),
                     .lr = fields.maybe_real("lr"),
                     .grad_norm = fields.maybe_real("grad_norm"),
                     .seconds = fields.maybe_real("seconds"),
                     .tokens = fields.maybe_integer("tokens")});
  });
  return steps;
}

std::vector<Answer> read_answers(const std::filesystem::path& path) {
  std::string content = read_text(path);
  const auto most = static_cast<std::size_t>(std::count(content.begin(), content.end(), '\n')) + 1;
  std::vector<Answer> answers;
  answers.reserve(most);  // so that the ids stay where they are
  std::unordered_set<std::string_view> seen;
  seen.reserve(most);
  AnswerLineReader reader(content);
  for_each_text_line(path, content, [&](std::string_view line, const auto& place, bool) {
    Answer& answer = answers.emplace_back();
    if (!reader.read(line, answer)) {
      // Something is odd; the slower reader takes it, or says what it is.
      const std::string where = place();
      const json value = parse_json(line, where, true);
      answer = read_answer(JsonFields(value, where));
    }
    if (!seen.insert(answer.question_id).second) fail_as_repeated(place(), answer.question_id);
  });
  return answers;
}

std::vector<AskedQuestion> read_asked_questions(const std::filesystem::path& path) {
  std::vector<AskedQuestion> questions;
  std::unordered_set<std::string> seen;
  for_each_line(path, false, [&](const JsonFields& fields, const std::string& where) {
    AskedQuestion question{.question_id = fields.id("question_id"),
                           .image_id = fields.id("image_id"),
                           .family = fields.text_or("family", ""),
                           .question = fields.text("question"),
                           .references_json = fields.list("references").dump(),
                           .thumbnail = fields.text_or("thumbnail", "")};
    if (!seen.insert(question.question_id).second) {
      fail_as_repeated(where, question.question_id);
    }
    if (question.thumbnail.find('/') != std::string::npos) {
      throw StoreError(
          fmt::format("{}: thumbnail '{}' should be the name of a file", where, question.thumbnail));
    }
    questions.push_back(std::move(question));
  });
  return questions;
}

}  // namespace imp::results
