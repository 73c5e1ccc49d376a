// SPDX-License-Identifier: Apache-2.0
#include "results/question_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "results/files.h"
#include "results/read_or_tell.h"

namespace imp::results {
namespace {

namespace fs = std::filesystem;

/// Sets that are known from answers alone are called so, with a number behind.
constexpr std::string_view kFromAnswers = "answers ";

constexpr std::int64_t kNew = -1;  // in place of the key of a question that is not there yet

std::vector<fs::path> folders_in(const fs::path& folder) {
  std::vector<fs::path> folders;
  std::error_code absent;
  for (const auto& entry : fs::directory_iterator(folder, absent)) {
    if (entry.is_directory(absent)) folders.push_back(entry.path());
  }
  std::sort(folders.begin(), folders.end());
  return folders;
}

}  // namespace

std::vector<fs::path> question_sets_of(const fs::path& sweep_folder) {
  std::vector<fs::path> sets;
  for (const fs::path& of_benchmark : folders_in(sweep_folder / "questions")) {
    for (fs::path& of_set : folders_in(of_benchmark)) {
      if (fs::exists(of_set / "questions.jsonl")) sets.push_back(std::move(of_set));
    }
  }
  return sets;
}

SweepQuestions::SweepQuestions(Database& database, std::int64_t sweep_id)
    : database_(&database), sweep_id_(sweep_id) {}

std::list<SweepQuestions::Set>& SweepQuestions::sets_of(const std::string& benchmark) {
  const auto known = sets_.find(benchmark);
  if (known != sets_.end()) return known->second;
  std::list<Set>& sets = sets_[benchmark];
  Statement rows(*database_,
                 "SELECT question_set_id, name FROM question_set WHERE sweep_id = ? AND benchmark = ? "
                 "ORDER BY substr(name, 1, 8) = 'answers ', question_set_id");
  Statement asked(
      *database_,
      "SELECT question_key, question_id, image_id, family FROM question WHERE question_set_id = ? "
      "ORDER BY question_key");
  rows.bind_all(sweep_id_, benchmark);
  while (rows.step()) {
    Set& set = sets.emplace_back();
    set.id = rows.integer(0);
    set.name = rows.text(1);
    set.from_answers = set.name.starts_with(kFromAnswers);
    asked.bind_all(set.id);
    while (asked.step()) {
      const Known& known_question =
          set.questions.emplace_back(asked.integer(0), asked.text(1), asked.text(2), asked.text(3));
      set.by_id[known_question.question_id] = &known_question;
    }
  }
  return sets;
}

SweepQuestions::Set& SweepQuestions::add_set(const std::string& benchmark, const std::string& name) {
  std::list<Set>& sets = sets_of(benchmark);
  Statement insert(*database_,
                   "INSERT INTO question_set (sweep_id, benchmark, name) VALUES (?, ?, ?) "
                   "RETURNING question_set_id");
  insert.bind_all(sweep_id_, benchmark, name).step();
  Set set;
  set.id = insert.integer(0);
  set.name = name;
  set.from_answers = name.starts_with(kFromAnswers);
  const auto place = set.from_answers ? sets.end()
                                      : std::find_if(sets.begin(), sets.end(),
                                                     [](const Set& each) { return each.from_answers; });
  return *sets.insert(place, std::move(set));
}

std::string SweepQuestions::new_name(const std::list<Set>& sets) {
  for (std::size_t number = 1;; ++number) {
    std::string name = fmt::format("{}{}", kFromAnswers, number);
    if (std::none_of(sets.begin(), sets.end(), [&](const Set& set) { return set.name == name; })) return name;
  }
}

std::int64_t SweepQuestions::add_question(Set& set, const AskedQuestion& question) {
  Statement insert(*database_,
                   "INSERT INTO question (question_set_id, question_id, image_id, family, question, "
                   "references_json) VALUES (?, ?, ?, ?, ?, ?) RETURNING question_key");
  insert
      .bind_all(set.id, question.question_id, question.image_id, question.family, question.question,
                question.references_json)
      .step();
  const Known& known =
      set.questions.emplace_back(insert.integer(0), question.question_id, question.image_id, question.family);
  set.by_id[known.question_id] = &known;
  return known.key;
}

void SweepQuestions::take_in(const fs::path& folder, std::vector<std::string>& problems) {
  Statement picture(*database_, "INSERT OR IGNORE INTO picture VALUES (?, ?, ?, ?, ?)");
  for (const fs::path& folder_of_set : question_sets_of(folder)) {
    const std::string benchmark = folder_of_set.parent_path().filename().string();
    const std::string name = folder_of_set.filename().string();
    const std::list<Set>& sets = sets_of(benchmark);
    const bool known =
        std::any_of(sets.begin(), sets.end(), [&](const Set& set) { return set.name == name; });
    if (known || name.starts_with(kFromAnswers)) continue;
    const auto questions = read_or_tell(read_asked_questions, folder_of_set / "questions.jsonl", problems);
    if (!questions) continue;
    Set& set = add_set(benchmark, name);
    for (const AskedQuestion& question : *questions) {
      add_question(set, question);
      if (question.thumbnail.empty()) continue;
      const auto jpeg = read_or_tell(read_text, folder_of_set / "thumbnails" / question.thumbnail, problems);
      if (jpeg) picture.run(sweep_id_, benchmark, question.image_id, set.id, Blob{*jpeg});
    }
  }
}

std::optional<std::vector<std::int64_t>> SweepQuestions::match(const Set& set,
                                                               const std::vector<Answer>& answers) {
  std::vector<std::int64_t> keys;
  keys.reserve(answers.size());
  auto next = set.questions.begin();  // answers mostly come in the questions' order
  for (const Answer& answer : answers) {
    const Known* known = nullptr;
    if (next != set.questions.end() && next->question_id == answer.question_id) {
      known = &*next++;
    } else if (const auto found = set.by_id.find(answer.question_id); found != set.by_id.end()) {
      known = found->second;
    }
    const bool fits = known != nullptr ? known->image_id == answer.image_id && known->family == answer.family
                                       : set.from_answers;
    if (!fits) return std::nullopt;
    keys.push_back(known != nullptr ? known->key : kNew);
  }
  return keys;
}

std::vector<std::int64_t> SweepQuestions::keys_of(std::int64_t trial_id, const std::string& benchmark,
                                                  const std::string& name,
                                                  const std::vector<Answer>& answers) {
  std::list<Set>& sets = sets_of(benchmark);
  Set* chosen = nullptr;
  std::optional<std::vector<std::int64_t>> keys;
  const auto try_set = [&](Set& set) {
    keys = match(set, answers);
    if (keys) chosen = &set;
  };
  for (Set& set : sets) {
    if (set.name == name) try_set(set);
  }
  for (auto set = sets.begin(); chosen == nullptr && set != sets.end(); ++set) try_set(*set);
  if (chosen == nullptr) try_set(add_set(benchmark, new_name(sets)));
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if ((*keys)[i] != kNew) continue;
    const Answer& answer = answers[i];
    (*keys)[i] = add_question(*chosen, {answer.question_id, answer.image_id, answer.family, {}, {}, {}});
  }
  Statement(*database_, "INSERT OR IGNORE INTO trial_question_set VALUES (?, ?)").run(trial_id, chosen->id);
  return std::move(*keys);
}

void SweepQuestions::remove_unused(const fs::path& folder) {
  std::vector<std::int64_t> gone;
  Statement unused(*database_,
                   "SELECT question_set_id, benchmark, name FROM question_set WHERE sweep_id = ? AND "
                   "question_set_id NOT IN (SELECT question_set_id FROM trial_question_set)");
  unused.bind_all(sweep_id_);
  while (unused.step()) {
    const std::string name = unused.text(2);
    const bool has_folder = !name.starts_with(kFromAnswers) &&
                            fs::exists(folder / "questions" / unused.text(1) / name / "questions.jsonl");
    if (!has_folder) gone.push_back(unused.integer(0));
  }
  Statement remove(*database_, "DELETE FROM question_set WHERE question_set_id = ?");
  for (const std::int64_t set : gone) remove.run(set);
  if (!gone.empty()) sets_.clear();
}

}  // namespace imp::results
