// SPDX-License-Identifier: Apache-2.0
#include "models/config/flop_count.h"

#include <algorithm>
#include <vector>

#include "models/config/linear_shapes.h"
#include "models/lora/lora_form.h"

namespace imp::models {
namespace {

/// Of [rows, in] by [in, out].
double product(int64_t rows, int64_t in, int64_t out) {
  return 2.0 * static_cast<double>(rows) * static_cast<double>(in) * static_cast<double>(out);
}

/// Adds up what runs while following which activations a gradient is asked for.
class Counter {
 public:
  /// training: null for a pass forward.
  Counter(const TextConfig& text, const TextPass& pass, const TextTraining* training)
      : text_(text), pass_(pass), training_(training), shapes_(linear_shapes(text)) {}

  double count() {
    bool learns = training_ != nullptr && (training_->inputs_learn || training_->full);
    const auto layers = static_cast<size_t>(text_.num_hidden_layers);
    const size_t in_block = (shapes_.size() - 1) / layers;  // the last is lm_head
    for (size_t i = 0; i < layers; ++i) {
      const bool again = training_ != nullptr && training_->recompute;
      const double before = forward_;
      learns = block(i, &shapes_[i * in_block], learns || again);
      if (again) forward_ += forward_ - before;
    }
    (void)linear(shapes_.back(), pass_.selected, learns);
    return forward_ + backward_;
  }

 private:
  /// Whether a gradient of the output is asked for.
  bool block(size_t index, const LinearShape* layer, bool learns) {
    const bool last = static_cast<int64_t>(index) + 1 == text_.num_hidden_layers;
    const bool phi = text_.family == TextFamily::phi;
    const int64_t computed = pass_.tokens - (index == 0 && phi && !last ? pass_.looked_up : 0);
    const int64_t after = last ? pass_.selected : pass_.tokens;
    const int64_t mlp = last ? pass_.selected : computed;
    bool attends = linear(layer[0], last ? pass_.last_queries : computed, learns);
    attends |= linear(layer[1], computed, learns);
    attends |= linear(layer[2], computed, learns);
    attention(last ? pass_.last_pairs : pass_.pairs, attends);
    const bool attended = linear(layer[3], after, attends);
    if (phi) {  // the MLP beside attention, on the same input
      const bool inner = linear(layer[4], mlp, learns);
      return linear(layer[5], mlp, inner) || attended || learns;
    }
    const bool residual = attended || learns;
    const bool gate = linear(layer[4], mlp, residual);
    const bool up = linear(layer[5], mlp, residual);
    return linear(layer[6], mlp, gate || up) || residual;
  }

  bool linear(const LinearShape& shape, int64_t rows, bool learns) {
    const double whole = product(rows, shape.in_features, shape.out_features);
    const auto adapted =
        training_ == nullptr ? Ranks::const_iterator{} : training_->lora_ranks.find(shape.name);
    if (training_ != nullptr && adapted != training_->lora_ranks.end()) {
      lora(shape, rows, adapted->second, learns);
      return true;
    }
    const bool trained = training_ != nullptr && training_->full;
    forward_ += whole;
    if (trained) backward_ += whole;
    if (learns) backward_ += whole;
    return learns || trained;
  }

  /// As lora_linear.cpp computes it.
  void lora(const LinearShape& shape, int64_t rows, int64_t rank, bool learns) {
    const int64_t in = shape.in_features, out = shape.out_features;
    const double whole = product(rows, in, out), narrow = product(rows, in, rank),
                 wide = product(rows, rank, out);
    if (!training_->lora_dropout && cheaper_lora_form(rows, in, out, rank) == LoraForm::merged) {
      const double sum =
          product(out, rank, in);  // B A, as large as either gradient that follows from the sum's
      forward_ += sum + whole;
      backward_ += whole + 2.0 * sum + (learns ? whole : 0.0);
      return;
    }
    forward_ += whole + narrow + wide;
    backward_ += 2.0 * wide + narrow + (learns ? whole + narrow : 0.0);
  }

  void attention(int64_t pairs, bool learns) {
    const double one = product(pairs, text_.head_dim, text_.num_attention_heads);
    forward_ += 2.0 * one;               // scores, and the mean of the values
    if (learns) backward_ += 5.0 * one;  // scores again; gradients of values, weights, queries and keys
  }

  using Ranks = std::map<std::string, int64_t>;
  const TextConfig& text_;
  const TextPass& pass_;
  const TextTraining* training_;
  std::vector<LinearShape> shapes_;
  double forward_ = 0.0, backward_ = 0.0;
};

}  // namespace

TextPass& TextPass::operator+=(const TextPass& more) {
  tokens += more.tokens;
  selected += more.selected;
  last_queries += more.last_queries;
  pairs += more.pairs;
  last_pairs += more.last_pairs;
  looked_up += more.looked_up;
  return *this;
}

TextPass training_pass(int64_t tokens, int64_t selected, int64_t rows, int64_t longest_row) {
  const int64_t pairs = rows * longest_row * longest_row;
  return {
      .tokens = tokens, .selected = selected, .last_queries = tokens, .pairs = pairs, .last_pairs = pairs};
}

double forward_flops(const TextConfig& text, const TextPass& pass) {
  return Counter(text, pass, nullptr).count();
}

double training_flops(const TextConfig& text, const TextPass& pass, const TextTraining& training) {
  return Counter(text, pass, &training).count();
}

double projector_flops(int64_t feature_width, int64_t text_hidden, int64_t rows) {
  return product(rows, feature_width, text_hidden) + product(rows, text_hidden, text_hidden);
}

double projector_training_flops(int64_t feature_width, int64_t text_hidden, int64_t rows) {
  // Forward, weights, and the gradient of what is between the layers.
  return 2.0 * projector_flops(feature_width, text_hidden, rows) + product(rows, text_hidden, text_hidden);
}

double vision_flops(const VisionConfig& vision, const FeatureSelection& selection, int64_t pictures) {
  const int64_t patches = vision.num_patches(), hidden = vision.hidden_size;
  const int64_t tokens = patches + (vision.has_class_token() ? 1 : 0);
  int64_t blocks = 0;
  for (const int64_t layer : selection.layers)
    blocks = std::max(blocks, layer < 0 ? vision.num_hidden_layers + 1 + layer : layer);
  const double block = 4.0 * product(tokens, hidden, hidden) +
                       2.0 * product(tokens, hidden, vision.intermediate_size) +
                       2.0 * product(tokens * tokens, hidden, 1);
  const double embedding =
      product(patches, vision.num_channels * vision.patch_size * vision.patch_size, hidden);
  return static_cast<double>(pictures) * (embedding + static_cast<double>(blocks) * block);
}

}  // namespace imp::models
