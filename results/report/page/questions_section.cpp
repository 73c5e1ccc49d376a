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

std::string quoted(const std::string& prediction) {
  return prediction.empty() ? "(nothing)" : "“" + prediction + "”";
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
        "<tr><th scope=\"row\">{}</th><td class=\"long\">{}</td><td class=\"number\">{}</td></tr>\n",
        html_escaped(answer.cell), html_escaped(predictions_text(answer)), percent(answer.score));
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
  const std::string worded =
      question.question.empty() ? "Question " + question.question_id : question.question;
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

std::string question_controls(const std::set<std::string>& families) {
  std::string text =
      "<div class=\"controls\"><label>Family <select id=\"question-family\"><option value=\"\">all</option>";
  for (const std::string& family : families) {
    if (!family.empty()) text += fmt::format("<option value=\"{0}\">{0}</option>", html_escaped(family));
  }
  return text +
         "</select></label><label><input type=\"checkbox\" id=\"question-disagree\"> cells disagree</label>"
         "<label>with <input type=\"search\" id=\"question-text\"></label>"
         "<span id=\"questions-shown\" class=\"soft\" role=\"status\"></span></div>\n";
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
  for (const std::string& benchmark : data.benchmarks) {
    for (const AnsweredQuestion& question : answered_questions(source.database, data, benchmark, count)) {
      families.insert(question.family);
      has_texts = has_texts || !question.question.empty();
      text += question_details(question);
    }
  }
  if (text.empty()) return "";
  std::string before =
      "<p>A sample of the questions, those on which cells disagree first. Score: mean over seeds, in "
      "percent.</p>\n";
  if (!has_texts)
    before +=
        "<p class=\"soft\">This sweep's run folders do not hold the wording of its questions: an older imp "
        "made them.</p>\n";
  return before + question_controls(families) + text;
}

}  // namespace imp::results
