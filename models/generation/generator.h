// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "models/config/flop_count.h"
#include "models/conversation/encode_row.h"
#include "models/generation/paged_decoder.h"
#include "models/generation/token_choice.h"
#include "models/text/text_model.h"

namespace imp::models {

/// Prompts that share their beginning: the questions of one picture. The prefix goes through the model once.
struct PromptGroup {
  std::vector<int64_t> prefix_ids;  ///< with the image token at the places of image tokens; may be empty
  at::Tensor projected;             ///< [pictures, image tokens, text hidden]; undefined without a picture
  std::vector<std::vector<int64_t>> tails;  ///< the rest of each prompt, never empty
  std::vector<uint64_t> keys =
      {};  ///< what each question draws by when sampling; empty: its number in the group
};

/// A prompt as a group of its own: the prefix ends with the picture and is empty where there is none. The
/// tail is empty where the prompt ends with the picture.
[[nodiscard]] PromptGroup prompt_group(const EncodedRow& row);

struct GenerationOptions {
  int64_t image_token = -200;
  std::vector<int64_t> end_tokens = {};  ///< each ends an answer and is not part of it
  int64_t max_new_tokens = 8;
  TokenChoice choice = {};
  /// Whether the answer so far is to end here, such as at a stop string; the last token stays part of it.
  std::function<bool(std::span<const int64_t> answer)> stop = {};
  int64_t kv_bytes = 0;  ///< most memory for keys and values, whatever the queue; 0: as kv_budget says
  int64_t rows = 0;  ///< tokens of a pass, about; more only if one prompt has more; 0: as rows_of_pass says
  int64_t questions = 0;  ///< under way at once; 0: as many as memory and rows have room for
  CacheForm cache = CacheForm::by_device;
};

struct GenerationStatistics {
  int64_t passes = 0;
  int64_t rows = 0;      ///< tokens that went through the model
  int64_t kv_bytes = 0;  ///< most memory that keys and values took
  TextPass work = {};    ///< of all passes, for forward_flops
};

/// Gives the next group, or nothing at the end. Asked only when there is room for it.
using GroupSource = std::function<std::optional<PromptGroup>()>;
/// Takes an answer's ids; `group` counts the source's groups, `question` a group's tails. Called as answers
/// are ready.
using AnswerSink = std::function<void(size_t group, size_t question, std::vector<int64_t> answer)>;

/// Answers all questions with continuous batching: every pass holds one new token of each question under way,
/// and the prefixes and tails of those that there is room to begin, all packed at their own lengths, on the
/// device of the model's weights, which is waited for once a pass, to read the tokens. In float32 on the CPU
/// with one ATen thread an answer is the same in every bit whatever is asked beside it and in whatever order.
/// Call under at::NoGradGuard. Throws imp::Error (usage) if one question alone exceeds `kv_bytes`.
GenerationStatistics generate(TextModel& model, const GenerationOptions& options, const GroupSource& source,
                              const AnswerSink& sink);

/// The answers of all groups, in their order. statistics: set if given.
[[nodiscard]] std::vector<std::vector<int64_t>> generate(TextModel& model,
                                                         const std::vector<PromptGroup>& groups,
                                                         const GenerationOptions& options,
                                                         GenerationStatistics* statistics = nullptr);

}  // namespace imp::models
