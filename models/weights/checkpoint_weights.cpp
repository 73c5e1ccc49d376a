// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "models/io/error.h"
#include "models/weights/safetensors.h"

namespace imp::models {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// A word of a POSIX shell's command line.
std::string quoted(const std::string& text) {
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

[[noreturn]] void refuse_directory(const fs::path& path) {
  if (!fs::exists(path)) throw Error(path.string() + ": no such checkpoint directory");
  for (const char* pickle : {"pytorch_model.bin", "pytorch_model.bin.index.json"}) {
    if (!fs::exists(path / pickle)) continue;
    throw Error(fmt::format(
        "{}: pickled weights are not read; convert once with: python -c \"import sys, transformers "
        "as t; d = sys.argv[1]; getattr(t, t.AutoConfig.from_pretrained(d).architectures[0])"
        ".from_pretrained(d).save_pretrained(d)\" {}",
        (path / pickle).string(), quoted(path.string())));
  }
  throw Error(path.string() + ": has neither model.safetensors nor model.safetensors.index.json");
}

/// What torch.save writes: a zip archive, or the pickle of its first versions.
bool is_pickle(const fs::path& file) {
  const std::string kind = file.extension().string();
  if (kind == ".bin" || kind == ".pt" || kind == ".pth") return true;
  std::ifstream in(file, std::ios::binary);
  char start[4] = {};
  in.read(start, sizeof start);
  const std::string_view bytes(start, static_cast<size_t>(in.gcount()));
  return bytes == "PK\x03\x04" || bytes.starts_with("\x80\x02");
}

/// A projector or an adapter that torch.save wrote.
void refuse_pickle(const fs::path& file) {
  if (!is_pickle(file)) return;
  // A copy of each tensor, since two that share their memory are refused by safetensors.
  throw Error(fmt::format(
      "{}: pickled weights are not read; convert once with: python -c \"import sys, torch, safetensors.torch "
      "as s; s.save_file({{k: v.contiguous().clone() for k, v in torch.load(sys.argv[1], map_location='cpu', "
      "weights_only=True).items()}}, sys.argv[2])\" {} {}",
      file.string(), quoted(file.string()),
      quoted(fs::path(file).replace_extension(".safetensors").string())));
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
