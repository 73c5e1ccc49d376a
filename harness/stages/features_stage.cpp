// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "harness/stages/feature_store.h"
#include "harness/stages/stage_context.h"
#include "models/config/flop_count.h"

namespace imp::harness {
namespace {

std::vector<std::string> test_pictures(const std::filesystem::path& images) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(images))
    names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

void make_features_stage(const StageContext& context) {
  // Features of a tower that an adapter changes have a key of their own (stage_graph.cpp).
  const auto adapter = context.request.parameters.contains("init_adapter_hash")
                           ? initial_adapter(context.trial.config)
                           : std::nullopt;
  const VisionParts vision = load_tower(context, adapter ? &*adapter : nullptr);
  const models::ImageProcessor processor = models::ImageProcessor::load(vision.processor_directory);
  const FeatureExtractor extractor{*vision.tower, processor, vision.features, tower_options(context),
                                   features_format(context.trial.config)};
  const std::filesystem::path data = context.input("data");
  const auto write = [&](const std::string& set, const std::vector<std::string>& names,
                         const std::filesystem::path& images) {
    write_features(context.folder, set, names, images, extractor, [&](int64_t done) {
      context.check_stop();
      context.observer.on_units(done, static_cast<int64_t>(names.size()), "pictures");
    });
    context.add_flops(
        models::vision_flops(vision.tower->config(), vision.features, static_cast<int64_t>(names.size())));
  };
  const RowsLocation rows = rows_behind(data);
  write("train", training_pictures(context, rows), rows.images);
  if (const auto images = data / "images" / "test"; std::filesystem::exists(images))
    write("test", test_pictures(images), images);
}

}  // namespace imp::harness
