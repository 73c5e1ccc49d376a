// SPDX-License-Identifier: Apache-2.0
#include "eval/run/asker.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <deque>
#include <mutex>
#include <span>
#include <thread>

#include "eval/run/made_ahead.h"
#include "models/conversation/encode_row.h"
#include "models/conversation/row_styles.h"
#include "models/generation/beam_search.h"
#include "models/generation/generation_limits.h"
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

/// Pictures with their questions' prompts, as far as the CPU makes them.
struct Batch {
  std::span<const Picture> pictures;
  std::vector<models::PromptGroup> groups;  ///< one a picture, what is seen of it still missing
  at::Tensor read;
};
/// Gives the next pictures, or nothing at the end.
using BatchSource = std::function<std::optional<Batch>()>;

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
  Work(const AskedModel& model, const PictureSource& source, const AskOptions& options,
       const std::vector<Asked>& questions, const OnReply& on_reply, const std::function<bool()>& stopped)
      : model_(model),
        source_(source),
        options_(options),
        jobs_(static_cast<std::size_t>(std::max(1, options.jobs))),
        on_cpu_(model.device.is_cpu()),
        rows_(models::rows_of_pass(options.rows, model.device)),
        questions_(questions),
        on_reply_(on_reply),
        stopped_(stopped),
        pictures_(pictures_of(questions)) {}

  models::TextPass run() {
    const std::size_t askers = on_cpu_ ? std::min(jobs_, pictures_.size()) : 1;
    if (askers == 1) {
      work();
    } else {
      std::vector<std::thread> threads;
      for (std::size_t i = 0; i < askers; ++i) {
        threads.emplace_back([this] {
          at::set_num_threads(1);
          work();
        });
      }
      for (std::thread& thread : threads) thread.join();
    }
    if (failure_) std::rethrow_exception(failure_);
    return passes_;
  }

 private:
  void work() {
    try {
      const at::NoGradGuard no_grad;
      if (on_cpu_) return ask([this] { return read_next(1); });
      // The GPU works on the pictures before meanwhile.
      constexpr std::size_t kAhead = 2;
      MadeAhead<Batch> ahead([this] { return read_next(static_cast<int>(jobs_)); }, kAhead);
      ask([&] { return ahead.next(); });
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!failure_) failure_ = std::current_exception();
      next_ = pictures_.size();
    }
  }

  /// Beams and options go picture by picture.
  [[nodiscard]] bool one_by_one() const { return options_.beams > 1 || !questions_.front().options.empty(); }

  void ask(const BatchSource& source) {
    if (!one_by_one()) return in_one_stream(source);
    while (std::optional<Batch> batch = source()) {
      show(*batch);
      for (std::size_t i = 0; i < batch->groups.size(); ++i) ask_one(batch->pictures[i], batch->groups[i]);
    }
  }

  /// The next pictures, `most` or fewer: with several jobs towards the end ever fewer, so that they end
  /// together.
  std::span<const Picture> next(std::size_t most) {
    if (stopped_()) return {};
    const std::lock_guard lock(mutex_);
    const std::size_t left = pictures_.size() - next_;
    const std::size_t share = on_cpu_ ? std::clamp<std::size_t>(left / (2 * jobs_), 1, most) : most;
    const std::size_t count = std::min(left, share);
    next_ += count;
    return std::span(pictures_).subspan(next_ - count, count);
  }

  std::optional<Batch> read_next(int threads) {
    const std::span<const Picture> pictures = next(on_cpu_ && one_by_one() ? 1 : source_.at_once(rows_));
    if (pictures.empty()) return std::nullopt;
    Batch batch{pictures, {}, {}};
    std::vector<std::filesystem::path> files;
    for (const Picture& picture : pictures) {
      batch.groups.push_back(prompts_of(picture));
      files.push_back(questions_[picture.begin].image);
    }
    batch.read = source_.read(files, threads);
    return batch;
  }

  /// Puts what the language model sees of the pictures beside the prompts.
  void show(Batch& batch) const {
    const at::Tensor projected = source_.projected(batch.read);
    for (std::size_t i = 0; i < batch.groups.size(); ++i)
      batch.groups[i].projected = projected.narrow(0, static_cast<int64_t>(i), 1);
  }

  [[nodiscard]] models::GenerationOptions generation() const {
    models::GenerationOptions generation;
    generation.image_token = models::kImagePlaceholder;
    generation.end_tokens = model_.settings.end_tokens;
    generation.max_new_tokens = options_.max_new_tokens;
    generation.choice = options_.choice;
    generation.kv_bytes = options_.kv_bytes;
    if (on_cpu_)
      generation.kv_bytes = models::kv_budget(options_.kv_bytes, model_.device) / static_cast<int64_t>(jobs_);
    generation.rows = rows_;
    generation.questions = options_.questions;
    if (!options_.stop.empty()) {
      generation.stop = [this](std::span<const int64_t> answer) {
        std::string text = decoded(answer);
        return cut_at_stop(text, options_.stop);
      };
    }
    return generation;
  }

  [[nodiscard]] models::PromptGroup prompts_of(const Picture& picture) const {
    models::PromptGroup group;
    for (std::size_t i = picture.begin; i < picture.end; ++i) {
      const Asked& asked = questions_[i];
      models::PromptGroup one = models::prompt_group(models::encode_prompt(
          model_.tokenizer, model_.conversation, asked.words, /*has_image=*/true, model_.image_tokens));
      if (one.tails.front().empty())
        throw Error("the conversation '" + model_.conversation.name +
                    "' ends with the picture and leaves nothing to answer; choose another conversation");
      group.prefix_ids = std::move(one.prefix_ids);
      group.tails.push_back(std::move(one.tails.front()));
      group.keys.push_back(asked.key);
    }
    return group;
  }

  void in_one_stream(const BatchSource& source) {
    std::vector<const Picture*> taken;
    std::vector<std::vector<long long>> lengths;
    std::deque<models::PromptGroup> waiting;
    const models::GenerationOptions generation = this->generation();
    const models::GenerationStatistics made = models::generate(
        model_.text_model, generation,
        [&]() -> std::optional<models::PromptGroup> {
          if (waiting.empty()) {
            std::optional<Batch> batch = source();
            if (!batch) return std::nullopt;
            show(*batch);
            for (models::PromptGroup& group : batch->groups) waiting.push_back(std::move(group));
            for (const Picture& picture : batch->pictures) taken.push_back(&picture);
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
    const std::lock_guard lock(mutex_);
    passes_ += made.work;
  }

  void ask_one(const Picture& picture, const models::PromptGroup& group) {
    const auto length = [&](std::size_t i) {
      return static_cast<long long>(group.prefix_ids.size() + group.tails[i].size());
    };
    if (questions_[picture.begin].options.empty()) {
      const auto answers = models::beam_search(model_.text_model, group, generation(),
                                               {options_.beams, model_.settings.length_penalty});
      for (std::size_t i = 0; i < answers.size(); ++i) reply(picture.begin + i, length(i), answers[i]);
      return;
    }
    std::vector<std::vector<std::vector<int64_t>>> options(group.tails.size());
    for (std::size_t i = 0; i < options.size(); ++i) {
      for (const std::string& option : questions_[picture.begin + i].options) {
        const std::vector<int32_t> ids = model_.tokenizer.encode(" " + option);
        options[i].emplace_back(ids.begin(), ids.end());
      }
    }
    const auto scores = models::option_log_likelihoods(model_.text_model, group, options, generation());
    for (std::size_t i = 0; i < scores.size(); ++i) {
      const auto best =
          static_cast<std::size_t>(std::max_element(scores[i].begin(), scores[i].end()) - scores[i].begin());
      const Asked& asked = questions_[picture.begin + i];
      give(asked, {asked.options[best], length(i), static_cast<long long>(options[i][best].size())});
    }
  }

  [[nodiscard]] std::string decoded(std::span<const int64_t> answer) const {
    const std::vector<int32_t> ids(answer.begin(), answer.end());
    return model_.tokenizer.decode(ids, true);
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

  const AskedModel& model_;
  const PictureSource& source_;
  const AskOptions& options_;
  const std::size_t jobs_;
  const bool on_cpu_;
  const int64_t rows_;
  const std::vector<Asked>& questions_;
  const OnReply& on_reply_;
  const std::function<bool()>& stopped_;
  const std::vector<Picture> pictures_;
  std::mutex mutex_;  ///< of what follows, and of on_reply_
  std::size_t next_ = 0;
  models::TextPass passes_;
  std::exception_ptr failure_;
};

}  // namespace

models::TextPass ask_all(const AskedModel& model, const PictureSource& pictures, const AskOptions& options,
                         const std::vector<Asked>& questions, const OnReply& on_reply,
                         const std::function<bool()>& stopped) {
  if (questions.empty()) return {};
  model.text_model.pack();  // before the jobs share it
  return Work(model, pictures, options, questions, on_reply, stopped).run();
}

}  // namespace imp::eval
