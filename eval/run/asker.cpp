// SPDX-License-Identifier: Apache-2.0
#include "eval/run/asker.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <deque>
#include <mutex>
#include <span>
#include <thread>

#include "models/conversation/row_styles.h"
#include "models/generation/beam_search.h"
#include "models/generation/generator.h"
#include "models/generation/option_likelihood.h"
#include "models/io/error.h"

namespace imp::eval {
namespace {

/// Neighbouring questions about one picture.
struct Picture {
  std::size_t begin = 0, end = 0;
};

std::vector<Picture> pictures_of(const std::vector<Asked>& questions) {
  std::vector<Picture> pictures;
  for (std::size_t i = 0; i < questions.size(); ++i) {
    const bool goes_on = i > 0 && questions[i].image == questions[i - 1].image &&
                         questions[i].options.empty() == questions[i - 1].options.empty();
    if (!goes_on) pictures.push_back({i, i});
    pictures.back().end = i + 1;
  }
  return pictures;
}

/// Cuts the text before the first stop string; says whether there was one.
bool cut_at_stop(std::string& text, const std::vector<std::string>& stops) {
  std::size_t cut = std::string::npos;
  for (const std::string& stop : stops) cut = std::min(cut, text.find(stop));
  if (cut == std::string::npos) return false;
  text.resize(cut);
  return true;
}

class Work {
 public:
  Work(const models::LoadedModel& model, const AskOptions& options, const std::vector<Asked>& questions,
       const OnReply& on_reply, const std::function<bool()>& stopped)
      : model_(model),
        options_(options),
        questions_(questions),
        on_reply_(on_reply),
        stopped_(stopped),
        settings_(model.answer_settings(options.beams)),
        pictures_(pictures_of(questions)) {}

  void run() {
    std::vector<std::thread> threads;
    const auto jobs = static_cast<std::size_t>(std::max(1, options_.jobs));
    for (std::size_t i = 0; i < std::min(jobs, std::max<std::size_t>(pictures_.size(), 1)); ++i)
      threads.emplace_back([this] { work(); });
    for (std::thread& thread : threads) thread.join();
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  void work() {
    try {
      const at::NoGradGuard no_grad;
      at::set_num_threads(1);
      if (options_.beams > 1 || !questions_.front().options.empty()) {
        for (auto pictures = next(1); !pictures.empty(); pictures = next(1)) one_by_one(pictures.front());
      } else {
        in_one_stream();
      }
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!failure_) failure_ = std::current_exception();
      next_ = pictures_.size();
    }
  }

  /// The next pictures, `most` or fewer: towards the end ever fewer, so that the jobs end together.
  std::span<const Picture> next(std::size_t most) {
    if (stopped_()) return {};
    const std::lock_guard lock(mutex_);
    const std::size_t left = pictures_.size() - next_,
                      jobs = static_cast<std::size_t>(std::max(1, options_.jobs));
    const std::size_t count = std::min(left, std::clamp<std::size_t>(left / (2 * jobs), 1, most));
    next_ += count;
    return std::span(pictures_).subspan(next_ - count, count);
  }

  /// Pictures that go through the vision tower together: a pass of it has about as many rows as one of the
  /// language model.
  [[nodiscard]] std::size_t pictures_at_once() const {
    return static_cast<std::size_t>(
        std::max<int64_t>(1, options_.rows / model_.llava.vision_tower->num_tokens()));
  }

  [[nodiscard]] models::GenerationOptions generation() const {
    models::GenerationOptions generation;
    generation.image_token = models::kImagePlaceholder;
    generation.end_tokens = settings_.end_tokens;
    generation.max_new_tokens = options_.max_new_tokens;
    generation.choice = options_.choice;
    generation.kv_bytes = options_.kv_bytes / std::max(1, options_.jobs);
    generation.rows = options_.rows;
    if (!options_.stop.empty()) {
      generation.stop = [this](std::span<const int64_t> answer) {
        std::string text = decoded(answer);
        return cut_at_stop(text, options_.stop);
      };
    }
    return generation;
  }

  /// The questions of each picture, and what the language model sees of it.
  [[nodiscard]] std::vector<models::PromptGroup> groups_of(std::span<const Picture> pictures) const {
    std::vector<models::PromptGroup> groups;
    std::vector<std::string> files;
    for (const Picture& picture : pictures) {
      groups.push_back(prompts_of(picture));
      files.push_back(questions_[picture.begin].image.string());
    }
    const at::Tensor projected = model_.projected(files, {});
    for (std::size_t i = 0; i < groups.size(); ++i)
      groups[i].projected = projected.narrow(0, static_cast<int64_t>(i), 1);
    return groups;
  }

  [[nodiscard]] models::PromptGroup prompts_of(const Picture& picture) const {
    models::PromptGroup group;
    for (std::size_t i = picture.begin; i < picture.end; ++i) {
      const Asked& asked = questions_[i];
      models::PromptGroup one = models::prompt_group(
          model_.prompt({nlohmann::json(), asked.image.string(), asked.words, asked.image.string()}));
      if (one.tails.front().empty())
        throw Error("the conversation '" + model_.conversation.name +
                    "' ends with the picture and leaves nothing to answer; choose another --conversation");
      group.prefix_ids = std::move(one.prefix_ids);
      group.tails.push_back(std::move(one.tails.front()));
      group.keys.push_back(asked.key);
    }
    return group;
  }

  void in_one_stream() {
    std::vector<const Picture*> taken;
    std::vector<std::vector<long long>> lengths;
    std::deque<models::PromptGroup> waiting;
    const models::GenerationOptions generation = this->generation();
    (void)models::generate(
        *model_.llava.text_model, generation,
        [&]() -> std::optional<models::PromptGroup> {
          if (waiting.empty()) {
            const std::span<const Picture> pictures = next(pictures_at_once());
            if (pictures.empty()) return std::nullopt;
            for (models::PromptGroup& group : groups_of(pictures)) waiting.push_back(std::move(group));
            for (const Picture& picture : pictures) taken.push_back(&picture);
          }
          models::PromptGroup group = std::move(waiting.front());
          waiting.pop_front();
          lengths.emplace_back();
          for (const auto& tail : group.tails)
            lengths.back().push_back(static_cast<long long>(group.prefix_ids.size() + tail.size()));
          return group;
        },
        [&](std::size_t group, std::size_t question, std::vector<int64_t> answer) {
          reply(taken[group]->begin + question, lengths[group][question], answer);
        });
  }

  /// Beams and options go picture by picture.
  void one_by_one(const Picture& picture) {
    const models::PromptGroup group = std::move(groups_of({&picture, 1}).front());
    const auto length = [&](std::size_t i) {
      return static_cast<long long>(group.prefix_ids.size() + group.tails[i].size());
    };
    if (questions_[picture.begin].options.empty()) {
      const auto answers = models::beam_search(*model_.llava.text_model, group, generation(),
                                               {options_.beams, settings_.length_penalty});
      for (std::size_t i = 0; i < answers.size(); ++i) reply(picture.begin + i, length(i), answers[i]);
      return;
    }
    std::vector<std::vector<std::vector<int64_t>>> options(group.tails.size());
    for (std::size_t i = 0; i < options.size(); ++i) {
      for (const std::string& option : questions_[picture.begin + i].options) {
        const std::vector<int32_t> ids = model_.tokenizer->encode(" " + option);
        options[i].emplace_back(ids.begin(), ids.end());
      }
    }
    const auto scores =
        models::option_log_likelihoods(*model_.llava.text_model, group, options, generation());
    for (std::size_t i = 0; i < scores.size(); ++i) {
      const auto best =
          static_cast<std::size_t>(std::max_element(scores[i].begin(), scores[i].end()) - scores[i].begin());
      const Asked& asked = questions_[picture.begin + i];
      give(asked, {asked.options[best], length(i), static_cast<long long>(options[i][best].size())});
    }
  }

  [[nodiscard]] std::string decoded(std::span<const int64_t> answer) const {
    const std::vector<int32_t> ids(answer.begin(), answer.end());
    return model_.tokenizer->decode(ids, true);
  }

  void reply(std::size_t place, long long question_tokens, const std::vector<int64_t>& answer) {
    std::string text = decoded(answer);
    (void)cut_at_stop(text, options_.stop);
    give(questions_[place], {models::strip(text), question_tokens, static_cast<long long>(answer.size())});
  }

  void give(const Asked& asked, const Reply& reply) {
    const std::lock_guard lock(mutex_);
    on_reply_(asked, reply);
  }

  const models::LoadedModel& model_;
  const AskOptions& options_;
  const std::vector<Asked>& questions_;
  const OnReply& on_reply_;
  const std::function<bool()>& stopped_;
  const models::GenerationConfig settings_;
  const std::vector<Picture> pictures_;
  std::mutex mutex_;  ///< of what follows, and of on_reply_
  std::size_t next_ = 0;
  std::exception_ptr failure_;
};

}  // namespace

void ask_all(const models::LoadedModel& model, const AskOptions& options, const std::vector<Asked>& questions,
             const OnReply& on_reply, const std::function<bool()>& stopped) {
  if (questions.empty()) return;
  Work(model, options, questions, on_reply, stopped).run();
}

}  // namespace imp::eval
