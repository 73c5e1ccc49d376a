// SPDX-License-Identifier: Apache-2.0
#include "harness/preflight/model_check.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "harness/plan/model_location.h"
#include "harness/preflight/attempt.h"
#include "harness/preflight/weights_check.h"
#include "models/conversation/answer_end.h"
#include "models/conversation/encode_row.h"
#include "models/image/image_processor.h"

namespace imp::harness {
namespace fs = std::filesystem;

namespace {

/// What tells two conversations apart.
std::string fingerprint(const ConversationTemplate& conversation) {
  return fmt::format("{}\x1f{}\x1f{}\x1f{}\x1f{}", conversation.name, conversation.system, conversation.user,
                     conversation.assistant, conversation.turn_end);
}

/// The side of the pictures that a processor makes, or 0 where it depends on the picture.
std::int32_t side_of(const models::ImageProcessorConfig& config) {
  if (config.do_center_crop) return config.crop_height == config.crop_width ? config.crop_height : 0;
  const bool fixed =
      config.do_resize && config.size.shortest_edge == 0 && config.size.height == config.size.width;
  return fixed ? config.size.height : 0;
}

void check_processor(const fs::path& directory, const models::VisionConfig& vision) {
  const std::int32_t side = side_of(models::ImageProcessor::load(directory).config());
  if (side != 0 && side != vision.image_size)
    throw Error(fmt::format("{}: the processor makes pictures of {} x {}, the tower takes {} x {}",
                            directory.string(), side, side, vision.image_size, vision.image_size));
}

}  // namespace

template <class Look>
bool ModelCheck::once(const std::string& what, const Location& where, std::string_view key,
                      const Look& look) {
  const auto [place, fresh] = looked_.emplace(what, false);
  if (fresh) place->second = attempt(diagnostics_, where, key, look);
  return place->second;
}

std::optional<ModelCheck::Named> ModelCheck::find(const Trial& trial, std::string_view part) const {
  const bool is_llava = !trial.config.checkpoint.empty();
  const std::string key(is_llava ? "checkpoint" : part);
  const std::string value = is_llava        ? trial.config.checkpoint
                            : part == "llm" ? language_model(trial.config)
                                            : trial.config.encoder;
  try {
    const Location where = origin_of(trial, spec_, key);
    auto known = folders_.find(value);
    if (known == folders_.end())
      known = folders_.emplace(value, find_model(key, value, spec_.file, where)).first;
    return Named{key, where, known->second, is_llava};
  } catch (const Error&) {  // make_plan has said it
    return std::nullopt;
  }
}

void ModelCheck::check(const Trial& trial, const ModelsNeeded& needed) {
  const std::optional<Named> language = find(trial, "llm"), tower = find(trial, "encoder");
  if (needed.language && language) {
    check_language(*language);
    check_conversation(trial, *language, false);
    if (needed.connector) check_conversation(trial, *language, true);
  }
  if (needed.vision && tower) check_vision(*tower);
  if ((needed.finetune || needed.connector) && language && tower) check_start(trial, *language, *tower);
}

void ModelCheck::check_language(const Named& model) {
  const std::string path = model.path.string();
  const ModelDirectories directories{model.path, model.path, model.is_llava};
  const bool known = once("text " + path, model.where, model.key,
                          [&] { texts_.emplace(model.path, text_config(directories)); });
  if (known)
    once("language " + path, model.where, model.key,
         [&] { check_language_weights(model.path, texts_.at(model.path)); });
  once("tokenizer " + path, model.where, model.key, [&] {
    auto tokenizer = models::Tokenizer::load(model.path);
    if (known) tokenizer->check_fits(texts_.at(model.path).vocab_size, model.path);
    tokenizers_.emplace(model.path, std::move(tokenizer));
  });
}

bool ModelCheck::read_vision(const Named& model) {
  const ModelDirectories directories{model.path, model.path, model.is_llava};
  return once("vision " + model.path.string(), model.where, model.key, [&] {
    towers_.emplace(model.path, Tower{vision_config(directories), feature_shape(directories)});
  });
}

void ModelCheck::check_vision(const Named& model) {
  if (!read_vision(model)) return;
  const std::string path = model.path.string();
  const models::VisionConfig& vision = towers_.at(model.path).vision;
  once("tower " + path, model.where, model.key, [&] { check_vision_weights(model.path, vision); });
  once("processor " + path, model.where, model.key, [&] { check_processor(model.path, vision); });
}

/// Puts one question and answer into ids as stage 2 will, or one caption as stage 1; and says how answers
/// end, as the eval stage will.
void ModelCheck::check_conversation(const Trial& trial, const Named& model, bool captions) {
  const auto tokenizer = tokenizers_.find(model.path);
  if (tokenizer == tokenizers_.end()) return;
  const std::string key = captions ? "connector_data" : "conversation";
  once(fmt::format("{} {} {}", key, model.path.string(),
                   captions ? "" : fingerprint(trial.config.conversation)),
       origin_of(trial, spec_, key), key, [&] {
         const models::ConversationTemplate conversation =
             captions ? models::conversation_template("plain") : conversation_of(trial.config);
         const models::Turn turn{"What is it?", "a sign"};
         (void)models::encode_training_row(*tokenizer->second, conversation, {&turn, 1}, true, 1, 0,
                                           models::TurnsMode::isolated);
         if (!captions && !spec_.benchmarks.empty())
           (void)models::answer_settings(model.path, *tokenizer->second, &conversation, 1);
       });
}

/// What training starts from: the user's projector and adapter, or a checkpoint's projector.
void ModelCheck::check_start(const Trial& trial, const Named& language, const Named& tower) {
  const auto text = texts_.find(language.path);
  if (text == texts_.end()) return;
  const std::string models = language.path.string() + " " + tower.path.string();
  const TrialConfig& config = trial.config;
  if (read_vision(tower)) {
    const bool own = !config.init_projector.empty();
    const fs::path file = own ? fs::path(config.init_projector) : language.path;
    if ((own || language.is_llava) && fs::exists(file))
      once("projector " + file.string() + " " + models,
           own ? origin_of(trial, spec_, "init_projector") : language.where,
           own ? "init_projector" : language.key, [&] {
             check_projector_weights(file, text->second.hidden_size, towers_.at(tower.path).features.width);
           });
  }
  if (!config.init_adapter.empty() && fs::exists(config.init_adapter))
    once("adapter " + config.init_adapter + " " + models, origin_of(trial, spec_, "init_adapter"),
         "init_adapter", [&] { check_adapter(config.init_adapter, text->second); });
}

const models::TextConfig* ModelCheck::text(const Trial& trial) const {
  const std::optional<Named> model = find(trial, "llm");
  const auto found = model ? texts_.find(model->path) : texts_.end();
  return found == texts_.end() ? nullptr : &found->second;
}

const FeatureShape* ModelCheck::features(const Trial& trial) const {
  const std::optional<Named> model = find(trial, "encoder");
  const auto found = model ? towers_.find(model->path) : towers_.end();
  return found == towers_.end() ? nullptr : &found->second.features;
}

}  // namespace imp::harness
