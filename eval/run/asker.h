// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "models/generation/token_choice.h"
#include "models/programs/loaded_model.h"

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

struct AskOptions {
  int64_t max_new_tokens = 128;
  int64_t beams = 1;
  models::TokenChoice choice = {};
  std::vector<std::string> stop = {};   ///< an answer ends before the first of these
  int64_t kv_bytes = int64_t{1} << 30;  ///< of all jobs together
  int64_t rows = 512;                   ///< tokens a pass
  int jobs = 1;                         ///< threads, each with a queue of its own
};

/// Takes a reply; called by one thread at a time.
using OnReply = std::function<void(const Asked& asked, const Reply& reply)>;

/// Asks all questions of a packed model (LlavaModel::pack; the jobs share it), neighbours about one picture
/// together, so that the picture goes through the model once. Replies come in any order; in float32 they do
/// not depend on jobs, rows or company. `stopped` is looked at before each few pictures: once true, what is
/// under way is finished and the rest left. Throws imp::Error (usage) for a picture or prompt that the model
/// cannot take.
void ask_all(const models::LoadedModel& model, const AskOptions& options, const std::vector<Asked>& questions,
             const OnReply& on_reply, const std::function<bool()>& stopped);

}  // namespace imp::eval
