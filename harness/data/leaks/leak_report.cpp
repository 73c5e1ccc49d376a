// SPDX-License-Identifier: Apache-2.0
#include "harness/data/leaks/leak_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "models/io/error.h"

namespace imp::harness {
namespace {

namespace fs = std::filesystem;
using Numbers = std::vector<std::uint32_t>;

/// The benchmark's pictures, each once, and which questions are about each.
struct AskedPictures {
  std::vector<fs::path> paths;
  std::vector<std::string> names;
  std::vector<Numbers> questions;
};

AskedPictures pictures_of(const eval::Benchmark& benchmark) {
  AskedPictures asked;
  std::unordered_map<std::string_view, std::size_t> numbers;
  std::uint32_t question_number = 0;
  for (const eval::Question& question : benchmark.questions) {
    const auto [place, is_new] = numbers.emplace(question.image_path.native(), asked.paths.size());
    if (is_new) {
      asked.paths.push_back(question.image_path);
      asked.names.push_back(question.image_id.text);
      asked.questions.emplace_back();
    }
    asked.questions[place->second].push_back(question_number++);
  }
  return asked;
}

/// The pictures of training files, each once: a name in one list of folders.
class LearnedPictures {
 public:
  LearnedPictures(const std::vector<TrainingFile>& files, const std::vector<LlavaFile>& rows) {
    for (std::size_t i = 0; i < files.size(); ++i) {
      const auto same = std::find(folders_.begin(), folders_.end(), files[i].images);
      lists_.push_back(static_cast<std::size_t>(same - folders_.begin()));
      if (same == folders_.end()) folders_.push_back(files[i].images);
      for (const std::string& name : rows[i].pictures()) {
        const auto number = static_cast<std::uint32_t>(names_.size());
        if (!numbers_.emplace(key(i, name), number).second) continue;
        names_.push_back(name);
        list_of_.push_back(static_cast<std::uint32_t>(lists_.back()));
      }
    }
  }

  [[nodiscard]] const std::vector<std::string>& names() const& { return names_; }
  [[nodiscard]] std::vector<std::string> names() && { return std::move(names_); }
  /// Nothing for a name that the file's list does not have: one with a zero byte in it.
  [[nodiscard]] std::optional<std::uint32_t> number(std::size_t file, const std::string& name) const {
    const auto found = numbers_.find(key(file, name));
    return found == numbers_.end() ? std::nullopt : std::optional(found->second);
  }
  [[nodiscard]] fs::path path(std::size_t number) const {
    const std::vector<fs::path>& folders = folders_[list_of_[number]];
    for (const fs::path& folder : folders) {
      std::error_code ignored;
      fs::path path = folder / names_[number];
      if (folders.size() == 1 || fs::exists(path, ignored)) return path;
    }
    return folders.front() / names_[number];
  }

 private:
  [[nodiscard]] std::string key(std::size_t file, const std::string& name) const {
    return name + '\n' + std::to_string(lists_[file]);
  }

  std::vector<std::vector<fs::path>> folders_;
  std::vector<std::size_t> lists_;  ///< of each file
  std::vector<std::string> names_;
  std::vector<std::uint32_t> list_of_;
  std::unordered_map<std::string, std::uint32_t> numbers_;
};

template <typename Holds>
LeakCount count_pairs(const PictureLeaks& found, const AskedPictures& asked, std::size_t training,
                      const Holds& holds) {
  std::vector<bool> learned(training), known(asked.paths.size());
  LeakCount count;
  for (const PicturePair& pair : found.pairs) {
    if (!holds(pair)) continue;
    ++count.pairs;
    if (!learned[pair.training]) ++count.training;
    learned[pair.training] = true;
    if (known[pair.benchmark]) continue;
    known[pair.benchmark] = true;
    ++count.pictures;
    count.questions += asked.questions[pair.benchmark].size();
  }
  return count;
}

LeakCount count_texts(const std::vector<QuestionOverlap>& texts, const AskedPictures& asked,
                      std::size_t QuestionOverlap::*turns) {
  LeakCount count;
  for (const Numbers& questions : asked.questions) {
    bool is_known = false;
    for (const std::uint32_t question : questions) {
      if (texts[question].*turns == 0) continue;
      count.pairs += texts[question].*turns;
      ++count.questions;
      is_known = true;
    }
    count.pictures += is_known ? 1 : 0;
  }
  return count;
}

/// Questions about a training picture: those of the benchmark's pictures that it is.
std::vector<Numbers> questions_of_training(const PictureLeaks& found, const AskedPictures& asked,
                                           std::size_t training) {
  std::vector<Numbers> own(training);
  for (const PicturePair& pair : found.pairs) {
    Numbers& numbers = own[pair.training];
    const Numbers& more = asked.questions[pair.benchmark];
    numbers.insert(numbers.end(), more.begin(), more.end());
  }
  for (Numbers& numbers : own) std::sort(numbers.begin(), numbers.end());
  return own;
}

}  // namespace

std::vector<TrainingFile> training_files(const fs::path& train, const std::vector<fs::path>& images) {
  if (fs::is_regular_file(train)) {
    if (!images.empty()) return {{train, images}};
    return {{train, {train.has_parent_path() ? train.parent_path() : fs::path(".")}}};
  }
  std::vector<TrainingFile> files;
  for (const char* name : {"train.json", "captions.json"})
    if (fs::is_regular_file(train / name))
      files.push_back({train / name, images.empty() ? std::vector{train / "images"} : images});
  if (!files.empty()) return files;
  throw Error(fmt::format("{}: {}; a JSON file of LLaVA's rows or a folder that imp-data wrote is needed",
                          train.string(),
                          fs::is_directory(train) ? "has no train.json" : "is no file and no folder"));
}

double LeakReport::share() const {
  const std::size_t read = pictures - std::min(pictures, found.benchmark.count);
  return read == 0 ? 0 : static_cast<double>(either.pictures) / static_cast<double>(read);
}

LeakReport find_leaks(const std::vector<TrainingFile>& training, const eval::Benchmark& benchmark,
                      int threads, const LeakProgress& progress) {
  std::vector<LlavaFile> files;
  for (const TrainingFile& file : training) files.emplace_back(file.json);
  LearnedPictures learned(training, files);
  const AskedPictures asked = pictures_of(benchmark);

  LeakReport report;
  report.benchmark = benchmark.name;
  report.training_pictures = learned.names().size();
  report.pictures = asked.paths.size();
  report.questions = benchmark.questions.size();
  for (const eval::Question& question : benchmark.questions)
    report.question_ids.push_back(question.question_id.text);

  report.found = find_picture_leaks(
      {learned.names().size(), [&](std::size_t number) { return learned.path(number); }},
      {asked.paths.size(), [&](std::size_t number) { return asked.paths[number]; }}, threads, progress);
  const std::size_t count = report.training_pictures;
  report.exact = count_pairs(report.found, asked, count, [](const PicturePair& pair) { return pair.exact; });
  report.near = count_pairs(report.found, asked, count, [](const PicturePair& pair) { return !pair.exact; });
  report.either = count_pairs(report.found, asked, count, [](const PicturePair&) { return true; });

  const std::vector<Numbers> own = questions_of_training(report.found, asked, count);
  TextOverlap overlap(benchmark);
  for (std::size_t i = 0; i < files.size(); ++i) {
    report.rows += static_cast<std::size_t>(files[i].size());
    for (std::int64_t number = 0; number < files[i].size(); ++number) {
      const LlavaRow row = files[i].row(number);
      Numbers asked_of_it;
      for (const std::string& name : row.images)
        if (const auto picture = learned.number(i, name))
          asked_of_it.insert(asked_of_it.end(), own[*picture].begin(), own[*picture].end());
      if (row.images.size() > 1) std::sort(asked_of_it.begin(), asked_of_it.end());
      overlap.add(row, asked_of_it);
      if (number % 1024 == 0)
        progress(kComparingTexts, static_cast<std::size_t>(number),
                 static_cast<std::size_t>(files[i].size()));
    }
  }
  report.texts = overlap.overlaps();
  report.training_names = std::move(learned).names();
  report.picture_names = asked.names;
  report.answered_of_picture = count_texts(report.texts, asked, &QuestionOverlap::turns_of_picture);
  report.answered = count_texts(report.texts, asked, &QuestionOverlap::turns);
  report.captions = count_texts(report.texts, asked, &QuestionOverlap::captions);
  return report;
}

}  // namespace imp::harness
