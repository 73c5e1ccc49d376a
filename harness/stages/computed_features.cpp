// SPDX-License-Identifier: Apache-2.0
#include "harness/stages/computed_features.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "harness/plan/earlier_stages.h"
#include "harness/stages/feature_store.h"
#include "harness/stages/picture_batches.h"
#include "models/config/flop_count.h"

namespace imp::harness {
namespace {

constexpr int64_t kBatch = 64;

std::vector<std::string> evenly_spread(const std::vector<std::string>& names, std::size_t most) {
  if (names.size() <= most) return names;
  std::vector<std::string> sample;
  for (std::size_t i = 0; i < most; ++i) sample.push_back(names[i * names.size() / most]);
  return sample;
}

}  // namespace

ComputedFeatures::ComputedFeatures(const StageContext& context, VisionParts vision,
                                   std::filesystem::path images, const std::vector<std::string>& set)
    : context_(context),
      vision_(std::move(vision)),
      processor_(models::ImageProcessor::load(vision_.processor_directory)),
      images_(std::move(images)),
      sample_(evenly_spread(set, kSample)) {}

FeatureExtractor ComputedFeatures::extractor() const {
  return {*vision_.tower, processor_, vision_.features, tower_options(context_),
          features_format(context_.trial.config)};
}

at::Tensor ComputedFeatures::gather(const std::vector<std::string>& names) const {
  const at::NoGradGuard no_grad;
  std::vector<std::filesystem::path> files;
  for (const std::string& name : names) files.push_back(images_ / name);
  PictureBatches batches(files, processor_, kBatch, /*ahead=*/0, reading_for(context_.device));
  std::vector<at::Tensor> features;
  for (at::Tensor pixels = batches.next(); pixels.defined(); pixels = batches.next())
    features.push_back(extractor().extract(pixels));
  context_.add_flops(
      models::vision_flops(vision_.tower->config(), vision_.features, static_cast<int64_t>(names.size())));
  const at::Tensor all = features.size() == 1 ? features.front() : at::cat(features);
  return context_.device.is_cpu() ? all.to(at::kFloat) : all;
}

at::Tensor ComputedFeatures::mean() const {
  at::Tensor sum;
  for (std::size_t start = 0; start < sample_.size(); start += kBatch) {
    const std::size_t end = std::min<std::size_t>(sample_.size(), start + kBatch);
    const std::vector<std::string> names(sample_.begin() + static_cast<std::ptrdiff_t>(start),
                                         sample_.begin() + static_cast<std::ptrdiff_t>(end));
    const at::Tensor part = gather(names).to(at::kDouble).sum(0, true);
    sum = sum.defined() ? sum + part : part;
  }
  if (!sum.defined()) return at::zeros({1, image_tokens(), hidden()});
  return (sum / static_cast<double>(sample_.size())).to(at::kCPU, at::kFloat);
}

int64_t ComputedFeatures::image_tokens() const {
  return vision_.features.image_tokens(vision_.tower->config());
}

int64_t ComputedFeatures::hidden() const {
  return vision_.features.width(vision_.tower->config());
}

std::unique_ptr<PictureFeatures> open_features(const StageContext& context, const std::string& set) {
  const std::filesystem::path stored = context.input("features");
  if (read_finished_stage(stored)) return std::make_unique<FeatureStore>(stored, set, context.device);
  // Stage 1 asks the tower as it is; after it an adapter may have changed it (stage_graph.cpp).
  const auto adapter =
      context.request.kind == "connector" ? std::nullopt : initial_adapter(context.trial.config);
  const std::filesystem::path data = context.input("data");
  const RowsLocation rows = rows_behind(data);
  const bool test = set == "test";
  return std::make_unique<ComputedFeatures>(
      context, load_tower(context, adapter ? &*adapter : nullptr),
      test ? data / "images" / "test" : rows.images,
      test ? std::vector<std::string>{} : training_pictures(context, rows));
}

}  // namespace imp::harness
