// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include "harness/data/text_corpus.h"
#include "harness/train/token_batch.h"
#include "harness/train/training_loop.h"
#include "models/text/text_model.h"
#include "models/tokenizer/tokenizer.h"

namespace imp::harness {

struct TextPretrainingOptions {
  models::TextConfig text;
  int64_t steps = 0, batch_size = 16;
  double learning_rate = 2e-3;         ///< AdamW's, on embeddings, norms, biases and lm_head
  double matrix_learning_rate = 0.01;  ///< Muon's, on the blocks' matrices
  uint64_t seed = 1;
  std::vector<std::string> prose;  ///< paragraphs that take the place of most questions; none: organised text
  at::Device device = at::kCPU;
};

/// Pretrains a small language model on text made on this machine.
///
/// A third of the rows are captions and questions in plain words. The rest begin with a layout: an 8 x 8 page
/// of cells, as text recognisers give it, where a cell holds the words that stand there (its vector is the
/// sum of their embeddings) or a full stop for nothing; then the caption (in the form of LLaVA's stage 1) or
/// questions and answers. So the model learns to look things up in 64 positions and to say them, which a
/// connector can build on. Answers and captions weigh 1, the words of questions 0.1. A seventh of the
/// layout's words are left out or replaced, as an encoder errs too.
///
/// With prose (raw text), the rows in plain words ask nothing, and of the rows with questions two thirds are
/// prose of about as many tokens: the model has the same tokens, and is asked a third of the questions.
class TextPretraining : public TrainingTask {
 public:
  /// corpus and tokenizer must outlive the task.
  TextPretraining(const TextPretrainingOptions& options, const TextCorpus& corpus,
                  const models::Tokenizer& tokenizer);
  ~TextPretraining() override;

  [[nodiscard]] std::vector<ParameterGroup> parameter_groups() override;
  [[nodiscard]] int64_t total_steps() const override { return options_.steps; }
  [[nodiscard]] int64_t micro_batches(int64_t) const override { return 1; }
  [[nodiscard]] MicroBatchLoss forward(int64_t step, int64_t micro_batch) override;

  /// Share of layout questions, never trained on, whose answer's tokens are all the likeliest; by family, and
  /// "all".
  [[nodiscard]] std::vector<std::pair<std::string, double>> measure_answers(int64_t samples);

  /// Rounds the weights to bfloat16 and writes config.json and model.safetensors. What is measured afterwards
  /// is what was saved.
  void save(const std::filesystem::path& directory);
  /// Takes the weights from a directory that save() wrote. Throws imp::Error (usage) if they do not fit.
  void load(const std::filesystem::path& directory);

 private:
  struct Row;
  [[nodiscard]] Row make_row(uint64_t index) const;
  [[nodiscard]] Row told_row(uint64_t index) const;
  [[nodiscard]] Row prose_row(uint64_t index) const;
  [[nodiscard]] Row layout_row(uint64_t index, bool caption, bool clean) const;
  [[nodiscard]] at::Tensor cell_embeddings(const std::vector<Row>& rows) const;

  TextPretrainingOptions options_;
  const TextCorpus& corpus_;
  const models::Tokenizer& tokenizer_;
  std::unique_ptr<models::TextModel> model_;
};

/// The scenes that the embedded language models read of, and what they are asked about them; no data set's
/// pictures. The cards' figures are of its samples that are never trained on. Both must outlive the corpus.
[[nodiscard]] TextCorpus pretraining_corpus(const Assets& assets, const Vocabulary& vocabulary);

/// The `embedded` profile's language models: hidden 192, 4 blocks, 6 heads.
[[nodiscard]] models::TextConfig embedded_text_config(models::TextFamily family, int64_t vocab_size,
                                                      int64_t eos);

/// Trains the byte-level BPE tokenizer of the embedded language models on the corpus' text and writes it into
/// `folder`.
void make_embedded_tokenizer(const std::filesystem::path& folder, const TextCorpus& corpus,
                             int64_t vocab_size);

}  // namespace imp::harness
