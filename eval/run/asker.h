// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "eval/run/picture_source.h"
#include "models/config/flop_count.h"
#include "models/config/generation_config.h"
#include "models/conversation/conversation_template.h"
#include "models/generation/token_choice.h"
#include "models/text/text_model.h"
#include "models/tokenizer/tokenizer.h"

namespace imp::eval {

/// A question in the words in which it is asked.
struct Asked {
  std::size_t question = 0;  ///< its place in the benchmark
  std::filesystem::path image;
  std::string words;
  std::vector<std::string> options = {};  ///< not empty: the likeliest of these is the answer
  uint64_t key = 0;                       ///< what sampling draws by
};

struct Reply {
  std::string text;
  long long question_tokens = 0;
  long long answer_tokens = 0;
};

/// A language model with what its prompts are made of.
struct AskedModel {
  models::TextModel& text_model;
  const models::Tokenizer& tokenizer;
  const models::ConversationTemplate& conversation;
  int64_t image_tokens = 0;  ///< of one picture
  models::GenerationConfig settings;
  at::Device device = at::kCPU;  ///< of its weights
};

struct AskOptions {
  int64_t max_new_tokens = 128;
  int64_t beams = 1;
  models::TokenChoice choice = {};
  std::vector<std::string> stop = {};  ///< an answer ends before the first of these
  int64_t kv_bytes = 0;                ///< of all jobs together; 0: as models::kv_budget says
  int64_t rows = 0;                    ///< tokens a pass; 0: as models::rows_of_pass says
  int64_t questions = 0;  ///< under way at once, of each job; 0: as memory and rows have room for
  /// Threads: on the CPU each asks, with a queue of its own; on a GPU one asks, and these read pictures.
  int jobs = 1;
};

/// Takes a reply; called by one thread at a time.
using OnReply = std::function<void(const Asked& asked, const Reply& reply)>;

/// Asks all questions, neighbours about one picture together, so that the picture goes through the model
/// once. Packs the model, which the jobs share. Replies come in any order; in float32 on the CPU they do not
/// depend on rows or company, nor on jobs where LibTorch has one thread, as it has in the jobs' threads (one
/// job asks on the calling thread). On a GPU pictures are read ahead of it. `stopped`, which any thread may
/// call, is looked at before each few pictures: once true, what is under way is finished and the rest left.
/// Returns what went through the language model, beams and options aside. Throws imp::Error (usage) for a
/// picture or prompt that the model cannot take.
models::TextPass ask_all(const AskedModel& model, const PictureSource& pictures, const AskOptions& options,
                         const std::vector<Asked>& questions, const OnReply& on_reply,
                         const std::function<bool()>& stopped);

}  // namespace imp::eval
