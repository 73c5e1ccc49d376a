// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace imp::models {

class CheckpointWeights;

/// Where a model's weights come from while it is being built. Names are the Hugging Face state-dict keys.
class WeightSource {
 public:
  virtual ~WeightSource() = default;

  /// The tensor of that name. Throws imp::Error (usage) naming the tensor, the shape expected and the one
  /// found.
  [[nodiscard]] virtual at::Tensor take(const std::string& name, const std::vector<int64_t>& shape) = 0;
  [[nodiscard]] virtual bool has(const std::string& name) const = 0;
};

/// Weights of a checkpoint directory. Tensors are views of the memory-mapped file where no conversion is
/// asked for.
class CheckpointSource : public WeightSource {
 public:
  /// Every name asked for is looked up behind each of `prefixes` in turn, since a LLaVA checkpoint of
  /// transformers 4 says `language_model.model.x` where one of transformers 5 says `model.language_model.x`
  /// and a plain model `model.x`. options: the type that tensors are converted to, and the device they go to.
  CheckpointSource(const std::filesystem::path& directory,
                   std::vector<std::pair<std::string, std::string>> prefixes,
                   const at::TensorOptions& options);
  ~CheckpointSource() override;

  [[nodiscard]] at::Tensor take(const std::string& name, const std::vector<int64_t>& shape) override;
  [[nodiscard]] bool has(const std::string& name) const override;

 private:
  [[nodiscard]] std::string resolve(const std::string& name) const;

  std::filesystem::path directory_;
  std::shared_ptr<CheckpointWeights> weights_;
  std::vector<std::pair<std::string, std::string>> prefixes_;
  at::TensorOptions options_;
};

/// Fresh weights: matrices normal(0, standard_deviation), norm weights one, biases zero; a pure function of
/// seed and name.
class RandomSource : public WeightSource {
 public:
  /// device: where the tensors go; the numbers are the same on each.
  RandomSource(uint64_t seed, double standard_deviation, at::Device device = at::kCPU)
      : seed_(seed), standard_deviation_(standard_deviation), device_(device) {}

  [[nodiscard]] at::Tensor take(const std::string& name, const std::vector<int64_t>& shape) override;
  /// All but a head of its own for a model whose embeddings serve as one.
  [[nodiscard]] bool has(const std::string& name) const override { return name != "lm_head.weight"; }

 private:
  uint64_t seed_;
  double standard_deviation_;
  at::Device device_;
};

/// Called with each parameter's state-dict key and the tensor that holds it.
using ParameterVisitor = std::function<void(const std::string& name, at::Tensor& parameter)>;

/// A tensor over a checkpoint's bytes, sharing the mapping's lifetime. Throws imp::Error (usage) if it is
/// absent.
[[nodiscard]] at::Tensor checkpoint_tensor(const std::shared_ptr<CheckpointWeights>& weights,
                                           const std::string& name);

/// Writes tensors (moved to the CPU) as one safetensors file, aside first. Throws imp::Error (environment).
void save_tensors(const std::filesystem::path& path,
                  const std::vector<std::pair<std::string, at::Tensor>>& tensors);

/// Reads all tensors of one safetensors file into memory of their own.
[[nodiscard]] std::vector<std::pair<std::string, at::Tensor>> load_tensors(const std::filesystem::path& path);

}  // namespace imp::models
