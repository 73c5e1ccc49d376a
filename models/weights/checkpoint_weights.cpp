// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "models/io/error.h"
#include "models/weights/safetensors.h"

namespace imp::models {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

[[noreturn]] void refuse_directory(const fs::path& path) {
  if (!fs::exists(path)) throw Error(path.string() + ": no such checkpoint directory");
  for (const char* pickle : {"pytorch_model.bin", "pytorch_model.bin.index.json"}) {
    if (!fs::exists(path / pickle)) continue;
    throw Error(fmt::format(
        "{}: pickled weights are not read; convert once with: python -c \"import transformers as t; "
        "d = '{}'; getattr(t, t.AutoConfig.from_pretrained(d).architectures[0])"
        ".from_pretrained(d).save_pretrained(d)\"",
        (path / pickle).string(), path.string()));
  }
  throw Error(path.string() + ": has neither model.safetensors nor model.safetensors.index.json");
}

/// A projector or an adapter that torch.save wrote.
void refuse_pickle(const fs::path& file) {
  const std::string kind = file.extension().string();
  if (kind != ".bin" && kind != ".pt" && kind != ".pth") return;
  throw Error(fmt::format(
      "{}: pickled weights are not read; convert once with: python -c \"import torch, safetensors.torch as "
      "s; s.save_file({{k: v.contiguous() for k, v in torch.load('{}', map_location='cpu', "
      "weights_only=True).items()}}, '{}')\"",
      file.string(), file.string(), fs::path(file).replace_extension(".safetensors").string()));
}

/// weight_map of an index file: tensor name -> shard file name.
std::map<std::string, std::string> read_index(const fs::path& index) {
  json root;
  try {
    root = json::parse(read_file(index));
  } catch (const json::exception& error) {
    throw Error(fmt::format("{}: is not JSON: {}", index.string(), error.what()));
  }
  if (!root.is_object() || !root.contains("weight_map") || !root["weight_map"].is_object()) {
    throw Error(index.string() + ": 'weight_map' must be an object of tensor name to shard file");
  }
  std::map<std::string, std::string> map;
  for (const auto& [name, shard] : root["weight_map"].items()) {
    if (!shard.is_string() || fs::path(shard.get<std::string>()).has_parent_path()) {
      throw Error(fmt::format("{}: weight_map['{}'] must be a file name, found {}", index.string(), name,
                              shard.dump()));
    }
    map[name] = shard.get<std::string>();
  }
  return map;
}

}  // namespace

CheckpointWeights::CheckpointWeights(const fs::path& path) : path_(path) {
  const fs::path single = path / "model.safetensors";
  const fs::path index = path / "model.safetensors.index.json";
  if (fs::is_regular_file(path)) refuse_pickle(path);
  if (fs::is_regular_file(path) || fs::exists(single)) {
    files_.push_back(std::make_unique<SafetensorsFile>(fs::is_regular_file(path) ? path : single));
    for (const auto& [name, tensor] : files_.front()->tensors()) tensors_.emplace(name, &tensor);
  } else if (fs::exists(index)) {
    open_shards(index);
  } else {
    refuse_directory(path);
  }
}

void CheckpointWeights::open_shards(const fs::path& index) {
  std::map<std::string, const SafetensorsFile*> shards;
  for (const auto& [name, shard] : read_index(index)) {
    const SafetensorsFile*& file = shards[shard];
    if (file == nullptr) {
      const fs::path place = path_ / shard;
      if (!fs::exists(place)) {
        throw Error(fmt::format("{}: shard is missing; {} lists it (for tensor '{}', among others)",
                                place.string(), index.filename().string(), name));
      }
      files_.push_back(std::make_unique<SafetensorsFile>(place));
      file = files_.back().get();
    }
    tensors_.emplace(name, &file->at(name));
  }
}

const TensorView* CheckpointWeights::find(std::string_view name) const {
  const auto found = tensors_.find(name);
  return found == tensors_.end() ? nullptr : found->second;
}

const TensorView& CheckpointWeights::at(std::string_view name) const {
  const TensorView* tensor = find(name);
  if (tensor == nullptr) {
    throw Error(fmt::format("{}: tensor '{}': is expected, but the checkpoint has no such tensor",
                            path_.string(), name));
  }
  return *tensor;
}

std::vector<std::string> CheckpointWeights::names() const {
  std::vector<std::string> all;
  all.reserve(tensors_.size());
  for (const auto& [name, tensor] : tensors_) all.push_back(name);
  return all;
}

}  // namespace imp::models
