// SPDX-License-Identifier: Apache-2.0
#include "models/weights/gguf_source.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "models/io/error.h"
#include "models/weights/gguf.h"

namespace imp::models {
namespace {

/// A view of the mapped file where the numbers can be used as they stand, else unpacked float32.
at::Tensor unpack(const GgufTensor& tensor, std::shared_ptr<const GgufFile> file) {
  const bool half = tensor.type == GgufType::f16, brain = tensor.type == GgufType::bf16;
  if (half || brain || tensor.type == GgufType::f32) {
    // The mapping is read-only; tensors made here are never written in place.
    void* data = const_cast<std::byte*>(tensor.bytes.data());
    const auto type = half ? at::kHalf : brain ? at::kBFloat16 : at::kFloat;
    if (reinterpret_cast<std::uintptr_t>(data) % at::elementSize(type) == 0) {
      return at::from_blob(
          data, tensor.shape, [file = std::move(file)](void*) {}, at::TensorOptions(type));
    }
  }
  at::Tensor out = at::empty(tensor.shape, at::TensorOptions(at::kFloat));
  dequantize(tensor.type, tensor.bytes, {out.data_ptr<float>(), static_cast<size_t>(out.numel())});
  return out;
}

/// Rows of a head from (0, half, 1, half + 1, ...) to (0, 1, ..., half, half + 1, ...): the inverse of what
/// llama.cpp's convert_hf_to_gguf.py does (LlamaModel.permute).
at::Tensor undo_interleaving(const at::Tensor& weight, int64_t heads) {
  const int64_t rows = weight.size(0), columns = weight.size(1);
  return weight.view({heads, rows / heads / 2, 2, columns}).transpose(1, 2).reshape({rows, columns});
}

}  // namespace

GgufSource::GgufSource(std::shared_ptr<const GgufFile> file, int64_t heads, int64_t key_value_heads,
                       const at::TensorOptions& options)
    : file_(std::move(file)), heads_(heads), key_value_heads_(key_value_heads), options_(options) {}

GgufSource::~GgufSource() = default;

bool GgufSource::has(const std::string& name) const {
  return file_->find(gguf_name(name)) != nullptr;
}

at::Tensor GgufSource::take(const std::string& name, const std::vector<int64_t>& shape) {
  const std::string stored = gguf_name(name);
  const GgufTensor* tensor = file_->find(stored);
  if (tensor == nullptr) {
    throw Error(fmt::format("{}: has no tensor '{}' ({}) of shape [{}], which its metadata call for",
                            file_->path().string(), stored, name, fmt::join(shape, ", ")));
  }
  if (tensor->shape != shape) {
    throw Error(fmt::format("{}: tensor '{}' has shape [{}]; its metadata call for [{}]",
                            file_->path().string(), stored, fmt::join(tensor->shape, ", "),
                            fmt::join(shape, ", ")));
  }
  const at::Tensor weight = unpack(*tensor, file_).to(options_.device()).to(options_);
  const bool query = name.ends_with("q_proj.weight"), key = name.ends_with("k_proj.weight");
  return query || key ? undo_interleaving(weight, query ? heads_ : key_value_heads_) : weight;
}

}  // namespace imp::models
