// SPDX-License-Identifier: Apache-2.0
#include "harness/pretrain/vision_pretraining.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "harness/pretrain/categories.h"
#include "harness/pretrain/patch_targets.h"
#include "harness/train/autocast.h"
#include "models/device/upload.h"
#include "models/io/hash.h"
#include "models/layers/norm.h"

namespace imp::harness {
namespace {

using models::VisionFamily;

/// 2-d sine waves: half of the channels for the column, half for the row.
at::Tensor sine_positions(int64_t side, int64_t hidden) {
  const int64_t quarter = hidden / 4;
  at::Tensor positions = at::zeros({side * side, hidden});
  auto cells = positions.accessor<float, 2>();
  for (int64_t row = 0; row < side; ++row) {
    for (int64_t column = 0; column < side; ++column) {
      for (int64_t i = 0; i < quarter; ++i) {
        const double frequency = std::pow(10000.0, -static_cast<double>(i) / static_cast<double>(quarter));
        const double x = static_cast<double>(column) * frequency, y = static_cast<double>(row) * frequency;
        auto cell = cells[row * side + column];
        cell[i] = static_cast<float>(std::sin(x));
        cell[quarter + i] = static_cast<float>(std::cos(x));
        cell[2 * quarter + i] = static_cast<float>(std::sin(y));
        cell[3 * quarter + i] = static_cast<float>(std::cos(y));
      }
    }
  }
  return positions;
}

/// Most labels of a picture are 0, so the mean over all of them starts small; this brings the gradient to
/// that of the other objectives.
constexpr double kCategoryScale = 10;

bool is_position(const std::string& name) {
  return name.find("position_embedding") != std::string::npos;
}

bool is_block_matrix(const std::string& name, const at::Tensor& tensor) {
  return tensor.dim() == 2 && name.find("encoder.layer") != std::string::npos;
}

}  // namespace

VisionPretraining::VisionPretraining(const VisionPretrainingOptions& options, const Assets& assets,
                                     const Vocabulary& vocabulary)
    : options_(options), assets_(assets), vocabulary_(vocabulary) {
  SceneParameters scenes = SceneParameters::pretraining(options.seed);
  sampler_ = std::make_unique<SceneSampler>(assets, vocabulary, scenes);
  renderer_ = std::make_unique<Renderer>(assets, static_cast<int>(options.vision.image_size));
  stream_ = std::make_unique<PictureStream>(*sampler_, *renderer_, options.batch_size, options.steps);
  models::RandomSource weights(options.seed, 0.02, options.device);
  tower_ = std::make_unique<models::VisionTower>(options.vision, weights);
  models::RandomSource head_weights(options.seed + 1, 0.04, options.device);
  heads_ = std::make_unique<ReadingHeads>(options.vision.hidden_size, head_weights);
  const int64_t side = options.vision.image_size / options.vision.patch_size;
  tower_->visit_parameters([&](const std::string& name, at::Tensor& tensor) {
    if (!is_position(name)) return;
    const at::Tensor patches = sine_positions(side, options.vision.hidden_size) * 0.3;
    const at::Tensor flat = tensor.view({-1, options.vision.hidden_size});
    flat.slice(0, flat.size(0) - side * side).copy_(patches);
  });
}

VisionPretraining::~VisionPretraining() = default;

std::vector<ParameterGroup> VisionPretraining::parameter_groups() {
  ParameterGroup matrices, rest;
  matrices.optimizer = OptimizerKind::muon;
  matrices.learning_rate = options_.matrix_learning_rate;
  matrices.weight_decay = 0.1;  // keeps the residual stream from growing under Muon
  rest.learning_rate = options_.learning_rate;
  rest.weight_decay = 0.02;
  rest.beta2 = 0.95;
  tower_->visit_parameters([&](const std::string& name, at::Tensor& tensor) {
    tensor.set_requires_grad(true);
    (is_block_matrix(name, tensor) ? matrices : rest).parameters.push_back({"tower." + name, tensor});
  });
  heads_->visit_parameters([&](const std::string& name, at::Tensor& tensor) {
    tensor = tensor.detach().clone().set_requires_grad(true);
    rest.parameters.push_back({"heads." + name, tensor});
  });
  return {rest, matrices};
}

at::Tensor VisionPretraining::pixel_values(const at::Tensor& pictures) const {
  const PixelNormalization norm = pixel_normalization(options_.vision.family);
  const auto channel = [this](const double(&values)[3]) {
    return models::upload(at::tensor({values[0], values[1], values[2]}, at::kFloat), options_.device)
        .view({1, 3, 1, 1});
  };
  return (models::upload(pictures, options_.device).permute({0, 3, 1, 2}).to(at::kFloat) / 255.0 -
          channel(norm.mean)) /
         channel(norm.standard_deviation);
}

PatchGrid VisionPretraining::patch_grid() const {
  const models::VisionConfig& vision = options_.vision;
  return {vision.patch_size, vision.image_size / vision.patch_size};
}

VisionPretraining::Hidden VisionPretraining::run_tower(const at::Tensor& pictures) const {
  const int64_t last = options_.vision.num_hidden_layers, hidden_size = options_.vision.hidden_size;
  const AutocastGuard autocast(options_.bfloat16, options_.device.type());
  const at::Tensor before_last = tower_->blocks(tower_->embeddings(pixel_values(pictures)), 0, last - 1);
  const bool class_token = options_.vision.has_class_token();
  const at::Tensor patches = class_token ? before_last.slice(1, 1) : before_last;
  const at::Tensor final = tower_->final_norm(tower_->blocks(before_last, last - 1, last));
  const bool mean_of_patches = options_.vision.family != VisionFamily::clip;
  const at::Tensor pooled =
      mean_of_patches ? final.slice(1, class_token ? 1 : 0).mean(1) : final.select(1, 0);
  return {heads_->patch_norm.forward(patches.reshape({-1, hidden_size})).to(at::kFloat),
          pooled.to(at::kFloat)};
}

at::Tensor VisionPretraining::caption_embeddings(const PictureBatch& batch) const {
  StringTable words;
  std::vector<int64_t> rows, members;
  for (size_t i = 0; i < batch.scenes.size(); ++i) {
    const auto add = [&](const std::string& word) {
      rows.push_back(static_cast<int64_t>(i));
      members.push_back(words.index(word));
    };
    for (const Sign& sign : batch.scenes[i].signs) {
      add(std::string(color_of(sign)));
      add(lower_case(sign.text));
    }
    for (const SceneObject& object : batch.scenes[i].objects) {
      add(std::string(color_of(object)));
      add(std::string(name_of(object)));
    }
  }
  const at::Tensor embedded =
      heads_->words.embed(words.texts()).index_select(0, models::upload(members, options_.device));
  const auto count = static_cast<int64_t>(batch.scenes.size());
  const at::Tensor sums = at::zeros({count, embedded.size(1)}, embedded.options())
                              .index_add(0, models::upload(rows, options_.device), embedded);
  return heads_->caption.forward(sums);
}

PatchTargets VisionPretraining::patch_targets(const PictureBatch& batch) const {
  PatchTargets targets;
  for (size_t i = 0; i < batch.scenes.size(); ++i)
    targets.add(batch.scenes[i], batch.places[i], static_cast<int64_t>(i), patch_grid());
  return targets;
}

at::Tensor VisionPretraining::language_loss(const PictureBatch& batch, const Hidden& hidden,
                                            int64_t step) const {
  PatchTargets targets = patch_targets(batch);
  // One patch in twelve without a character stands for all of them.
  for (int64_t row = 0; row < hidden.patches.size(0); ++row) {
    if (counter_random(options_.seed, static_cast<uint64_t>(step), static_cast<uint64_t>(row)) % 12 == 0) {
      targets.letter_at.emplace(row, 0);
    }
  }
  std::vector<int64_t> letter_rows, letters;
  for (const auto& [row, letter] : targets.letter_at) {
    letter_rows.push_back(row);
    letters.push_back(letter);
  }

  const auto rows = [&](const std::vector<int64_t>& chosen) {
    return hidden.patches.index_select(0, models::upload(chosen, options_.device));
  };
  const auto contrast = [&](const at::Tensor& queries, const at::Tensor& keys,
                            const std::vector<int64_t>& wanted, int64_t which) {
    const at::Tensor scores = unit_rows(queries).mm(unit_rows(keys).t()) * heads_->temperature[which].exp();
    return at::cross_entropy_loss(scores, models::upload(wanted, options_.device));
  };
  std::vector<std::string> color_names;
  for (const SignStyle& style : kSignStyles) color_names.emplace_back(style.color);

  at::Tensor loss = at::zeros({}, hidden.patches.options());
  if (options_.characters) {
    loss = at::cross_entropy_loss(heads_->letter.forward(rows(letter_rows)),
                                  models::upload(letters, options_.device));
  }
  loss = loss + contrast(heads_->word.forward(rows(targets.rows)), heads_->words.embed(targets.texts.texts()),
                         targets.words, 0);
  loss = loss + 0.3 * contrast(heads_->color.forward(rows(targets.rows)), heads_->words.embed(color_names),
                               targets.colors, 1);

  const at::Tensor similarity =
      unit_rows(heads_->picture.forward(hidden.pooled)).mm(unit_rows(caption_embeddings(batch)).t()) *
      heads_->temperature[2].exp();
  const int64_t count = similarity.size(0);
  if (options_.vision.family == VisionFamily::siglip) {
    const at::Tensor sign = 2.0 * at::eye(count, similarity.options()) - 1.0;
    loss = loss - 0.5 * at::log_sigmoid(sign * (similarity + heads_->sigmoid_bias)).sum() /
                      static_cast<double>(count);
  } else {
    const at::Tensor diagonal = at::arange(count, similarity.options().dtype(at::kLong));
    loss = loss + 0.25 * (at::cross_entropy_loss(similarity, diagonal) +
                          at::cross_entropy_loss(similarity.t(), diagonal));
  }
  return loss;
}

at::Tensor VisionPretraining::category_loss(const PictureBatch& batch, const Hidden& hidden) const {
  const PatchTargets targets = patch_targets(batch);
  const at::Tensor shown = models::upload(category_labels(batch.scenes), options_.device);
  const at::Tensor patches = hidden.patches.index_select(0, models::upload(targets.rows, options_.device));
  return kCategoryScale *
             at::binary_cross_entropy_with_logits(heads_->category.forward(hidden.pooled), shown) +
         at::cross_entropy_loss(heads_->category.forward(patches),
                                models::upload(targets.categories, options_.device));
}

MicroBatchLoss VisionPretraining::forward(int64_t step, int64_t) {
  const PictureBatch batch = stream_->take(step);
  const Hidden hidden = run_tower(batch.pictures);
  const bool classify = options_.vision.family == VisionFamily::vit;
  return {classify ? category_loss(batch, hidden) : language_loss(batch, hidden, step), options_.batch_size};
}

void VisionPretraining::normalize_feature_scale() {
  const at::NoGradGuard no_grad;
  PictureStream stream(*sampler_, *renderer_, 200, 1);
  const at::Tensor features = tower_->features(pixel_values(stream.take(1).pictures),
                                               models::FeatureSelection::of_patches(tower_->config()));
  const double scale = 1.0 / features.std().item<double>();
  const bool clip = options_.vision.family == VisionFamily::clip;
  tower_->visit_parameters([&](const std::string& name, at::Tensor& tensor) {
    const bool written = name.find("out_proj") != std::string::npos ||
                         name.find("fc2") != std::string::npos ||
                         name.find("output.dense") != std::string::npos;
    // CLIP's norm before the blocks fixes the scale of what enters them.
    const bool enters = clip ? name.starts_with("pre_layrnorm") : name.starts_with("embeddings.");
    if (written || enters) tensor.mul_(scale);
  });
}

void VisionPretraining::visit_tower(const models::ParameterVisitor& visit) {
  const std::string prefix = options_.vision.family == VisionFamily::vit ? "" : "vision_model.";
  tower_->visit_parameters(
      [&](const std::string& name, at::Tensor& tensor) { visit(prefix + name, tensor); });
}

void VisionPretraining::save(const std::filesystem::path& directory) {
  const at::NoGradGuard no_grad;
  std::vector<std::pair<std::string, at::Tensor>> tower, heads;
  const auto round_into = [](std::vector<std::pair<std::string, at::Tensor>>& tensors) {
    return [&tensors](const std::string& name, at::Tensor& tensor) {
      const at::Tensor rounded = tensor.to(at::kBFloat16);
      tensor.copy_(rounded);
      tensors.emplace_back(name, rounded);
    };
  };
  visit_tower(round_into(tower));
  heads_->visit_parameters(round_into(heads));
  models::save_tensors(directory / "model.safetensors", tower);
  models::save_tensors(directory / "reading_heads.safetensors", heads);
}

void VisionPretraining::load(const std::filesystem::path& directory) {
  const at::NoGradGuard no_grad;
  models::CheckpointSource tower(directory / "model.safetensors", {{"", ""}}, at::kFloat);
  models::CheckpointSource heads(directory / "reading_heads.safetensors", {{"", ""}}, at::kFloat);
  visit_tower([&](const std::string& name, at::Tensor& tensor) {
    tensor.copy_(tower.take(name, tensor.sizes().vec()));
  });
  heads_->visit_parameters([&](const std::string& name, at::Tensor& tensor) {
    tensor.copy_(heads.take(name, tensor.sizes().vec()));
  });
}

PixelNormalization pixel_normalization(VisionFamily family) {
  if (family == VisionFamily::clip) {
    return {{0.48145466, 0.4578275, 0.40821073}, {0.26862954, 0.26130258, 0.27577711}};
  }
  return {{0.5, 0.5, 0.5}, {0.5, 0.5, 0.5}};
}

models::VisionConfig embedded_vision_config(VisionFamily family) {
  models::VisionConfig vision;
  vision.family = family;
  vision.hidden_size = 128;
  vision.intermediate_size = 512;
  vision.num_hidden_layers = 6;
  vision.num_attention_heads = 4;
  vision.image_size = 96;
  vision.patch_size = 12;
  vision.layer_norm_eps = family == VisionFamily::clip ? 1e-5 : family == VisionFamily::vit ? 1e-12 : 1e-6;
  vision.hidden_act = family == VisionFamily::clip  ? models::Activation::quick_gelu
                      : family == VisionFamily::vit ? models::Activation::gelu
                                                    : models::Activation::gelu_tanh;
  return vision;
}

}  // namespace imp::harness
