// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace imp::eval {

// The names under which programs write answers; a row with several is read by the first in these lists.

/// Keys of the answer: ours, GQA's and MMBench's; OCRBench's; M4C's and others'; lmms-eval's; LLaVA's; a
/// server's.
inline constexpr std::string_view kAnswerKeys[] = {"prediction", "predict",      "pred",   "pred_answer",
                                                   "response",   "model_answer", "output", "filtered_resps",
                                                   "resps",      "text",         "answer"};
/// Keys of the question's id: ours and LLaVA's; DocVQA's and GQA's; OCRBench's; MMBench's.
inline constexpr std::string_view kIdKeys[] = {"question_id", "questionId", "id", "index"};
/// Keys of the picture: ours; VizWiz's; ChartQA's.
inline constexpr std::string_view kImageKeys[] = {"image_id", "image", "imgname"};
/// Keys of the part that an id counts within: POPE's and MME's; OCRBench's, ST-VQA's.
inline constexpr std::string_view kPartKeys[] = {"category", "dataset_name", "dataset"};
/// Keys of what was asked: LLaVA's; lmms-eval's; any other's.
inline constexpr std::string_view kWordsKeys[] = {"prompt", "input", "question", "query"};

/// Place of `key` in a list of them; the list's length if it is not there.
template <std::size_t N>
[[nodiscard]] constexpr std::size_t rank_of(std::string_view key, const std::string_view (&keys)[N]) {
  std::size_t place = 0;
  while (place < N && keys[place] != key) ++place;
  return place;
}

/// The layouts that are read, for messages.
[[nodiscard]] std::string answer_layouts();

}  // namespace imp::eval
