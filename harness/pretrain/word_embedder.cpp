// SPDX-License-Identifier: Apache-2.0
#include "harness/pretrain/word_embedder.h"

#include <ATen/ATen.h>

#include <cctype>

#include "models/device/upload.h"

namespace imp::harness {
namespace {

constexpr int64_t kPositions = 12;
constexpr int64_t kCharacterWidth = 32;
constexpr int64_t kHidden = 384;
constexpr int64_t kCharacters = 38;

int64_t character_index(char character) {
  const int c = std::tolower(static_cast<unsigned char>(character));
  if (c >= 'a' && c <= 'z') return 1 + c - 'a';
  if (c >= '0' && c <= '9') return 27 + c - '0';
  return 37;
}

}  // namespace

WordEmbedder::WordEmbedder(int64_t width, models::WeightSource& weights) {
  // RandomSource draws small weights; a bag of positions wants its inputs near unit scale.
  characters_ = weights.take("word_embedder.characters", {kCharacters, kCharacterWidth}) * 25.0;
  hidden_ = {weights.take("word_embedder.hidden.weight", {kHidden, kPositions * kCharacterWidth}),
             weights.take("word_embedder.hidden.bias", {kHidden}),
             {}};
  out_ = {weights.take("word_embedder.out.weight", {width, kHidden}),
          weights.take("word_embedder.out.bias", {width}),
          {}};
}

at::Tensor WordEmbedder::embed(const std::vector<std::string>& words) const {
  std::vector<int64_t> ids(words.size() * kPositions, 0);
  for (size_t w = 0; w < words.size(); ++w) {
    for (size_t i = 0; i < std::min<size_t>(words[w].size(), kPositions); ++i) {
      ids[w * kPositions + i] = character_index(words[w][i]);
    }
  }
  const at::Tensor letters = at::embedding(characters_, models::upload(ids, characters_.device()));
  const at::Tensor joined = letters.view({static_cast<int64_t>(words.size()), kPositions * kCharacterWidth});
  return out_.forward(at::gelu(hidden_.forward(joined)));
}

void WordEmbedder::visit_parameters(const models::ParameterVisitor& visit) {
  visit("word_embedder.characters", characters_);
  visit("word_embedder.hidden.weight", hidden_.weight);
  visit("word_embedder.hidden.bias", hidden_.bias);
  visit("word_embedder.out.weight", out_.weight);
  visit("word_embedder.out.bias", out_.bias);
}

}  // namespace imp::harness
