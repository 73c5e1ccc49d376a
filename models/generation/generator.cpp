// SPDX-License-Identifier: Apache-2.0
#include "models/generation/generator.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "models/generation/generation_limits.h"
#include "models/generation/paged_decoder.h"
#include "models/generation/shared_opening.h"
#include "models/io/error.h"

namespace imp::models {
namespace {

/// A group that is under way: its prefix's keys and values live as long as one of its questions.
struct OpenGroup {
  size_t number = 0;
  PromptGroup prompts;
  std::shared_ptr<Segment> prefix;
  size_t begun = 0;  ///< tails that have been fed
};

/// A question that is being answered.
struct Sequence {
  size_t group = 0, question = 0;
  uint64_t key = 0;
  std::shared_ptr<Segment> prefix;
  std::unique_ptr<Segment> own;
  std::vector<int64_t> answer;
};

class Generator {
 public:
  Generator(TextModel& model, const GenerationOptions& options, const GroupSource& source,
            const AnswerSink& sink)
      : options_(options),
        source_(source),
        sink_(sink),
        decoder_(model, options.image_token, options.kv_bytes, options.cache),
        opening_(decoder_, options.image_token),
        most_rows_(rows_of_pass(options.rows, decoder_.device())) {}

  GenerationStatistics run() {
    while (true) {
      std::vector<Feed> feeds = feeds_of_sequences();
      begin_questions(feeds);
      if (feeds.empty()) break;
      pass(std::move(feeds));
    }
    return {decoder_.passes(), decoder_.rows(), decoder_.pool().held_bytes(), decoder_.work()};
  }

 private:
  /// The newest token of each question under way.
  std::vector<Feed> feeds_of_sequences() {
    std::vector<Feed> feeds;
    for (const Sequence& sequence : sequences_)
      feeds.push_back({{sequence.answer.back()}, {}, sequence.own.get(), sequence.prefix.get(), 1});
    rows_ = static_cast<int64_t>(feeds.size());
    return feeds;
  }

  /// Begins questions while the pass and the memory have room.
  void begin_questions(std::vector<Feed>& feeds) {
    while (open_group()) {
      if (group_->begun == group_->prompts.tails.size()) {
        group_.reset();
        continue;
      }
      if (!begin_question(feeds)) return;
    }
  }

  bool open_group() {
    if (options_.questions > 0 && static_cast<int64_t>(sequences_.size()) >= options_.questions) return false;
    if (group_) return true;
    if (exhausted_ || rows_ >= most_rows_) return false;
    std::optional<PromptGroup> next = source_();
    if (!next) {
      exhausted_ = true;
      return false;
    }
    group_.emplace(OpenGroup{groups_++, std::move(*next), nullptr, 0});
    return true;
  }

  bool begin_question(std::vector<Feed>& feeds) {
    OpenGroup& group = *group_;
    const std::vector<int64_t>& tail = group.prompts.tails[group.begun];
    const auto prefix_rows = static_cast<int64_t>(group.prefix ? 0 : group.prompts.prefix_ids.size());
    const auto tail_rows = static_cast<int64_t>(tail.size());
    if (!feeds.empty() && rows_ + prefix_rows + tail_rows > most_rows_) return false;
    const int64_t longest = tail_rows + options_.max_new_tokens;
    const int64_t pages = pages_for(prefix_rows) + pages_for(longest);
    if (pages > decoder_.pool().available()) {
      if (!sequences_.empty() || !feeds.empty()) return false;
      if (opening_.release()) return begin_question(feeds);
      refuse(pages + (group.prefix ? static_cast<int64_t>(group.prefix->pages().size()) : 0));
    }
    if (prefix_rows > 0) begin_prefix(group, pages_for(longest), feeds);
    const std::vector<uint64_t>& keys = group.prompts.keys;
    sequences_.push_back({group.number,
                          group.begun,
                          keys.empty() ? group.begun : keys[group.begun],
                          group.prefix,
                          std::make_unique<Segment>(decoder_.pool(), longest),
                          {}});
    feeds.push_back({tail, {}, sequences_.back().own.get(), group.prefix.get(), 1});
    rows_ += tail_rows;
    ++group.begun;
    return true;
  }

  /// Feeds what the group's questions share, but for the text that is known from groups before.
  void begin_prefix(OpenGroup& group, int64_t pages_to_leave, std::vector<Feed>& feeds) {
    const std::vector<int64_t>& ids = group.prompts.prefix_ids;
    group.prefix = std::make_shared<Segment>(decoder_.pool(), static_cast<int64_t>(ids.size()));
    const int64_t known = opening_.put(ids, pages_to_leave, *group.prefix);
    feeds.push_back({std::vector<int64_t>(ids.begin() + known, ids.end()), group.prompts.projected,
                     group.prefix.get(), nullptr, 0});
    rows_ += static_cast<int64_t>(ids.size()) - known;
  }

  [[noreturn]] void refuse(int64_t pages) const {
    throw Error(fmt::format(
        "one question needs {} bytes for its keys and values, and {} are allowed; raise the limit or "
        "lower --max-new-tokens",
        pages * decoder_.pool().page_bytes(), decoder_.pool().budget_bytes()));
  }

  void pass(std::vector<Feed> feeds) {
    const std::vector<int64_t> tokens = chosen(decoder_.run(std::move(feeds)));
    std::vector<Sequence> going_on;
    for (size_t i = 0; i < sequences_.size(); ++i) {
      Sequence& sequence = sequences_[i];
      if (ends_with(sequence, tokens[i])) {
        sink_(sequence.group, sequence.question, std::move(sequence.answer));
      } else {
        going_on.push_back(std::move(sequence));
      }
    }
    sequences_ = std::move(going_on);
  }

  /// The next token of each sequence; logits [sequences, vocab].
  [[nodiscard]] std::vector<int64_t> chosen(const at::Tensor& logits) const {
    if (!logits.is_cpu() && options_.choice.temperature <= 0.0) {
      const at::Tensor likeliest = logits.argmax(-1).to(at::kCPU);
      const int64_t* const ids = likeliest.const_data_ptr<int64_t>();
      return {ids, ids + likeliest.numel()};
    }
    const at::Tensor rows = logits.to(at::kCPU).contiguous();
    const auto vocab = static_cast<size_t>(rows.size(1));
    const float* row = rows.const_data_ptr<float>();
    std::vector<int64_t> ids;
    for (const Sequence& sequence : sequences_) {
      ids.push_back(
          options_.choice.choose({row, vocab}, sequence.key, static_cast<uint64_t>(sequence.answer.size())));
      row += vocab;
    }
    return ids;
  }

  /// Adds the token unless it is an end token; says whether the answer is over.
  bool ends_with(Sequence& sequence, int64_t token) const {
    const auto& ends = options_.end_tokens;
    if (std::find(ends.begin(), ends.end(), token) != ends.end()) return true;
    sequence.answer.push_back(token);
    if (static_cast<int64_t>(sequence.answer.size()) >= options_.max_new_tokens) return true;
    return options_.stop && options_.stop(sequence.answer);
  }

  const GenerationOptions& options_;
  const GroupSource& source_;
  const AnswerSink& sink_;
  PagedDecoder decoder_;
  SharedOpening opening_;
  std::vector<Sequence> sequences_;
  std::optional<OpenGroup> group_;
  size_t groups_ = 0;
  int64_t most_rows_ = 0, rows_ = 0;
  bool exhausted_ = false;
};

}  // namespace

PromptGroup prompt_group(const EncodedRow& row) {
  const auto cut = row.ids.begin() + (row.image_positions.empty() ? 0 : row.image_positions.back() + 1);
  PromptGroup group;
  group.prefix_ids.assign(row.ids.begin(), cut);
  group.tails.emplace_back(cut, row.ids.end());
  return group;
}

GenerationStatistics generate(TextModel& model, const GenerationOptions& options, const GroupSource& source,
                              const AnswerSink& sink) {
  return Generator(model, options, source, sink).run();
}

std::vector<std::vector<int64_t>> generate(TextModel& model, const std::vector<PromptGroup>& groups,
                                           const GenerationOptions& options,
                                           GenerationStatistics* statistics) {
  std::vector<size_t> first;
  size_t questions = 0;
  for (const PromptGroup& group : groups) {
    first.push_back(questions);
    questions += group.tails.size();
  }
  std::vector<std::vector<int64_t>> answers(questions);
  size_t next = 0;
  const GroupSource source = [&]() -> std::optional<PromptGroup> {
    if (next == groups.size()) return std::nullopt;
    return groups[next++];
  };
  const GenerationStatistics made =
      generate(model, options, source, [&](size_t group, size_t question, std::vector<int64_t> answer) {
        answers[first[group] + question] = std::move(answer);
      });
  if (statistics != nullptr) *statistics = made;
  return answers;
}

}  // namespace imp::models
