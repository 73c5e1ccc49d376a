// SPDX-License-Identifier: Apache-2.0
#include "harness/stages/feature_store.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "harness/plan/stage_json.h"
#include "models/image/codec.h"
#include "models/io/error.h"
#include "models/io/file.h"
#include "models/weights/safetensors.h"

namespace imp::harness {
namespace {

constexpr int64_t kBatch = 64;

/// A safetensors file of one float32 tensor whose rows come one batch after another.
class StreamedTensor {
 public:
  StreamedTensor(const std::filesystem::path& file, const std::string& name, int64_t rows, int64_t tokens,
                 int64_t hidden)
      : file_(file), out_(file, std::ios::binary) {
    const nlohmann::json header = {{name,
                                    {{"dtype", "F32"},
                                     {"shape", {rows, tokens, hidden}},
                                     {"data_offsets", {0, rows * tokens * hidden * 4}}}}};
    std::string text = header.dump();
    text.resize((text.size() + 7) / 8 * 8, ' ');
    const auto length = static_cast<uint64_t>(text.size());
    out_.write(reinterpret_cast<const char*>(&length), sizeof length);
    out_.write(text.data(), static_cast<std::streamsize>(text.size()));
  }

  void append(const at::Tensor& rows) {
    const at::Tensor flat = rows.to(at::kFloat).contiguous();
    out_.write(static_cast<const char*>(flat.data_ptr()), static_cast<std::streamsize>(flat.nbytes()));
    if (!out_) throw Error(file_.string() + ": cannot write; is the disk full?", ErrorKind::environment);
  }

  void close() {
    out_.close();
    if (!out_) throw Error(file_.string() + ": cannot write; is the disk full?", ErrorKind::environment);
  }

 private:
  std::filesystem::path file_;
  std::ofstream out_;
};

}  // namespace

at::Tensor load_pixel_values(const std::vector<std::filesystem::path>& files,
                             const models::ImageProcessor& processor) {
  std::vector<at::Tensor> pictures;
  for (const std::filesystem::path& file : files) {
    const models::PixelValues pixels = processor.process(models::read_image(file));
    pictures.push_back(at::tensor(pixels.values).view({1, 3, pixels.height, pixels.width}));
  }
  return at::cat(pictures);
}

void write_features(const std::filesystem::path& folder, const std::string& set,
                    const std::vector<std::string>& names, const std::filesystem::path& images,
                    const FeatureExtractor& extractor, const std::function<void(int64_t)>& progress) {
  const at::NoGradGuard no_grad;
  const auto count = static_cast<int64_t>(names.size());
  const models::VisionConfig& config = extractor.tower.config();
  const int64_t tokens = extractor.features.image_tokens(config), width = extractor.features.width(config);
  StreamedTensor file(folder / (set + ".safetensors"), "image_features", count, tokens, width);
  at::Tensor sum = at::zeros({1, tokens, width}, at::kDouble);
  for (int64_t start = 0; start < count; start += kBatch) {
    std::vector<std::filesystem::path> files;
    for (int64_t i = start; i < std::min(count, start + kBatch); ++i)
      files.push_back(images / names[static_cast<size_t>(i)]);
    const at::Tensor features =
        extractor.tower
            .features(load_pixel_values(files, extractor.processor).to(extractor.device).to(extractor.device.is_cpu() ? at::kFloat : at::kBFloat16), extractor.features)
            .cpu();
    file.append(features);
    sum += features.to(at::kDouble).sum(0, true);
    progress(std::min(count, start + kBatch));
  }
  file.close();
  const at::Tensor mean = (sum / static_cast<double>(std::max<int64_t>(1, count))).to(at::kFloat);
  models::save_tensors(folder / (set + ".mean.safetensors"), {{"mean", mean}});
  write_file_atomically(folder / (set + ".json"), nlohmann::json(names).dump() + "\n");
}

FeatureStore::FeatureStore(const std::filesystem::path& folder, const std::string& set) {
  const auto weights = std::make_shared<models::CheckpointWeights>(folder / (set + ".safetensors"));
  features_ = models::checkpoint_tensor(weights, "image_features");
  mean_ = models::load_tensors(folder / (set + ".mean.safetensors")).front().second;
  const std::filesystem::path list = folder / (set + ".json");
  std::vector<std::string> names;
  for (const nlohmann::json& name : read_stage_json(list)) {
    if (!name.is_string()) fail_as_stage_json(list, "is no list of pictures' names");
    names.push_back(name.get<std::string>());
  }
  if (static_cast<int64_t>(names.size()) != features_.size(0)) {
    fail_as_stage_json(list, fmt::format("has {} names for {} pictures", names.size(), features_.size(0)));
  }
  for (const std::string& name : names) row_of_.emplace(name, static_cast<int64_t>(row_of_.size()));
}

at::Tensor FeatureStore::gather(const std::vector<std::string>& names) const {
  std::vector<int64_t> rows;
  for (const std::string& name : names) {
    const auto found = row_of_.find(name);
    if (found == row_of_.end())
      throw Error("picture '" + name + "' has no cached features; its data has changed");
    rows.push_back(found->second);
  }
  return features_.index_select(0, at::tensor(rows, at::kLong));
}

}  // namespace imp::harness
