// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "harness/data/leaks/leak_report.h"

namespace imp::harness {
namespace {

std::string percent(std::size_t part, std::size_t whole) {
  return fmt::format("{} of {} ({:.1f} %)", part, whole,
                     whole == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

std::string unreadable_lines(const Unreadable& unreadable, std::string_view whose) {
  if (unreadable.count == 0) return {};
  std::string lines =
      fmt::format("{} of {} pictures could not be read and were not compared:\n", unreadable.count, whose);
  for (const std::string& line : unreadable.first) lines += "  " + line + "\n";
  if (unreadable.count > unreadable.first.size())
    lines += fmt::format("  and {} more\n", unreadable.count - unreadable.first.size());
  return lines;
}

nlohmann::ordered_json pair_json(const LeakReport& report, const PicturePair& pair) {
  return {{"kind", pair.exact ? "exact" : "near"},
          {"training_picture", report.training_names[pair.training]},
          {"image_id", report.picture_names[pair.benchmark]}};
}

}  // namespace

std::string leak_sentence(const LeakReport& report) {
  if (!report.has_leak()) return {};
  // 0.04 % is not 0 %.
  const double share = 100 * report.share();
  return fmt::format("not zero-shot: {} % of the benchmark's pictures are in the training data",
                     share < 1 ? fmt::format("{:.2g}", share) : fmt::format("{:.0f}", share));
}

std::string to_text(const LeakReport& report, std::size_t named) {
  std::string text = fmt::format(
      "| {} | pairs or turns | training pictures | benchmark's pictures | its questions |\n"
      "|---|---|---|---|---|\n",
      report.benchmark);
  const auto line = [&](std::string_view what, const LeakCount& count, bool of_pictures) {
    text += fmt::format("| {} | {} | {} | {} | {} |\n", what, count.pairs,
                        of_pictures ? percent(count.training, report.training_pictures) : "",
                        percent(count.pictures, report.pictures), percent(count.questions, report.questions));
  };
  line("pictures of the same pixels", report.exact, true);
  line("pictures nearly the same", report.near, true);
  line("turns with a question, its answer and its picture", report.answered_of_picture, false);
  line("turns with a question and its answer, any picture", report.answered, false);
  line("captions that are an answer or a question, any picture", report.captions, false);
  const std::vector<PicturePair>& pairs = report.found.pairs;
  for (std::size_t i = 0; i < std::min(named, pairs.size()); ++i)
    text += fmt::format("{} is {}{}\n", report.training_names[pairs[i].training],
                        pairs[i].exact ? "" : "nearly ", report.picture_names[pairs[i].benchmark]);
  if (pairs.size() > named && named > 0) text += fmt::format("and {} more pairs\n", pairs.size() - named);
  text += unreadable_lines(report.found.training, "the training data's");
  text += unreadable_lines(report.found.benchmark, "the benchmark's");
  const std::string sentence = leak_sentence(report);
  return text + (sentence.empty()
                     ? fmt::format("no picture of {} is in the training data\n", report.benchmark)
                     : fmt::format("{} is {}\n", report.benchmark, sentence));
}

nlohmann::ordered_json to_json(const LeakReport& report, std::size_t named) {
  const auto counts = [](const LeakCount& count, bool of_pictures) {
    nlohmann::ordered_json object = {{of_pictures ? "pairs" : "turns", count.pairs}};
    if (of_pictures) object["training_pictures"] = count.training;
    object["pictures"] = count.pictures;
    object["questions"] = count.questions;
    return object;
  };
  const auto unreadable = [](const Unreadable& found) {
    return nlohmann::ordered_json{{"count", found.count}, {"first", found.first}};
  };
  nlohmann::ordered_json object = {{"benchmark", report.benchmark},
                                   {"rows", report.rows},
                                   {"training_pictures", report.training_pictures},
                                   {"pictures", report.pictures},
                                   {"questions", report.questions},
                                   {"leak", report.has_leak()},
                                   {"share_of_pictures", report.share()},
                                   {"exact", counts(report.exact, true)},
                                   {"near", counts(report.near, true)},
                                   {"exact_or_near", counts(report.either, true)},
                                   {"answered_about_the_picture", counts(report.answered_of_picture, false)},
                                   {"answered", counts(report.answered, false)},
                                   {"captions", counts(report.captions, false)},
                                   {"unreadable_training", unreadable(report.found.training)},
                                   {"unreadable_benchmark", unreadable(report.found.benchmark)},
                                   {"note", leak_sentence(report)}};
  object["first"] = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < std::min(named, report.found.pairs.size()); ++i)
    object["first"].push_back(pair_json(report, report.found.pairs[i]));
  return object;
}

std::string all_lines(const LeakReport& report) {
  constexpr auto kReplace = nlohmann::ordered_json::error_handler_t::replace;
  std::string lines;
  for (const PicturePair& pair : report.found.pairs)
    lines += pair_json(report, pair).dump(-1, ' ', false, kReplace) + "\n";
  for (std::size_t i = 0; i < report.texts.size(); ++i) {
    const QuestionOverlap& overlap = report.texts[i];
    if (overlap.turns == 0 && overlap.captions == 0) continue;
    const nlohmann::ordered_json object = {{"kind", "text"},
                                           {"question_id", report.question_ids[i]},
                                           {"turns_about_the_picture", overlap.turns_of_picture},
                                           {"turns", overlap.turns},
                                           {"captions", overlap.captions},
                                           {"first_row", overlap.first_row}};
    lines += object.dump(-1, ' ', false, kReplace) + "\n";
  }
  return lines;
}

}  // namespace imp::harness
