// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <nlohmann/json.hpp>

#include "eval/benchmarks/benchmark.h"
#include "harness/plan/stage_json.h"
#include "harness/stages/feature_store.h"
#include "harness/stages/model_parts.h"
#include "harness/stages/stage_context.h"
#include "harness/stages/training_rows.h"

namespace imp::harness {
namespace {

/// Every picture that training may ask for, each once.
std::vector<std::string> training_pictures(const RowsLocation& rows) {
  return pictures_of(LlavaFile(rows.json, rows.index), rows.json, rows.images);
}

/// The data stage of the user's own rows says where they are.
RowsLocation rows_behind(const std::filesystem::path& data_folder) {
  if (!std::filesystem::exists(data_folder / "source.json")) return finetune_rows({}, data_folder);
  const std::filesystem::path file = data_folder / "source.json";
  const nlohmann::json source = read_stage_json(file);
  return {stage_text(source, "json", file), stage_text(source, "images", file), data_folder / kRowsIndex};
}

std::vector<std::string> test_pictures(const std::filesystem::path& data_folder) {
  std::vector<std::string> names;
  const eval::Benchmark benchmark =
      eval::load_benchmark("scenetext", data_folder / "test.json", data_folder / "images" / "test");
  for (const eval::Question& question : benchmark.questions)
    names.push_back(question.image_path.filename().string());
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace

void make_features_stage(const StageContext& context) {
  // Features of a tower that an adapter changes have a key of their own (stage_graph.cpp).
  const auto adapter = context.request.parameters.contains("init_adapter_hash")
                           ? initial_adapter(context.trial.config)
                           : std::nullopt;
  const VisionParts vision = load_vision(context.trial, context.spec, adapter ? &*adapter : nullptr);
  const models::ImageProcessor processor = models::ImageProcessor::load(vision.processor_directory);
  const FeatureExtractor extractor{*vision.tower, processor, vision.features};
  const std::filesystem::path data = context.input("data");
  const auto write = [&](const std::string& set, const std::vector<std::string>& names,
                         const std::filesystem::path& images) {
    write_features(context.folder, set, names, images, extractor, [&](int64_t done) {
      context.check_stop();
      context.observer.on_units(done, static_cast<int64_t>(names.size()), "pictures");
    });
  };
  const RowsLocation rows = rows_behind(data);
  write("train", training_pictures(rows), rows.images);
  if (std::filesystem::exists(data / "test.json"))
    write("test", test_pictures(data), data / "images" / "test");
}

}  // namespace imp::harness
