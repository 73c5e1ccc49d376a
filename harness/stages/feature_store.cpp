// SPDX-License-Identifier: Apache-2.0
#include "harness/stages/feature_store.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>

#include "harness/plan/stage_json.h"
#include "models/device/download.h"
#include "models/io/error.h"
#include "models/io/file.h"
#include "models/weights/safetensors.h"

namespace imp::harness {
namespace {

constexpr int64_t kBatch = 64;

/// A safetensors file of one tensor whose rows come one batch after another.
class StreamedTensor {
 public:
  StreamedTensor(const std::filesystem::path& file, const std::string& name, at::ScalarType number_format,
                 const std::vector<int64_t>& shape)
      : file_(file), number_format_(number_format), out_(file, std::ios::binary) {
    const bool narrow = number_format == at::kBFloat16;
    int64_t bytes = narrow ? 2 : 4;
    for (const int64_t side : shape) bytes *= side;
    const nlohmann::json header = {
        {name, {{"dtype", narrow ? "BF16" : "F32"}, {"shape", shape}, {"data_offsets", {0, bytes}}}}};
    std::string text = header.dump();
    text.resize((text.size() + 7) / 8 * 8, ' ');
    const auto length = static_cast<uint64_t>(text.size());
    out_.write(reinterpret_cast<const char*>(&length), sizeof length);
    out_.write(text.data(), static_cast<std::streamsize>(text.size()));
  }

  void append(const at::Tensor& rows) {
    const at::Tensor flat = rows.to(number_format_).contiguous();
    out_.write(static_cast<const char*>(flat.data_ptr()), static_cast<std::streamsize>(flat.nbytes()));
    if (!out_) throw Error(file_.string() + ": cannot write; is the disk full?", ErrorKind::environment);
  }

  void close() {
    out_.close();
    if (!out_) throw Error(file_.string() + ": cannot write; is the disk full?", ErrorKind::environment);
  }

 private:
  std::filesystem::path file_;
  at::ScalarType number_format_;
  std::ofstream out_;
};

/// Batches that are read ahead: none on a CPU, whose threads the tower takes all.
int batches_ahead(at::Device device) {
  return device.is_cpu() ? 0 : 2;
}

}  // namespace

void write_features(const std::filesystem::path& folder, const std::string& set,
                    const std::vector<std::string>& names, const std::filesystem::path& images,
                    const FeatureExtractor& extractor, const std::function<void(int64_t)>& progress) {
  const at::NoGradGuard no_grad;
  const auto count = static_cast<int64_t>(names.size());
  const models::VisionConfig& config = extractor.tower.config();
  const int64_t tokens = extractor.features.image_tokens(config), width = extractor.features.width(config);
  std::vector<std::filesystem::path> files;
  for (const std::string& name : names) files.push_back(images / name);
  const at::Device device = extractor.options.device();
  PictureBatches batches(files, extractor.processor, kBatch, batches_ahead(device), reading_for(device));
  StreamedTensor file(folder / (set + ".safetensors"), "image_features", extractor.number_format,
                      {count, tokens, width});
  at::Tensor sum = at::zeros({1, tokens, width}, at::TensorOptions(device).dtype(at::kDouble));
  int64_t done = 0;
  const auto write = [&](std::optional<models::Download>& download) {
    if (!download) return;
    const at::Tensor rows = download->wait();
    download.reset();
    file.append(rows);
    progress(done += rows.size(0));
  };
  std::optional<models::Download> previous;  // written while a GPU works on the next
  for (at::Tensor pixels = batches.next(); pixels.defined(); pixels = batches.next()) {
    const at::Tensor features = extractor.extract(pixels);
    sum += features.to(at::kDouble).sum(0, true);
    std::optional<models::Download> current(features);
    write(device.is_cpu() ? current : previous);
    previous = std::move(current);
  }
  write(previous);
  file.close();
  const at::Tensor mean = (sum / static_cast<double>(std::max<int64_t>(1, count))).to(at::kCPU, at::kFloat);
  models::save_tensors(folder / (set + ".mean.safetensors"), {{"mean", mean}});
  write_file_atomically(folder / (set + ".json"), nlohmann::json(names).dump() + "\n");
}

FeatureStore::FeatureStore(const std::filesystem::path& folder, const std::string& set, at::Device device)
    : device_(device) {
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
  const at::Tensor index = at::tensor(rows, at::kLong);
  if (device_.is_cpu()) return features_.index_select(0, index).to(at::kFloat);
  at::Tensor pinned =
      at::empty({index.size(0), image_tokens(), hidden()}, features_.options().pinned_memory(true));
  at::index_select_out(pinned, features_, 0, index);
  return pinned.to(device_, /*non_blocking=*/true);
}

}  // namespace imp::harness
