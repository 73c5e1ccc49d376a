// SPDX-License-Identifier: Apache-2.0
#include "harness/data/leaks/text_leaks.h"

#include <algorithm>
#include <functional>
#include <string_view>

#include "eval/benchmarks/format.h"
#include "eval/metrics/vqa_normalize.h"

namespace imp::harness {
namespace {

std::uint64_t hash_of(std::string_view text) {
  return std::hash<std::string_view>{}(text);
}

std::uint64_t hash_of(std::string_view question, std::string_view answer) {
  std::string both(question);
  both += '\n';
  both += answer;
  return hash_of(both);
}

std::size_t words_of(std::string_view text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), ' ')) + (text.empty() ? 0 : 1);
}

std::string_view stripped(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

/// Texts normalized before, for the lists of like answers that benchmarks have.
std::vector<std::string> normalized(const std::vector<std::string>& texts) {
  std::vector<std::string> different;
  std::vector<std::string> all = texts;
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  for (const std::string& text : all) different.push_back(eval::normalize_vqa_answer(text));
  std::sort(different.begin(), different.end());
  different.erase(std::unique(different.begin(), different.end()), different.end());
  return different;
}

}  // namespace

std::string bare_question(std::string_view text) {
  constexpr std::string_view kImage = "<image>";
  std::string bare;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t image = text.find(kImage, at);
    bare += text.substr(at, image - at);
    at = image == std::string_view::npos ? text.size() : image + kImage.size();
  }
  std::string_view rest = stripped(bare);
  static const std::vector<std::string> kNames = eval::benchmark_names();
  for (const std::string& name : kNames) {
    const std::string_view suffix = eval::find_benchmark_format(name).prompt_suffix;
    if (!suffix.empty() && rest.ends_with(suffix)) {
      rest = stripped(rest.substr(0, rest.size() - suffix.size()));
      break;
    }
  }
  return std::string(rest);
}

void TextOverlap::Texts::sort() {
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i > 0 && all[i].hash == all[i - 1].hash) continue;
    hashes.push_back(all[i].hash);
    begins.push_back(i);
  }
  begins.push_back(all.size());
  seen.resize(hashes.size());
}

std::size_t TextOverlap::Texts::find(std::uint64_t hash) const {
  const auto found = std::lower_bound(hashes.begin(), hashes.end(), hash);
  return found == hashes.end() || *found != hash ? hashes.size()
                                                 : static_cast<std::size_t>(found - hashes.begin());
}

TextOverlap::TextOverlap(const eval::Benchmark& benchmark)
    : benchmark_(benchmark), own_(benchmark.questions.size()) {
  std::uint32_t number = 0;
  for (const eval::Question& question : benchmark.questions) {
    const std::string asked = eval::normalize_vqa_answer(bare_question(question.question));
    questions_.push_back(hash_of(asked));
    longest_ = std::max(longest_, question.question.size());
    if (words_of(asked) >= kCaptionWords) captions_.all.push_back({hash_of(asked), number});
    for (const std::string& answer : question.answers) longest_ = std::max(longest_, answer.size());
    for (const std::string& answer : normalized(question.answers)) {
      answered_.all.push_back({hash_of(asked, answer), number});
      if (words_of(answer) >= kCaptionWords) captions_.all.push_back({hash_of(answer), number});
    }
    ++number;
  }
  std::sort(questions_.begin(), questions_.end());
  questions_.erase(std::unique(questions_.begin(), questions_.end()), questions_.end());
  answered_.sort();
  captions_.sort();
}

void TextOverlap::add(const LlavaRow& row, const std::vector<std::uint32_t>& own) {
  const auto see = [&](Seen& seen) {
    if (seen.turns++ == 0) seen.first_row = row.id;
  };
  for (const models::Turn& turn : row.turns) {
    // Twice the length leaves room for punctuation that the normalization drops.
    if (!turn.answer || turn.answer->size() > 2 * longest_ + 16) continue;
    const bool is_caption = words_of(*turn.answer) >= kCaptionWords;
    const std::string asked = turn.question.size() > 2 * longest_ + 256
                                  ? std::string()
                                  : eval::normalize_vqa_answer(bare_question(turn.question));
    const bool is_asked = std::binary_search(questions_.begin(), questions_.end(), hash_of(asked));
    if (!is_asked && !is_caption) continue;
    const std::string answer = eval::normalize_vqa_answer(*turn.answer);
    if (is_caption && words_of(answer) >= kCaptionWords)
      if (const std::size_t at = captions_.find(hash_of(answer)); at < captions_.seen.size())
        see(captions_.seen[at]);
    if (!is_asked) continue;
    const std::size_t at = answered_.find(hash_of(asked, answer));
    if (at == answered_.seen.size()) continue;
    see(answered_.seen[at]);
    for (std::size_t i = answered_.begins[at]; !own.empty() && i < answered_.begins[at + 1]; ++i)
      if (std::binary_search(own.begin(), own.end(), answered_.all[i].question))
        see(own_[answered_.all[i].question]);
  }
}

std::vector<QuestionOverlap> TextOverlap::overlaps() const {
  std::vector<QuestionOverlap> overlaps(benchmark_.questions.size());
  const auto note = [&](QuestionOverlap& overlap, const Seen& seen) {
    if (overlap.first_row.empty()) overlap.first_row = seen.first_row;
  };
  for (std::size_t i = 0; i < own_.size(); ++i) {
    overlaps[i].turns_of_picture = own_[i].turns;
    note(overlaps[i], own_[i]);
  }
  const auto spread = [&](const Texts& texts, std::size_t QuestionOverlap::*count) {
    for (std::size_t at = 0; at < texts.seen.size(); ++at) {
      if (texts.seen[at].turns == 0) continue;
      for (std::size_t i = texts.begins[at]; i < texts.begins[at + 1]; ++i) {
        QuestionOverlap& overlap = overlaps[texts.all[i].question];
        overlap.*count += texts.seen[at].turns;
        note(overlap, texts.seen[at]);
      }
    }
  };
  spread(answered_, &QuestionOverlap::turns);
  spread(captions_, &QuestionOverlap::captions);
  return overlaps;
}

}  // namespace imp::harness
