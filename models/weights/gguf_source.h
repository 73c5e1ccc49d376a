// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "models/weights/weight_source.h"

namespace imp::models {

class GgufFile;

/// Weights of a LLaMA in a GGUF file under their Hugging Face names. Tensors are unpacked one by one as they
/// are asked for; what needs neither unpacking nor conversion is a view of the memory-mapped file.
class GgufSource : public WeightSource {
 public:
  /// heads, key_value_heads: of the file's config; GGUF stores the rows of each head of the query and key
  /// projections interleaved for llama.cpp's rotary embedding, (i, i + head_dim / 2) side by side.
  GgufSource(std::shared_ptr<const GgufFile> file, int64_t heads, int64_t key_value_heads,
             const at::TensorOptions& options);
  ~GgufSource() override;

  [[nodiscard]] at::Tensor take(const std::string& name, const std::vector<int64_t>& shape) override;
  [[nodiscard]] bool has(const std::string& name) const override;

 private:
  std::shared_ptr<const GgufFile> file_;
  int64_t heads_, key_value_heads_;
  at::TensorOptions options_;
};

}  // namespace imp::models
