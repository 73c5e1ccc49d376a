// SPDX-License-Identifier: Apache-2.0
#include "models/generation/option_likelihood.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <memory>

#include "models/generation/paged_decoder.h"
#include "models/io/error.h"

namespace imp::models {
namespace {

using Option = std::vector<int64_t>;

/// The options of one question after its tail. The first token's probability stands at the tail's end; every
/// option but its last token is then fed in a copy of the tail's segment.
std::vector<double> score_question(PagedDecoder& decoder, const Segment* prefix,
                                   const std::vector<int64_t>& tail, const std::vector<Option>& options) {
  int64_t pages = pages_for(static_cast<int64_t>(tail.size()));
  for (const Option& option : options) {
    if (option.empty()) throw Error("an option without tokens has no likelihood; every option needs text");
    pages += pages_for(static_cast<int64_t>(tail.size() + option.size()));
  }
  if (pages > decoder.pool().available())
    throw Error(fmt::format("the options of one question do not fit into {} bytes of keys and values",
                            decoder.pool().budget_bytes()));
  Segment asked(decoder.pool(), static_cast<int64_t>(tail.size()));
  const at::Tensor first = at::log_softmax(decoder.run({{tail, {}, &asked, prefix, 1}}), -1).to(at::kCPU);
  std::vector<std::unique_ptr<Segment>> segments;
  std::vector<Feed> feeds;
  for (const Option& option : options) {
    if (option.size() == 1) continue;
    segments.push_back(
        std::make_unique<Segment>(decoder.pool(), static_cast<int64_t>(tail.size() + option.size())));
    segments.back()->copy_from(asked);
    feeds.push_back({Option(option.begin(), option.end() - 1),
                     {},
                     segments.back().get(),
                     prefix,
                     static_cast<int64_t>(option.size()) - 1});
  }
  const at::Tensor later =
      feeds.empty() ? at::Tensor() : at::log_softmax(decoder.run(feeds), -1).to(at::kCPU);
  std::vector<double> scores;
  int64_t row = 0;
  for (const Option& option : options) {
    double score = first[0][option.front()].item<float>();
    for (size_t i = 1; i < option.size(); ++i) score += later[row++][option[i]].item<float>();
    scores.push_back(score);
  }
  return scores;
}

}  // namespace

std::vector<std::vector<double>> option_log_likelihoods(
    TextModel& model, const PromptGroup& group,
    const std::vector<std::vector<std::vector<int64_t>>>& options_of, const GenerationOptions& settings) {
  PagedDecoder decoder(model, settings.image_token, settings.kv_bytes, settings.cache);
  std::unique_ptr<Segment> prefix;
  const auto prefix_rows = static_cast<int64_t>(group.prefix_ids.size());
  if (prefix_rows > 0) {
    if (pages_for(prefix_rows) > decoder.pool().available())
      throw Error(fmt::format("a prompt's beginning does not fit into {} bytes of keys and values",
                              decoder.pool().budget_bytes()));
    prefix = std::make_unique<Segment>(decoder.pool(), prefix_rows);
    (void)decoder.run({{group.prefix_ids, group.projected, prefix.get(), nullptr, 0}});
  }
  std::vector<std::vector<double>> scores;
  for (size_t i = 0; i < group.tails.size(); ++i)
    scores.push_back(score_question(decoder, prefix.get(), group.tails[i], options_of[i]));
  return scores;
}

}  // namespace imp::models
