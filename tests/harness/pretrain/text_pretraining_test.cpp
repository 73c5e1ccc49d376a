// SPDX-License-Identifier: Apache-2.0
#include "harness/pretrain/text_pretraining.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "harness/data/raw_text.h"
#include "tests/harness/data/shared_assets.h"

namespace imp::harness {
namespace {

constexpr int64_t kSteps = 12;

/// Tokens of the first steps, with these paragraphs.
int64_t tokens_of(const TextCorpus& corpus, const models::Tokenizer& tokenizer,
                  std::vector<std::string> prose) {
  const at::NoGradGuard no_grad;
  TextPretrainingOptions options;
  options.text = embedded_text_config(models::TextFamily::phi, tokenizer.vocab_size(), tokenizer.eos_id());
  options.text.num_hidden_layers = 1;
  options.prose = std::move(prose);
  TextPretraining task(options, corpus, tokenizer);
  int64_t tokens = 0;
  for (int64_t step = 0; step < kSteps; ++step) tokens += task.forward(step, 0).tokens;
  return tokens;
}

TEST(TextPretraining, RawTextIsAsManyTokensAsOrganisedText) {
  const TextCorpus corpus = pretraining_corpus(testing::assets(), testing::vocabulary());
  const auto tokenizer =
      models::Tokenizer::load(std::filesystem::path(IMP_SOURCE) / "sweeps" / "zoo" / "phi");
  const auto organised = static_cast<double>(tokens_of(corpus, *tokenizer, {}));
  const auto raw = static_cast<double>(tokens_of(corpus, *tokenizer, raw_text_paragraphs()));
  EXPECT_NEAR(raw / organised, 1.0, 0.05);
}

}  // namespace
}  // namespace imp::harness
