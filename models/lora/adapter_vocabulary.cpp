// SPDX-License-Identifier: Apache-2.0
#include "models/lora/adapter_vocabulary.h"

#include <fmt/format.h>

#include "models/io/error.h"

namespace imp::models {
namespace {

constexpr const char *kEmbeddings = "model.embed_tokens", *kHead = "lm_head";
constexpr const char *kEmbeddingWeight = "model.embed_tokens.weight", *kHeadWeight = "lm_head.weight",
                     *kHeadBias = "lm_head.bias";

int64_t rows_of(const StoredTensor& stored) {
  const TensorView& view = stored.file->at(stored.name);
  return view.shape.empty() ? 0 : view.shape.front();
}

/// Whether PEFT has copies of embeddings and head, so that they stay apart though the base ties them.
bool saves_copies(const PeftAdapter& adapter) {
  return !adapter.config().ensure_weight_tying() &&
         (adapter.saves_module(kEmbeddings) || adapter.saves_module(kHead));
}

void fit_tied(const PeftAdapter& adapter, TextModel& model, std::map<std::string, StoredTensor>& parameters,
              const std::set<std::string>& left_out) {
  const auto adapts = [&](const char* module) {
    const auto found = adapter.modules().find(module);
    return found != adapter.modules().end() && !left_out.contains(module) &&
           !(found->second.size() == 1 && found->second.contains(TensorRole::token_rows));
  };
  const auto head = parameters.find(kHeadWeight);
  const bool saved = head != parameters.end() || parameters.contains(kEmbeddingWeight);
  const bool embedding_alone = adapts(kEmbeddings) && !adapter.config().ensure_weight_tying();
  if (adapts(kHead) && adapter.config().base_change() != BaseChange::none) {
    throw Error(
        fmt::format("{}: init_lora_weights changes lm_head, which this model ties to its embeddings; "
                    "this is not supported",
                    (adapter.directory() / "adapter_config.json").string()));
  }
  if ((saved && saves_copies(adapter)) || adapts(kHead) || embedding_alone) {
    // What is saved of the base itself is both's.
    if (!saves_copies(adapter) && saved) {
      const StoredTensor both = head != parameters.end() ? head->second : parameters.at(kEmbeddingWeight);
      parameters.insert_or_assign(kEmbeddingWeight, both);
      parameters.insert_or_assign(kHeadWeight, both);
    }
    model.untie_embeddings();
  } else if (head != parameters.end()) {
    parameters.insert_or_assign(kEmbeddingWeight, head->second);
    parameters.erase(kHeadWeight);
  }
}

}  // namespace

int64_t saved_vocabulary(const PeftAdapter& adapter) {
  for (const char* name : {kEmbeddingWeight, kHeadWeight}) {
    const auto found = adapter.parameters().find(name);
    if (found != adapter.parameters().end()) return rows_of(found->second);
  }
  return 0;
}

std::map<std::string, StoredTensor> fit_vocabulary(const PeftAdapter& adapter, TextModel& model,
                                                   const std::set<std::string>& left_out) {
  std::map<std::string, StoredTensor> parameters = adapter.parameters();
  const int64_t rows = saved_vocabulary(adapter), vocabulary = model.config().vocab_size;
  const bool tied = model.config().tie_word_embeddings;
  if (tied) fit_tied(adapter, model, parameters, left_out);
  if (rows == 0 || rows == vocabulary) return parameters;
  const auto require = [&](const char* name) {
    if (parameters.contains(name) || rows < vocabulary) return;
    throw Error(fmt::format(
        "{}: has a vocabulary of {} rows where the model's has {}, but no '{}' for the new ones; save both "
        "with PEFT's save_pretrained(save_embedding_layers=True)",
        adapter.directory().string(), rows, vocabulary, name));
  };
  require(kEmbeddingWeight);
  if (!model.config().tie_word_embeddings) require(kHeadWeight);
  if (model.linears().back().linear->bias.defined()) require(kHeadBias);
  model.resize_vocabulary(rows);
  return parameters;
}

const std::vector<int64_t>& token_rows_of(const PeftAdapter& adapter, const std::string& path) {
  for (const auto& [module, rows] : adapter.config().token_indices())
    if (path == module || path.ends_with("." + module) || module.ends_with("." + path)) return rows;
  // Names of the base model's modules in another layout end the same.
  const std::string leaf = path.substr(path.rfind('.') + 1);
  for (const auto& [module, rows] : adapter.config().token_indices())
    if (module.substr(module.rfind('.') + 1) == leaf) return rows;
  throw Error(fmt::format("{}: trainable_token_indices names no rows of '{}'",
                          (adapter.directory() / "adapter_config.json").string(), path));
}

}  // namespace imp::models
