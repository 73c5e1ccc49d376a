// SPDX-License-Identifier: Apache-2.0
#include "models/generation/beam_search.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "models/generation/paged_decoder.h"
#include "models/io/error.h"

namespace imp::models {
namespace {

/// A beam under way.
struct Beam {
  std::shared_ptr<Segment> own;
  std::vector<int64_t> ids;
  float score = 0.0F;  ///< summed log-probability
};

struct Finished {
  std::vector<int64_t> ids;
  float score = 0.0F;  ///< with the length penalty
};

struct Candidate {
  size_t beam = 0;
  int64_t token = 0;
  float score = 0.0F;
};

/// The search of one question.
class Search {
 public:
  Search(const GenerationOptions& options, const BeamOptions& beams, std::shared_ptr<Segment> prompt)
      : options_(options), settings_(beams) {
    beams_.push_back({std::move(prompt), {}, 0.0F});
  }

  [[nodiscard]] bool over() const { return over_; }
  [[nodiscard]] const std::vector<Beam>& beams() const { return beams_; }

  /// log_probs [beams under way, vocab]: one more token for each.
  void advance(PagePool& pool, int64_t longest, const at::Tensor& log_probs) {
    const int64_t length = static_cast<int64_t>(beams_.front().ids.size()) + 1;
    const bool last = length == options_.max_new_tokens;
    std::vector<Candidate> going_on;
    size_t rank = 0;
    for (const Candidate& candidate : best(log_probs)) {
      const bool ends = last || is_end(candidate.token);
      if (ends && rank < static_cast<size_t>(settings_.beams) && improvable_) finish(candidate, length);
      if (!ends && going_on.size() < static_cast<size_t>(settings_.beams)) going_on.push_back(candidate);
      ++rank;
    }
    std::stable_sort(finished_.begin(), finished_.end(),
                     [](const Finished& a, const Finished& b) { return a.score > b.score; });
    if (finished_.size() > static_cast<size_t>(settings_.beams))
      finished_.resize(static_cast<size_t>(settings_.beams));
    if (last || going_on.empty()) {
      over_ = true;
      beams_.clear();
      return;
    }
    replace_beams(pool, longest, going_on);
    const float possible = beams_.front().score / penalty(length);
    const bool full = finished_.size() == static_cast<size_t>(settings_.beams);
    improvable_ = improvable_ && (!full || possible > finished_.back().score);
    over_ = !improvable_;
    if (over_) beams_.clear();
  }

  [[nodiscard]] std::vector<int64_t> answer() const {
    return finished_.empty() ? std::vector<int64_t>() : finished_.front().ids;
  }

 private:
  [[nodiscard]] bool is_end(int64_t token) const {
    return std::find(options_.end_tokens.begin(), options_.end_tokens.end(), token) !=
           options_.end_tokens.end();
  }
  [[nodiscard]] float penalty(int64_t length) const {
    return static_cast<float>(std::pow(static_cast<double>(length), settings_.length_penalty));
  }

  /// The likeliest continuations, best first; ties to the earlier beam and the lower token.
  [[nodiscard]] std::vector<Candidate> best(const at::Tensor& log_probs) const {
    const auto ends = static_cast<int64_t>(options_.end_tokens.size());
    const int64_t vocab = log_probs.size(1);
    const int64_t count = std::min(std::max<int64_t>(2, 1 + ends) * settings_.beams, log_probs.numel());
    std::vector<Candidate> all;
    const at::Tensor rows = log_probs.contiguous();
    const float* value = rows.const_data_ptr<float>();
    for (size_t beam = 0; beam < beams_.size(); ++beam) {
      for (int64_t token = 0; token < vocab; ++token)
        all.push_back({beam, token, *value++ + beams_[beam].score});
    }
    const auto better = [](const Candidate& a, const Candidate& b) {
      if (a.score != b.score) return a.score > b.score;
      return a.beam != b.beam ? a.beam < b.beam : a.token < b.token;
    };
    std::partial_sort(all.begin(), all.begin() + count, all.end(), better);
    all.resize(static_cast<size_t>(count));
    return all;
  }

  void finish(const Candidate& candidate, int64_t length) {
    Finished finished{beams_[candidate.beam].ids, candidate.score / penalty(length)};
    if (!is_end(candidate.token)) finished.ids.push_back(candidate.token);
    finished_.push_back(std::move(finished));
  }

  /// A beam that several go on from is copied for all but the last of them.
  void replace_beams(PagePool& pool, int64_t longest, const std::vector<Candidate>& chosen) {
    std::vector<Beam> next;
    for (size_t i = 0; i < chosen.size(); ++i) {
      const Beam& from = beams_[chosen[i].beam];
      const bool again = std::any_of(chosen.begin() + static_cast<std::ptrdiff_t>(i) + 1, chosen.end(),
                                     [&](const Candidate& other) { return other.beam == chosen[i].beam; });
      Beam beam{from.own, from.ids, chosen[i].score};
      if (again) {
        beam.own = std::make_shared<Segment>(pool, longest);
        beam.own->copy_from(*from.own);
      }
      beam.ids.push_back(chosen[i].token);
      next.push_back(std::move(beam));
    }
    beams_ = std::move(next);
  }

  const GenerationOptions& options_;
  const BeamOptions& settings_;
  std::vector<Beam> beams_;
  std::vector<Finished> finished_;
  bool improvable_ = true;
  bool over_ = false;
};

/// Questions of the group from `begin` on, as many as memory has room for.
class Round {
 public:
  Round(PagedDecoder& decoder, const PromptGroup& group, const GenerationOptions& options,
        const BeamOptions& beams, const Segment* prefix)
      : decoder_(decoder), group_(group), options_(options), beams_(beams), prefix_(prefix) {}

  /// Returns the number of the first question that found no room.
  size_t run(size_t begin, std::vector<std::vector<int64_t>>& answers) {
    std::vector<Feed> feeds;
    size_t end = begin;
    for (; end < group_.tails.size() && has_room(group_.tails[end]); ++end) {
      const int64_t longest = longest_of(group_.tails[end]);
      auto prompt = std::make_shared<Segment>(decoder_.pool(), longest);
      feeds.push_back({group_.tails[end], {}, prompt.get(), prefix_, 1});
      searches_.emplace_back(options_, beams_, std::move(prompt));
      // Beams come one by one; the room for all is kept from the start.
      reserve_.push_back(std::make_unique<PagePromise>(decoder_.pool(), reserved_pages(longest)));
    }
    while (!feeds.empty()) {
      advance(decoder_.run(feeds), begin);
      feeds.clear();
      for (const Search& search : searches_)
        for (const Beam& beam : search.beams())
          feeds.push_back({{beam.ids.back()}, {}, beam.own.get(), prefix_, 1});
    }
    for (size_t i = begin; i < end; ++i) answers[i] = searches_[i - begin].answer();
    return end;
  }

 private:
  [[nodiscard]] int64_t longest_of(const std::vector<int64_t>& tail) const {
    return static_cast<int64_t>(tail.size()) + options_.max_new_tokens;
  }
  /// Twice the beams at most live while they are replaced; the first is there already.
  [[nodiscard]] int64_t reserved_pages(int64_t longest) const {
    return (2 * beams_.beams - 1) * pages_for(longest);
  }
  [[nodiscard]] bool has_room(const std::vector<int64_t>& tail) const {
    return 2 * beams_.beams * pages_for(longest_of(tail)) <= decoder_.pool().available();
  }

  void advance(const at::Tensor& logits, size_t begin) {
    const at::Tensor log_probs = at::log_softmax(logits, -1).to(at::kCPU);
    int64_t row = 0;
    for (size_t i = 0; i < searches_.size(); ++i) {
      if (searches_[i].over()) continue;
      const auto count = static_cast<int64_t>(searches_[i].beams().size());
      searches_[i].advance(decoder_.pool(), longest_of(group_.tails[begin + i]),
                           log_probs.slice(0, row, row + count));
      row += count;
    }
  }

  PagedDecoder& decoder_;
  const PromptGroup& group_;
  const GenerationOptions& options_;
  const BeamOptions& beams_;
  const Segment* prefix_;
  std::vector<Search> searches_;
  std::vector<std::unique_ptr<PagePromise>> reserve_;
};

}  // namespace

std::vector<std::vector<int64_t>> beam_search(TextModel& model, const PromptGroup& group,
                                              const GenerationOptions& options, const BeamOptions& beams) {
  PagedDecoder decoder(model, options.image_token, options.kv_bytes, options.cache);
  std::vector<std::vector<int64_t>> answers(group.tails.size());
  std::unique_ptr<Segment> prefix;
  const auto prefix_rows = static_cast<int64_t>(group.prefix_ids.size());
  const auto refuse = [&] {
    throw Error(fmt::format(
        "beam search of one question does not fit into {} bytes of keys and values; raise the limit or "
        "take fewer beams",
        decoder.pool().budget_bytes()));
  };
  if (prefix_rows > 0) {
    if (pages_for(prefix_rows) > decoder.pool().available()) refuse();
    prefix = std::make_unique<Segment>(decoder.pool(), prefix_rows);
    (void)decoder.run({{group.prefix_ids, group.projected, prefix.get(), nullptr, 0}});
  }
  for (size_t begin = 0; begin < group.tails.size();) {
    const size_t end = Round(decoder, group, options, beams, prefix.get()).run(begin, answers);
    if (end == begin) refuse();
    begin = end;
  }
  return answers;
}

}  // namespace imp::models
