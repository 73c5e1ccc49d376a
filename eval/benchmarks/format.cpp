// SPDX-License-Identifier: Apache-2.0
#include "eval/benchmarks/format.h"

#include "eval/benchmarks/chartqa.h"
#include "eval/benchmarks/docvqa.h"
#include "eval/benchmarks/gqa.h"
#include "eval/benchmarks/mmbench.h"
#include "eval/benchmarks/mme.h"
#include "eval/benchmarks/ocrbench.h"
#include "eval/benchmarks/pope.h"
#include "eval/benchmarks/scienceqa.h"
#include "eval/benchmarks/stvqa.h"
#include "eval/benchmarks/textvqa.h"
#include "eval/benchmarks/vizwiz.h"
#include "eval/benchmarks/vqav2.h"
#include "models/io/error.h"

namespace imp::eval {
namespace {

constexpr std::string_view kShortAnswer = "Answer the question using a single word or phrase.";
constexpr std::string_view kOneWord = "Answer the question with a single word.";
constexpr std::string_view kLetter = "Answer with the option's letter from the given choices directly.";

constexpr std::string_view kUnanswerable =
    "When the provided information is insufficient, respond with 'Unanswerable'.\n"
    "Answer the question using a single word or phrase.";

constexpr BenchmarkFormat kFormats[] = {
    {"chartqa", "relaxed_accuracy", kOneWord, read_chartqa, score_chartqa, nullptr},
    {"docvqa", "anls", kShortAnswer, read_docvqa, score_docvqa, nullptr},
    {"gqa", "exact_match", kShortAnswer, read_gqa, score_gqa, nullptr},
    {"infovqa", "anls", kShortAnswer, read_docvqa, score_docvqa, nullptr},
    {"mmbench", "option_accuracy", kLetter, read_mmbench, score_mmbench, summarise_mmbench, nullptr,
     unpack_mmbench},
    {"mme", "accuracy", kShortAnswer, read_mme, score_mme, summarise_mme},
    {"ocrbench", "containment", "", read_ocrbench, score_ocrbench, summarise_ocrbench},
    {"photographs", "vqa_accuracy", "", read_scenetext, score_textvqa, nullptr},
    {"pope", "accuracy", kShortAnswer, read_pope, score_pope, summarise_pope, score_pope_lmms_eval},
    {"scenetext", "vqa_accuracy", "", read_scenetext, score_textvqa, nullptr},
    {"scienceqa", "option_accuracy", kLetter, read_scienceqa, score_scienceqa, nullptr,
     score_scienceqa_lmms_eval},
    {"stvqa", "anls", kShortAnswer, read_stvqa, score_docvqa, summarise_stvqa},
    {"textvqa", "vqa_accuracy", kShortAnswer, read_textvqa, score_textvqa, nullptr},
    {"vizwiz", "vqa_accuracy", kUnanswerable, read_vizwiz, score_vizwiz, nullptr, score_vizwiz_lmms_eval},
    {"vqav2", "vqa_accuracy", kShortAnswer, read_vqav2, score_vqav2, nullptr},
};

}  // namespace

std::vector<std::string> benchmark_names() {
  std::vector<std::string> names;
  for (const BenchmarkFormat& format : kFormats) names.emplace_back(format.name);
  return names;
}

const BenchmarkFormat& find_benchmark_format(std::string_view name) {
  std::string names;
  for (const BenchmarkFormat& format : kFormats) {
    if (format.name == name) return format;
    if (!names.empty()) names += ", ";
    names += format.name;
  }
  throw Error("benchmark '" + std::string(name) + "' is unknown; one of: " + names);
}

}  // namespace imp::eval
