// SPDX-License-Identifier: Apache-2.0
#include "models/weights/weight_source.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstring>

#include "models/io/error.h"
#include "models/io/hash.h"
#include "models/weights/safetensors.h"

namespace imp::models {
namespace {

at::ScalarType scalar_type(DType dtype, const std::string& where) {
  switch (dtype) {
    case DType::f32:
      return at::kFloat;
    case DType::f16:
      return at::kHalf;
    case DType::bf16:
      return at::kBFloat16;
    case DType::f64:
      return at::kDouble;
    case DType::i64:
      return at::kLong;
    case DType::i32:
      return at::kInt;
    case DType::u8:
      return at::kByte;
    case DType::boolean:
      return at::kBool;
    default:
      break;
  }
  throw Error(
      fmt::format("{}: dtype {} is not supported; weights are F32, F16 or BF16", where, dtype_name(dtype)));
}

DType file_type(at::ScalarType type) {
  switch (type) {
    case at::kFloat:
      return DType::f32;
    case at::kHalf:
      return DType::f16;
    case at::kBFloat16:
      return DType::bf16;
    case at::kDouble:
      return DType::f64;
    case at::kLong:
      return DType::i64;
    case at::kInt:
      return DType::i32;
    case at::kByte:
      return DType::u8;
    case at::kBool:
      return DType::boolean;
    default:
      throw Error(fmt::format("a tensor of type {} cannot be saved", c10::toString(type)));
  }
}

/// A tensor over the view's bytes; `owner` lives as long as the tensor does.
template <typename Owner>
at::Tensor tensor_of(const TensorView& view, std::shared_ptr<Owner> owner, const std::string& where) {
  const at::ScalarType type = scalar_type(view.dtype, where);
  // The mapping is read-only; tensors made here are never written in place (the trainer clones what it
  // trains).
  void* data = const_cast<std::byte*>(view.bytes.data());
  const bool aligned = reinterpret_cast<std::uintptr_t>(data) % dtype_size(view.dtype) == 0;
  if (aligned && !view.bytes.empty()) {
    return at::from_blob(
        data, view.shape, [owner = std::move(owner)](void*) {}, at::TensorOptions(type));
  }
  at::Tensor copy = at::empty(view.shape, at::TensorOptions(type));
  if (!view.bytes.empty()) std::memcpy(copy.data_ptr(), data, view.bytes.size());
  return copy;
}

}  // namespace

CheckpointSource::CheckpointSource(const std::filesystem::path& directory,
                                   std::vector<std::pair<std::string, std::string>> prefixes,
                                   const at::TensorOptions& options)
    : directory_(directory),
      weights_(std::make_shared<CheckpointWeights>(directory)),
      prefixes_(std::move(prefixes)),
      options_(options) {}

CheckpointSource::~CheckpointSource() = default;

std::string CheckpointSource::resolve(const std::string& name) const {
  for (const auto& [from, to] : prefixes_) {
    if (!name.starts_with(from)) continue;
    const std::string candidate = to + name.substr(from.size());
    if (weights_->find(candidate) != nullptr) return candidate;
  }
  return {};
}

bool CheckpointSource::has(const std::string& name) const {
  return !resolve(name).empty();
}

at::Tensor CheckpointSource::take(const std::string& name, const std::vector<int64_t>& shape) {
  const std::string found = resolve(name);
  if (found.empty()) {
    throw Error(fmt::format("{}: has no tensor '{}' of shape [{}], which its config.json calls for",
                            directory_.string(), name, fmt::join(shape, ", ")));
  }
  const TensorView& view = weights_->at(found);
  if (view.shape != shape) {
    throw Error(fmt::format("{}: tensor '{}' has shape [{}]; its config.json calls for [{}]",
                            directory_.string(), found, fmt::join(view.shape, ", "), fmt::join(shape, ", ")));
  }
  // The file's own numbers travel, and are converted where they arrive.
  return tensor_of(view, weights_, directory_.string() + ": " + found).to(options_.device()).to(options_);
}

at::Tensor RandomSource::take(const std::string& name, const std::vector<int64_t>& shape) {
  if (shape.size() == 1 && name.ends_with(".bias")) return at::zeros(shape, device_);
  if (shape.size() == 1 && name.ends_with(".weight")) return at::ones(shape, device_);
  uint64_t stream = 0;
  for (const char c : name) stream = stream * 1099511628211ULL + static_cast<unsigned char>(c);
  at::Generator generator = at::detail::createCPUGenerator(counter_random(seed_, stream, 0));
  return at::normal(0.0, standard_deviation_, shape, generator).to(device_);
}

at::Tensor checkpoint_tensor(const std::shared_ptr<CheckpointWeights>& weights, const std::string& name) {
  return tensor_of(weights->at(name), weights, name);
}

void save_tensors(const std::filesystem::path& path,
                  const std::vector<std::pair<std::string, at::Tensor>>& tensors) {
  std::vector<at::Tensor> keep_alive;
  std::vector<TensorToWrite> entries;
  for (const auto& [name, tensor] : tensors) {
    const at::Tensor flat = tensor.detach().to(at::kCPU).contiguous();
    keep_alive.push_back(flat);
    entries.push_back({name,
                       file_type(flat.scalar_type()),
                       flat.sizes().vec(),
                       {static_cast<const std::byte*>(flat.data_ptr()), flat.nbytes()}});
  }
  write_safetensors(path, std::move(entries));
}

std::vector<std::pair<std::string, at::Tensor>> load_tensors(const std::filesystem::path& path) {
  const auto file = std::make_shared<SafetensorsFile>(path);
  std::vector<std::pair<std::string, at::Tensor>> tensors;
  for (const auto& [name, view] : file->tensors()) {
    tensors.emplace_back(name, tensor_of(view, file, path.string() + ": " + name).clone());
  }
  return tensors;
}

}  // namespace imp::models
