// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "models/device/upload.h"
#include "models/io/error.h"
#include "models/io/file.h"
#include "models/programs/loaded_model.h"

namespace imp::models {
namespace {

/// Sum over the window's tokens but the first of -log p(token | those before it).
double window_loss(const TextModel& model, const at::Tensor& ids) {
  const int64_t predicted = ids.size(0) - 1;
  const at::Tensor embeds = model.embed(ids);
  const SequenceLayout layout = pack_sequences({ids.size(0)}, {}, embeds.options());
  const at::Tensor hidden =
      model.hidden_states(embeds, layout, nullptr, at::arange(predicted, ids.options()));
  const at::Tensor targets = ids.slice(0, 1).unsqueeze(1);
  const at::Tensor log_probabilities = at::log_softmax(model.logits(hidden), 1).gather(1, targets);
  return -log_probabilities.sum(at::kDouble).item<double>();
}

}  // namespace

int perplexity_command(const ModelOptions& options) {
  const at::NoGradGuard no_grad;
  const std::string text = read_file(options.text);
  const LoadedModel loaded = load_model(options);
  const TextModel& model = *loaded.llava.text_model;
  if (options.window < 2 || options.window > model.config().max_position_embeddings) {
    throw Error(fmt::format("--window: {} is outside of 2 to the model's {} positions", options.window,
                            model.config().max_position_embeddings));
  }
  std::vector<int64_t> ids(loaded.tokenizer->prefix_ids().begin(), loaded.tokenizer->prefix_ids().end());
  for (const int32_t id : loaded.tokenizer->encode(text)) ids.push_back(id);
  double loss = 0.0;
  int64_t predicted = 0;
  for (const at::Tensor& window : upload(ids, loaded.device).split(options.window)) {
    if (window.size(0) < 2) continue;
    loss += window_loss(model, window);
    predicted += window.size(0) - 1;
  }
  if (predicted == 0)
    throw Error(options.text.string() + ": is shorter than two tokens; nothing is predicted");
  const double mean = loss / static_cast<double>(predicted);
  const nlohmann::ordered_json line = {
      {"tokens", ids.size()}, {"predicted", predicted}, {"loss", mean}, {"perplexity", std::exp(mean)}};
  fmt::print("{}\n", line.dump());
  return 0;
}

}  // namespace imp::models
