// SPDX-License-Identifier: Apache-2.0
#include "eval/predictions/answer_matching.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "eval/benchmarks/question_index.h"
#include "eval/text/python_text.h"
#include "models/io/error.h"

namespace imp::eval {
namespace {

/// Lower-case words with single spaces between them.
std::string plain(std::string_view text) {
  std::string out;
  const std::string lower = python_lower(text);
  for (const std::string_view word : python_split(lower)) {
    if (!out.empty()) out += ' ';
    out += word;
  }
  return out;
}

/// What of a question must stand in the prompt.
std::string wanted_words(std::string_view question) {
  constexpr std::string_view kYesOrNo = " please answer yes or no.";
  std::string words = plain(question);
  if (words.ends_with(kYesOrNo)) words.resize(words.size() - kYesOrNo.size());
  return words;
}

std::string without_extension(const std::string& name) {
  const std::size_t dot = name.rfind('.');
  const std::size_t slash = name.rfind('/');
  if (dot == std::string::npos || (slash != std::string::npos && dot < slash)) return name;
  return name.substr(0, dot);
}

/// Finds the question of one row at a time.
class QuestionFinder {
 public:
  explicit QuestionFinder(const std::vector<Question>& questions)
      : questions_(questions), names_(questions), taken_(questions.size(), false) {}

  std::optional<std::size_t> find(const AnswerRow& row) {
    const std::optional<std::size_t> found = look(row);
    if (found) taken_[*found] = true;
    return found;
  }

  [[nodiscard]] bool is_name(const std::string& id) { return names_.find(id).has_value(); }

 private:
  std::optional<std::size_t> look(const AnswerRow& row) {
    const std::string& id = row.prediction.question_id.text;
    if (!id.empty()) {
      if (!row.part.empty())
        if (const auto found = of_part(row.part + "/" + id)) return found;
      if (const auto found = names_.find(id); found && !is_of_another_part(row, *found)) return found;
      if (const auto found = other(id); found && asks(row.words, questions_[*found].question)) return found;
      if (const auto found = of_picture(id, row.words)) return found;
    }
    return row.prediction.image_id.text.empty() || !id.empty()
               ? std::nullopt
               : of_picture(row.prediction.image_id.text, row.words);
  }

  /// LLaVA's first 3,000 numbers are those of POPE's adversarial questions, and every file of POPE begins
  /// at 1.
  [[nodiscard]] bool is_of_another_part(const AnswerRow& row, std::size_t found) const {
    return !questions_[found].other_id.empty() && !row.words.empty() &&
           !asks(row.words, questions_[found].question);
  }

  std::optional<std::size_t> of_part(const std::string& name) {
    const auto found = names_.find(name);
    return found ? found : other(name);
  }

  std::optional<std::size_t> other(const std::string& id) {
    if (!has_others_) {
      has_others_ = true;
      for (std::size_t i = 0; i < questions_.size(); ++i)
        if (!questions_[i].other_id.empty()) others_.emplace(questions_[i].other_id, i);
    }
    const auto found = others_.find(id);
    return found == others_.end() ? std::nullopt : std::optional(found->second);
  }

  std::optional<std::size_t> of_picture(const std::string& picture, const std::string& words) {
    if (pictures_.empty())
      for (std::size_t i = 0; i < questions_.size(); ++i)
        pictures_[without_extension(questions_[i].image_id.text)].push_back(i);
    const auto found = pictures_.find(without_extension(picture));
    if (found == pictures_.end()) return std::nullopt;
    if (words.empty()) return found->second.size() == 1 ? std::optional(found->second.front()) : std::nullopt;
    // The longest wording that the prompt holds; where one is asked twice, the first without an answer.
    std::optional<std::size_t> best;
    std::size_t longest = 0;
    for (const std::size_t i : found->second) {
      const std::string& question = questions_[i].question;
      const bool better = question.size() > longest || (question.size() == longest && best && taken_[*best]);
      if (!better || !asks(words, question)) continue;
      best = i;
      longest = question.size();
    }
    return best;
  }

  const std::vector<Question>& questions_;
  QuestionIndex names_;
  std::vector<bool> taken_;
  bool has_others_ = false;
  std::unordered_map<std::string, std::size_t> others_;
  std::unordered_map<std::string, std::vector<std::size_t>> pictures_;
};

/// First and past-the-end places of the runs of questions of one family, as parts of a set stand one after
/// the other.
std::vector<std::pair<std::size_t, std::size_t>> parts_of(const std::vector<Question>& questions) {
  std::vector<std::pair<std::size_t, std::size_t>> parts;
  for (std::size_t i = 0; i < questions.size(); ++i) {
    if (i == 0 || questions[i].family != questions[i - 1].family) parts.emplace_back(i, i);
    parts.back().second = i + 1;
  }
  return parts;
}

/// The questions in the order of `parts`, one after the other.
std::vector<std::size_t> arranged(const std::vector<std::pair<std::size_t, std::size_t>>& parts) {
  std::vector<std::size_t> order;
  for (const auto& [first, end] : parts)
    for (std::size_t i = first; i < end; ++i) order.push_back(i);
  return order;
}

/// The question of each row by the row's place, or nothing if their words do not fit in any order of the
/// parts.
std::optional<std::vector<std::size_t>> by_place(const std::vector<AnswerRow>& rows,
                                                 const std::vector<Question>& questions) {
  constexpr std::size_t kMostParts = 4;
  std::vector<std::size_t> places;
  for (const AnswerRow& row : rows) {
    const auto place = row.doc_id ? static_cast<std::size_t>(*row.doc_id) : places.size();
    if (place >= questions.size() || row.words.empty()) return std::nullopt;
    places.push_back(place);
  }
  if (rows.empty() || (!rows.front().doc_id && rows.size() != questions.size())) return std::nullopt;
  auto parts = parts_of(questions);
  if (parts.size() > kMostParts) parts = {{0, questions.size()}};
  do {
    const std::vector<std::size_t> order = arranged(parts);
    std::vector<std::size_t> found(rows.size());
    const bool fits =
        std::all_of(rows.begin(), rows.end(), [&, i = std::size_t{0}](const AnswerRow& row) mutable {
          found[i] = order[places[i]];
          return asks(row.words, questions[found[i++]].question);
        });
    if (fits) return found;
  } while (std::next_permutation(parts.begin(), parts.end()));
  return std::nullopt;
}

/// Whether an id comes again.
bool repeat(const std::vector<AnswerRow>& rows) {
  std::unordered_set<std::string_view> ids;
  for (const AnswerRow& row : rows)
    if (!ids.insert(row.prediction.question_id.text).second) return true;
  return false;
}

/// Whether the rows' ids are those of the one file of annotations, question by question. The parts of a set
/// of several files may have been asked in any order.
bool follow_annotations(const std::vector<AnswerRow>& rows, const std::vector<Question>& questions) {
  if (rows.size() != questions.size()) return false;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Question& question = questions[i];
    const std::string& id = rows[i].prediction.question_id.text;
    const std::string& own = question.other_id.empty() ? question.question_id.text : question.other_id;
    if (id.empty() || !rows[i].part.empty() || !own.ends_with("/" + id)) return false;
  }
  return true;
}

/// The question of each row where the file as a whole tells it and the ids do not.
std::optional<std::vector<std::size_t>> places_of(const std::vector<AnswerRow>& rows,
                                                  const std::vector<Question>& questions) {
  const bool counted = std::all_of(rows.begin(), rows.end(), [](const AnswerRow& row) {
    return row.doc_id || (row.prediction.question_id.text.empty() && row.prediction.image_id.text.empty());
  });
  if (counted) return by_place(rows, questions);
  if (!repeat(rows)) return std::nullopt;
  if (const auto places = by_place(rows, questions)) return places;
  if (!follow_annotations(rows, questions)) return std::nullopt;
  std::vector<std::size_t> places(rows.size());
  std::iota(places.begin(), places.end(), std::size_t{0});
  return places;
}

}  // namespace

bool asks(std::string_view prompt, std::string_view question) {
  if (prompt.empty()) return false;
  return plain(prompt).find(wanted_words(question)) != std::string::npos;
}

std::vector<Prediction> match_answers(std::vector<AnswerRow> rows, const Benchmark& benchmark,
                                      const std::filesystem::path& path) {
  const std::vector<Question>& questions = benchmark.questions;
  const std::optional<std::vector<std::size_t>> places = places_of(rows, questions);
  QuestionFinder finder(questions);
  std::vector<Prediction> predictions;
  predictions.reserve(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Prediction& prediction = rows[i].prediction;
    const std::optional<std::size_t> found = places ? std::optional((*places)[i]) : finder.find(rows[i]);
    if (found) {
      prediction.question_id = questions[*found].question_id;
    } else if (prediction.question_id.text.empty()) {
      if (prediction.image_id.text.empty())
        throw Error(path.string() + ": row " + std::to_string(i + 1) +
                    " has no id of a question, and by their places the rows do not ask the " +
                    std::to_string(questions.size()) + " questions of " + benchmark.name +
                    "; give each row its 'question_id'");
      prediction.question_id = prediction.image_id;
    } else if (finder.is_name(prediction.question_id.text)) {
      prediction.question_id.text += " (asks something else)";
    }
    predictions.push_back(std::move(prediction));
  }
  return predictions;
}

}  // namespace imp::eval
