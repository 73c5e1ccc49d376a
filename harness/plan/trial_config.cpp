// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/trial_config.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "harness/data/mixes.h"

namespace imp::harness {

namespace {

using Config = TrialConfig;

constexpr double kLargestSeed = 9007199254740991;  // 2^53 - 1: whole in JSON, in doubles and in SQLite

std::vector<KeyDescription> make_keys() {
  const std::vector<std::string> data{"scenetext"};
  const std::vector<std::string> templates{"bare_v1", "llava_v1", "imp", "mobilevlm", "plain"};
  // name, member, meaning, choices, minimum, maximum, above_minimum
  return {
      {"llm", &Config::llm,
       "language model: a name in the zoo, or a Hugging Face directory or GGUF file (with a '/')"},
      {"encoder", &Config::encoder,
       "vision encoder: a name in the zoo, or a Hugging Face directory (with a '/')"},
      {"encoder_weights",
       &Config::encoder_weights,
       "random: the encoder has fresh weights in place of its own, the floor that encoders are compared with",
       {"pretrained", "random"}},
      {"checkpoint", &Config::checkpoint,
       "a Hugging Face LLaVA directory in place of llm and encoder; its projector replaces stage 1"},
      {"init_adapter", &Config::init_adapter, "a PEFT directory that stage 2 starts from"},
      {"init_projector", &Config::init_projector, "a safetensors file that the projector starts from"},
      {"connector_data", &Config::connector_data, "data of stage 1: scenetext, or {json, images}", data},
      {"finetune_data", &Config::finetune_data,
       "data of stage 2: scenetext, a mix that stands for the paper's of that name (harness/data/README.md), "
       "or "
       "{json, images}",
       finetune_data_names()},
      {"conversation", &Config::conversation,
       "prompt template: a name, or {system, user, assistant, turn_end}", templates},
      {"finetune",
       &Config::finetune,
       "what stage 2 trains beside the projector",
       {"lora", "full", "projector"}},
      {"lora_rank", &Config::lora_rank, "inner size r of the adapter's two matrices", {}, 0, 4096},
      {"lora_alpha", &Config::lora_alpha, "numerator of the adapter's scale alpha / r", {}, 0, 1e6, true},
      {"lora_dropout", &Config::lora_dropout, "dropout in front of the adapter", {}, 0, 0.95},
      {"lora_targets", &Config::lora_targets,
       "regex over module names; empty: all linear layers of the LLM but lm_head"},
      {"epochs", &Config::epochs, "passes of stage 2 over its data", {}, 1, 1000},
      {"max_steps",
       &Config::max_steps,
       "steps of stage 2, in place of epochs, as in transformers; 0: epochs say",
       {},
       0,
       1e9},
      {"batch_size", &Config::batch_size, "rows a step of stage 2, over all devices", {}, 1, 65536},
      {"micro_batch",
       &Config::micro_batch,
       "rows of stage 2 that go through the model at once",
       {},
       1,
       65536},
      {"recompute",
       &Config::recompute,
       "activations that the backward pass computes again to save memory: those of each block, or none",
       {"none", "blocks"}},
      {"learning_rate", &Config::learning_rate, "peak rate of the LLM or its adapter in stage 2", {}, 0, 10},
      {"projector_learning_rate",
       &Config::projector_learning_rate,
       "peak rate of the projector in stage 2",
       {},
       0,
       10},
      {"schedule",
       &Config::schedule,
       "learning rate after warmup; warmup_stable_decay: constant and at the end of stage 2 a cooldown, so "
       "that "
       "trials which differ in epochs train in common what they can (stage 1 then has cosine)",
       {"cosine", "constant", "linear", "warmup_stable_decay"}},
      {"warmup_ratio",
       &Config::warmup_ratio,
       "share of the steps over which the rate rises from 0; with warmup_stable_decay of those of one epoch",
       {},
       0,
       1},
      {"cooldown_ratio",
       &Config::cooldown_ratio,
       "with warmup_stable_decay: length of the cooldown, as a share of one epoch; it is the last part of "
       "'epochs'",
       {},
       0,
       1},
      {"weight_decay", &Config::weight_decay, "AdamW's decoupled decay", {}, 0, 10},
      {"grad_clip", &Config::grad_clip, "largest norm of a step's gradient; 0: off", {}, 0, 1e6},
      {"loss_normalization",
       &Config::loss_normalization,
       "mean over the learned tokens of the global batch, or of each micro-batch (LLaVA's trainer)",
       {"global_batch", "micro_batch"}},
      {"dtype",
       &Config::dtype,
       "number format of the matrix products; auto: the faster one here",
       {"auto", "float32", "bfloat16"}},
      {"sampler", &Config::sampler, "order of the rows", {"modality_length", "shuffle", "sequential"}},
      {"max_length", &Config::max_length, "tokens after which a row is cut", {}, 16, 1 << 20},
      {"turns",
       &Config::turns,
       "whether the questions of one row see each other",
       {"conversation", "isolated"}},
      {"skip_unreadable", &Config::skip_unreadable,
       "whether rows whose picture cannot be read are left out of training, counted, or stop the sweep"},
      {"features",
       &Config::features,
       "image features: kept on disk (cached), or asked of the encoder as rows come (computed); auto: cached "
       "where "
       "the disk has room for them",
       {"auto", "cached", "computed"}},
      {"device",
       &Config::device,
       "where models run; auto: on the GPU where there is one that can be used",
       {"auto", "cpu", "cuda"}},
      {"deterministic", &Config::deterministic,
       "whether a GPU computes the same bits at every repetition, for a few per cent of its speed; a CPU "
       "does so "
       "anyway"},
      {"seed", &Config::seed, "seed of stage 2 (the sweep's 'seeds' set it)", {}, 0, kLargestSeed},
      {"connector_epochs",
       &Config::connector_epochs,
       "passes of stage 1 over its data; 0: no stage 1",
       {},
       0,
       1000},
      {"connector_max_steps",
       &Config::connector_max_steps,
       "steps of stage 1, in place of epochs; 0: epochs say",
       {},
       0,
       1e9},
      {"connector_batch_size", &Config::connector_batch_size, "rows a step of stage 1", {}, 1, 65536},
      {"connector_micro_batch",
       &Config::connector_micro_batch,
       "rows of stage 1 that go through the model at once",
       {},
       1,
       65536},
      {"connector_learning_rate",
       &Config::connector_learning_rate,
       "peak rate of the projector in stage 1",
       {},
       0,
       10},
      {"connector_seed",
       &Config::connector_seed,
       "seed of stage 1, which the seeds of stage 2 share",
       {},
       0,
       kLargestSeed},
      {"train_pictures", &Config::train_pictures, "scenetext: pictures to train on", {}, 1, 1e7},
      {"test_pictures", &Config::test_pictures, "scenetext: pictures of the benchmark", {}, 1, 1e6},
      {"questions_per_picture", &Config::questions_per_picture, "scenetext: questions a picture", {}, 1, 32},
      {"data_seed", &Config::data_seed, "scenetext: seed of the training pictures", {}, 0, kLargestSeed},
      {"test_seed", &Config::test_seed, "scenetext: seed of the benchmarks' pictures", {}, 0, kLargestSeed},
      {"test_split",
       &Config::test_split,
       "scenetext: whose faces and backgrounds the benchmarks show; recipes are tuned on validation",
       {"test", "validation"}},
      {"controls",
       &Config::controls,
       "what is scored beside the answers, the picture withheld (blind) in each case: also another "
       "question's picture "
       "(shuffled), the picture's text in the prompt where the annotations have it (ocr), or all",
       {"blind", "shuffled", "ocr", "all"}},
      {"max_new_tokens", &Config::max_new_tokens, "longest answer, in tokens", {}, 1, 4096},
      {"eval_batch", &Config::eval_batch, "questions answered at once", {}, 1, 65536},
      {"checkpoint_every", &Config::checkpoint_every, "steps between checkpoints", {}, 1, 1e9},
      {"pretrain",
       &Config::pretrain,
       "the cell makes this zoo model instead of training a study cell; empty: none",
       {"", "phi", "llama", "siglip", "clip", "vit"}},
      {"pretrain_text",
       &Config::pretrain_text,
       "what a zoo language model read while it was pretrained: organised (mostly questions and answers), or "
       "raw (prose in place of most of them)",
       {"organised", "raw"}},
      {"pretrain_labels",
       &Config::pretrain_labels,
       "what a contrastive encoder learns at patches beside the caption of the whole picture: characters and "
       "words, or words alone",
       {"characters", "words"}},
      {"pretrain_steps", &Config::pretrain_steps, "steps of the pretraining", {}, 1, 1e9},
      {"pretrain_batch_size",
       &Config::pretrain_batch_size,
       "pictures or texts a step of the pretraining",
       {},
       1,
       65536},
      {"pretrain_learning_rate",
       &Config::pretrain_learning_rate,
       "AdamW's peak rate in the pretraining",
       {},
       0,
       10,
       true},
      {"pretrain_matrix_learning_rate",
       &Config::pretrain_matrix_learning_rate,
       "Muon's peak rate, on the matrices of the blocks",
       {},
       0,
       10,
       true},
  };
}

std::string range_in_words(const KeyDescription& key) {
  if (key.above_minimum) return fmt::format("above {} and at most {}", key.minimum, key.maximum);
  return fmt::format("from {} to {}", key.minimum, key.maximum);
}

}  // namespace

std::string language_model(const TrialConfig& config) {
  return config.llm + (config.pretrain_text == "raw" ? "_raw" : "");
}

std::string connector_schedule(const TrialConfig& config) {
  return config.schedule == "warmup_stable_decay" ? "cosine" : config.schedule;
}

const std::vector<KeyDescription>& configuration_keys() {
  static const std::vector<KeyDescription> keys = make_keys();
  return keys;
}

const KeyDescription* find_key(std::string_view name) {
  const std::vector<KeyDescription>& keys = configuration_keys();
  const auto found =
      std::find_if(keys.begin(), keys.end(), [&](const KeyDescription& key) { return key.name == name; });
  return found == keys.end() ? nullptr : &*found;
}

const std::vector<std::string>& key_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const KeyDescription& key : configuration_keys()) all.emplace_back(key.name);
    return all;
  }();
  return names;
}

std::string expectation(const KeyDescription& key) {
  if (key.is_whole_number()) {
    if (key.maximum >= kLargestSeed)
      return fmt::format("a whole number, {} or more", static_cast<std::int64_t>(key.minimum));
    return fmt::format("a whole number from {} to {}", static_cast<std::int64_t>(key.minimum),
                       static_cast<std::int64_t>(key.maximum));
  }
  if (key.is_number()) return "a number " + range_in_words(key);
  if (key.is_switch()) return "true or false";
  if (std::holds_alternative<DataSource TrialConfig::*>(key.member)) {
    return fmt::format("a named mix ({}) or {{json: FILE, images: FOLDER}}", fmt::join(key.choices, ", "));
  }
  if (std::holds_alternative<ConversationTemplate TrialConfig::*>(key.member)) {
    return fmt::format("one of: {}, or {{system, user, assistant, turn_end}}", fmt::join(key.choices, ", "));
  }
  if (key.choices.empty()) return "text";
  std::vector<std::string> shown = key.choices;
  std::replace(shown.begin(), shown.end(), std::string(), std::string("\"\""));
  return fmt::format("one of: {}", fmt::join(shown, ", "));
}

}  // namespace imp::harness
