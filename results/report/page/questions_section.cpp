// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string_view>

#include "results/report/display.h"
#include "results/report/page/answered_questions.h"
#include "results/report/page/markup.h"
#include "results/report/page/sections.h"

namespace imp::results {
namespace {

constexpr std::size_t kMostQuestions = 80;  ///< of all benchmarks
constexpr std::size_t kMostAnswers = 4000;  ///< rows of answers in the page

/// RFC 4648, with padding.
std::string base64(std::string_view bytes) {
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k)
      group = group << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    for (std::size_t k = 0; k < 4; ++k)
      text += i + k > bytes.size() ? '=' : kLetters[group >> (18 - 6 * k) & 63u];
  }
  return text;
}

constexpr std::size_t kLongestText = 300;  ///< of an answer or a question, in columns; longer ones are cut

std::string quoted(const std::string& prediction) {
  return prediction.empty() ? "(nothing)" : "“" + cut_to_width(prediction, kLongestText) + "”";
}

/// A cell's distinct predictions, how often each came.
std::string predictions_text(const CellAnswer& answer) {
  std::map<std::string, int> counts;
  for (const std::string& prediction : answer.predictions) ++counts[prediction];
  std::string text;
  for (const auto& [prediction, count] : counts) {
    if (!text.empty()) text += ", ";
    text += quoted(prediction);
    if (answer.predictions.size() > 1) text += fmt::format(" × {}", count);
  }
  return text;
}

/// Rows carry the cell's place and score, by which the page's script filters.
std::string answers_table(const AnsweredQuestion& question) {
  std::string text = fmt::format(
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Answers to {} of "
      "{}\"><table><thead><tr><th "
      "scope=\"col\">cell</th><th scope=\"col\">answers</th><th scope=\"col\" "
      "class=\"number\">score</th></tr>"
      "</thead><tbody>\n",
      html_escaped(question.question_id), html_escaped(question.benchmark));
  for (const CellAnswer& answer : question.answers) {
    text += fmt::format(
        "<tr data-cell=\"{}\" data-score=\"{:.4g}\"><th scope=\"row\">{}</th><td class=\"long\">{}</td><td "
        "class=\"number\">{}</td></tr>\n",
        answer.cell_number, answer.score, html_escaped(answer.cell), html_escaped(predictions_text(answer)),
        percent(answer.score));
  }
  return text + "</tbody></table></div>\n";
}

std::string references_text(const AnsweredQuestion& question) {
  if (question.references.empty()) return "not recorded";
  std::string text;
  for (const std::string& reference : question.references)
    text += (text.empty() ? "" : ", ") + quoted(reference);
  return text;
}

std::string question_details(const AnsweredQuestion& question) {
  const std::string worded = question.question.empty() ? "Question " + question.question_id
                                                       : cut_to_width(question.question, kLongestText);
  std::string text = fmt::format(
      "<details class=\"asked\" data-family=\"{}\" data-disagree=\"{}\">\n<summary>{} <span "
      "class=\"tag\">{}{}</span>"
      "</summary>\n<div class=\"question{}\">\n",
      html_escaped(question.family), question.cells_disagree ? 1 : 0, html_escaped(worded),
      html_escaped(question.family.empty() ? question.benchmark : question.family),
      question.cells_disagree ? ", cells disagree" : "", question.jpeg.empty() ? " without-picture" : "");
  if (!question.jpeg.empty()) {
    text += fmt::format(
        "<div><img loading=\"lazy\" alt=\"Picture {} of the question\" "
        "src=\"data:image/jpeg;base64,{}\"></div>\n",
        html_escaped(question.image_id), base64(question.jpeg));
  }
  text += fmt::format("<div><p>References: {}. <span class=\"tag\">{}, question {}, picture {}</span></p>\n",
                      html_escaped(references_text(question)), html_escaped(question.benchmark),
                      html_escaped(question.question_id), html_escaped(question.image_id));
  return text + answers_table(question) + "</div>\n</div>\n</details>\n";
}

/// A choice among cells, by their numbers.
std::string cell_choice(const ReportData& data, const std::string& id, const std::string& label,
                        const std::string& none) {
  std::string text =
      fmt::format("<label>{} <select id=\"{}\"><option value=\"\">{}</option>", label, id, none);
  for (const ReportCell& cell : data.cells) {
    if (!cell.done().empty())
      text += fmt::format("<option value=\"{}\">{}</option>", cell.number, html_escaped(cell.label));
  }
  return text + "</select></label>";
}

std::string question_controls(const ReportData& data, const std::set<std::string>& families) {
  std::string text =
      "<div class=\"controls\"><label>Family <select id=\"question-family\"><option value=\"\">all</option>";
  for (const std::string& family : families) {
    if (!family.empty()) text += fmt::format("<option value=\"{0}\">{0}</option>", html_escaped(family));
  }
  return text + "</select></label>" + cell_choice(data, "question-cell", "Answers of", "all cells") +
         cell_choice(data, "question-other-cell", "and of", "no other") +
         "<label><input type=\"checkbox\" id=\"question-disagree\"> only where they disagree</label>"
         "<label>with <input type=\"search\" id=\"question-text\"></label>"
         "<span id=\"questions-shown\" class=\"soft\" role=\"status\"></span></div>\n";
}

/// How many questions the trials were asked on a benchmark, a set of questions a trial at the most.
std::int64_t asked(Database& database, const ReportData& data, const std::string& benchmark) {
  Statement statement(
      database,
      "SELECT max(n) FROM score JOIN trial USING (trial_id) WHERE sweep_id = ? AND benchmark = ? "
      "AND main = 1");
  statement.bind_all(data.sweep_id, benchmark).step();
  return statement.maybe_integer(0).value_or(0);
}

}  // namespace

std::string questions_section(PageSource& source) {
  const ReportData& data = source.data;
  if (data.benchmarks.empty() || data.cells.empty()) return "";
  const std::size_t count = std::max<std::size_t>(
      1, std::min(kMostQuestions, kMostAnswers / data.cells.size()) / data.benchmarks.size());
  std::string text;
  std::set<std::string> families;
  bool has_texts = false;
  std::size_t shown = 0;
  std::int64_t of = 0;
  for (const std::string& benchmark : data.benchmarks) {
    of += asked(source.database, data, benchmark);
    for (const AnsweredQuestion& question : answered_questions(source.database, data, benchmark, count)) {
      families.insert(question.family);
      has_texts = has_texts || !question.question.empty();
      ++shown;
      text += question_details(question);
    }
  }
  if (text.empty()) return "";
  std::string before = fmt::format(
      "<p>{} questions{}, those first on which cells disagree: where one scores half a question more than "
      "another. Score: mean over seeds, in percent. The database has every answer (view v_answers).</p>\n",
      shown,
      of > static_cast<std::int64_t>(shown) ? fmt::format(" of {}", grouped(static_cast<double>(of))) : "");
  if (!has_texts)
    before +=
        "<p class=\"soft\">This sweep's run folders do not hold the wording of its questions: an older imp "
        "made them.</p>\n";
  return before + question_controls(data, families) + text;
}

}  // namespace imp::results
