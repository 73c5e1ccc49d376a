// SPDX-License-Identifier: Apache-2.0
#include "harness/pretrain/text_pretraining.h"

#include <ATen/ATen.h>

#include <map>
#include <nlohmann/json.hpp>

#include "harness/data/vocabulary.h"
#include "models/conversation/conversation_template.h"
#include "models/device/upload.h"
#include "models/io/file.h"
#include "models/io/hash.h"
#include "models/layers/sequence_layout.h"
#include "models/llava/llava_model.h"
#include "models/tokenizer/bpe_trainer.h"

namespace imp::harness {
namespace {

constexpr int kGrid = 8;
constexpr int64_t kCells = kGrid * kGrid;
/// Embeddings start at this deviation, not at the matrices' 0.02. Muon soon lets each block write at a scale
/// of ten and more; beside that a token of 0.02 is lost, and the MLP of a sequential block (LLaMA's), which
/// reads it only through the sum with the attention's output, could not tell at which token it stands. Phi's
/// parallel one reads it alone.
constexpr double kEmbeddingDeviation = 0.5;
constexpr double kMatrixDeviation = 0.02;
constexpr size_t kProseTokens = 200;             // a row of questions has about as many
constexpr uint64_t kUnseen = uint64_t{1} << 40;  // samples from here on are never trained on

std::vector<models::Turn> turns_of(const TextSample& sample) {
  std::vector<models::Turn> turns;
  for (const auto& [question, answer] : sample.turns) turns.push_back({question, answer});
  return turns;
}

}  // namespace

/// A row, and for rows with a layout the token ids of each cell.
struct TextPretraining::Row {
  models::EncodedRow encoded;
  std::vector<std::vector<int32_t>> cells;
  std::vector<Family> families;  ///< of the turns
};

TextPretraining::TextPretraining(const TextPretrainingOptions& options, const TextCorpus& corpus,
                                 const models::Tokenizer& tokenizer)
    : options_(options), corpus_(corpus), tokenizer_(tokenizer) {
  models::RandomSource weights(options.seed, kMatrixDeviation, options.device);
  model_ = models::make_text_model(options.text, weights);
  const at::NoGradGuard no_grad;
  model_->visit_parameters([](const std::string& name, at::Tensor& tensor) {
    if (name == "model.embed_tokens.weight") tensor.mul_(kEmbeddingDeviation / kMatrixDeviation);
  });
}

TextPretraining::~TextPretraining() = default;

std::vector<ParameterGroup> TextPretraining::parameter_groups() {
  ParameterGroup matrices, rest;
  matrices.optimizer = OptimizerKind::muon;
  matrices.learning_rate = options_.matrix_learning_rate;
  matrices.weight_decay = 0.02;
  rest.learning_rate = options_.learning_rate;
  rest.beta2 = 0.95;
  model_->visit_parameters([&](const std::string& name, at::Tensor& tensor) {
    tensor.set_requires_grad(true);
    const bool matrix = tensor.dim() == 2 && name.starts_with("model.layers.");
    (matrix ? matrices : rest).parameters.push_back({name, tensor});
  });
  return {rest, matrices};
}

TextPretraining::Row TextPretraining::layout_row(uint64_t index, bool caption, bool clean) const {
  const LayoutSample sample = corpus_.layout_sample(index, kGrid);
  Row row;
  row.families = sample.text.families;
  const auto shape = models::conversation_template(caption ? "plain" : "bare_v1");
  const std::vector<models::Turn> turns =
      caption ? std::vector<models::Turn>{{"", sample.text.prefix}} : turns_of(sample.text);
  row.encoded =
      models::encode_training_row(tokenizer_, shape, turns, true, kCells, 0, models::TurnsMode::isolated);
  for (size_t cell = 0; cell < sample.cells.size(); ++cell) {
    std::string text = sample.cells[cell];
    const uint64_t luck = counter_random(options_.seed + 11, index, cell) % 100;
    if (!clean && text != "." && luck < 8) text = ".";
    if (!clean && text != "." && luck < 14) {
      const auto words = sign_words();
      text = lower_case(words[counter_random(options_.seed + 12, index, cell) % words.size()]);
    }
    row.cells.push_back(tokenizer_.encode(" " + text));
  }
  return row;
}

TextPretraining::Row TextPretraining::told_row(uint64_t index) const {
  TextSample sample = corpus_.caption_sample(index);
  Row row;
  if (!sample.turns.empty()) sample.turns.front().first = sample.prefix + "\n" + sample.turns.front().first;
  sample.turns.resize(std::min<size_t>(options_.prose.empty() ? 1 : 0, sample.turns.size()));
  const std::vector<models::Turn> turns =
      sample.turns.empty() ? std::vector<models::Turn>{{"", sample.prefix}} : turns_of(sample);
  row.encoded = models::encode_training_row(tokenizer_, models::conversation_template("bare_v1"), turns,
                                            false, 0, 0, models::TurnsMode::isolated);
  row.encoded.labels = row.encoded.ids;  // plain text: every token is learned
  return row;
}

TextPretraining::Row TextPretraining::prose_row(uint64_t index) const {
  const size_t first = counter_random(options_.seed + 13, 0, index) % options_.prose.size();
  Row row;
  for (size_t i = first; row.encoded.ids.size() < kProseTokens; ++i) {
    for (const int32_t id : tokenizer_.encode(options_.prose[i % options_.prose.size()] + "\n"))
      if (row.encoded.ids.size() < kProseTokens) row.encoded.ids.push_back(id);
  }
  row.encoded.labels = row.encoded.ids;
  row.encoded.turns.assign(kProseTokens, 0);
  return row;
}

TextPretraining::Row TextPretraining::make_row(uint64_t index) const {
  const uint64_t kind = counter_random(options_.seed + 10, 0, index) % 12;
  if (kind < 3) return told_row(index);
  if (kind >= 8 && !options_.prose.empty()) return prose_row(index);
  return layout_row(index, kind < 6, false);
}

at::Tensor TextPretraining::cell_embeddings(const std::vector<Row>& rows) const {
  std::vector<int64_t> ids, cells;
  int64_t cell = 0;
  for (const Row& row : rows) {
    for (const std::vector<int32_t>& tokens : row.cells) {
      for (const int32_t token : tokens) {
        ids.push_back(token);
        cells.push_back(cell);
      }
      ++cell;
    }
  }
  if (cell == 0) return {};
  const at::Tensor words = model_->embed(models::upload(ids, options_.device));
  return at::zeros({cell, words.size(1)}, words.options())
      .index_add(0, models::upload(cells, options_.device), words);
}

MicroBatchLoss TextPretraining::forward(int64_t step, int64_t) {
  std::vector<Row> rows;
  std::vector<const models::EncodedRow*> pointers;
  for (int64_t i = 0; i < options_.batch_size; ++i) {
    rows.push_back(make_row(static_cast<uint64_t>(step * options_.batch_size + i)));
  }
  for (const Row& row : rows) pointers.push_back(&row.encoded);
  const TokenBatch batch = pack_rows(pointers, true, options_.device);
  const at::Tensor loss = summed_loss(*model_, batch, cell_embeddings(rows), {}, 0);
  return {loss / static_cast<double>(batch.supervised()), batch.tokens()};
}

std::vector<std::pair<std::string, double>> TextPretraining::measure_answers(int64_t samples) {
  const at::NoGradGuard no_grad;
  std::map<std::string, std::pair<int64_t, int64_t>> counts;  // family -> right, asked
  for (int64_t s = 0; s < samples; ++s) {
    std::vector<Row> rows{layout_row(kUnseen + static_cast<uint64_t>(s), false, true)};
    const models::EncodedRow& row = rows.front().encoded;
    const models::EncodedRow* const pointer = &row;
    const TokenBatch batch = pack_rows({&pointer, 1}, true, options_.device);
    if (batch.supervised() == 0) continue;
    const at::Tensor embeds = models::splice_image_features(
        *model_, batch.input_ids, models::kImagePlaceholder, cell_embeddings(rows).unsqueeze(0));
    const auto layout = models::pack_sequences(batch.lengths, batch.turns, embeds.options());
    const at::Tensor likeliest =
        model_->logits(model_->hidden_states(embeds, layout, nullptr, batch.selected)).argmax(-1).cpu();
    const at::Tensor selected = batch.selected.cpu(), targets = batch.targets.cpu();
    std::map<int32_t, bool> right;  // turn -> all its tokens so far
    for (int64_t i = 0; i < batch.supervised(); ++i) {
      const int32_t turn = row.turns[static_cast<size_t>(selected[i].item<int64_t>()) + 1];
      const bool hit = likeliest[i].item<int64_t>() == targets[i].item<int64_t>();
      right[turn] = right.contains(turn) ? right[turn] && hit : hit;
    }
    for (const auto& [turn, all_right] : right) {
      for (const std::string& key :
           {std::string("all"), std::string(name_of(rows.front().families[static_cast<size_t>(turn) - 1]))}) {
        counts[key].first += all_right;
        ++counts[key].second;
      }
    }
  }
  std::vector<std::pair<std::string, double>> shares;
  for (const auto& [family, count] : counts) {
    shares.emplace_back(family, static_cast<double>(count.first) / static_cast<double>(count.second));
  }
  return shares;
}

void TextPretraining::save(const std::filesystem::path& directory) {
  const at::NoGradGuard no_grad;
  std::vector<std::pair<std::string, at::Tensor>> tensors;
  model_->visit_parameters([&](const std::string& name, at::Tensor& tensor) {
    const at::Tensor rounded = tensor.to(at::kBFloat16);
    tensor.copy_(rounded);
    tensors.emplace_back(name, rounded);
  });
  models::save_tensors(directory / "model.safetensors", tensors);
  write_file_atomically(directory / "config.json", models::to_json(options_.text).dump(2) + "\n");
}

void TextPretraining::load(const std::filesystem::path& directory) {
  const at::NoGradGuard no_grad;
  models::CheckpointSource weights(directory, {{"", ""}}, at::kFloat);
  model_->visit_parameters([&](const std::string& name, at::Tensor& tensor) {
    tensor.copy_(weights.take(name, tensor.sizes().vec()));
  });
}

TextCorpus pretraining_corpus(const Assets& assets, const Vocabulary& vocabulary) {
  constexpr int kTurns = 12;  // a layout
  // What takes many examples is asked more often than a benchmark asks it: what must be found by another word
  // of its cell (by a colour, by a neighbour, whether it is there at all), and prices, which are ninety pairs
  // of tokens. What is found by its kind or place alone is learned within a thousand steps.
  constexpr FamilyWeights kFamilies{
      {0.10, 0.08, 0.14, 0.10, 0.16, 0.10, 0.03, 0.05, 0.14, 0.16, 0.12, 0.06, 0.03, 0.03, 0.16, 0.16, 0.16}};
  SceneParameters scenes;
  scenes.seed = 77;
  scenes.price_share = 0.5;
  return TextCorpus(assets, vocabulary, scenes, kFamilies, kTurns);
}

models::TextConfig embedded_text_config(models::TextFamily family, int64_t vocab_size, int64_t eos) {
  models::TextConfig text;
  text.family = family;
  text.vocab_size = vocab_size;
  text.hidden_size = 192;
  text.num_hidden_layers = 4;
  // With 32 and three key heads LLaMA's looking up stayed on its plateau; Phi has the same.
  text.head_dim = 64;
  text.max_position_embeddings = 512;
  text.eos_token_id = eos;
  if (family == models::TextFamily::phi) {
    text.intermediate_size = 768;
    text.num_attention_heads = 3;
    text.num_key_value_heads = 3;
    text.partial_rotary_factor = 0.5;
    text.norm_eps = 1e-5;
    text.hidden_act = models::Activation::gelu_tanh;
  } else {
    text.intermediate_size = 512;  // three matrices of 512 have the size of Phi's two of 768
    text.num_attention_heads = 6;
    text.num_key_value_heads = 3;
    text.norm_eps = 1e-6;
    text.hidden_act = models::Activation::silu;
  }
  return text;
}

void make_embedded_tokenizer(const std::filesystem::path& folder, const TextCorpus& corpus,
                             int64_t vocab_size) {
  constexpr uint64_t kSamples = 12000;
  std::vector<std::string> texts;
  for (uint64_t i = 0; i < kSamples; ++i) {
    const TextSample sample = corpus.caption_sample(i);
    texts.push_back("USER: " + sample.prefix);
    for (const auto& [question, answer] : sample.turns)
      texts.push_back("\n" + question + " ASSISTANT: " + answer);
  }
  models::BpeTraining training;
  training.vocab_size = static_cast<int32_t>(vocab_size);
  training.special_tokens = {"<|endoftext|>", "<pad>", "<image>"};
  training.eos_token = "<|endoftext|>";
  training.pad_token = "<pad>";
  models::write_tokenizer(folder, models::train_bpe(texts, training), training);
}

}  // namespace imp::harness
