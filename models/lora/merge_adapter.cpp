// SPDX-License-Identifier: Apache-2.0
#include "models/lora/merge_adapter.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "models/device/upload.h"
#include "models/io/error.h"
#include "models/lora/adapter_tensor.h"
#include "models/lora/adapter_vocabulary.h"

namespace imp::models {
namespace {

using Modules = std::map<std::string, AdapterModule>;
using Parameters = std::map<std::string, StoredTensor>;

/// As float32, on the device of what it is merged into.
at::Tensor wide(const at::Tensor& stored, at::Device device) {
  return stored.to(device).to(at::kFloat);
}

/// W less what PEFT takes out of it before an adapter of this kind is trained.
at::Tensor base_less_start(const at::Tensor& weight, BaseChange change, AdapterConfig::Layer layer) {
  if (change == BaseChange::pissa) {
    const auto [u, s, vh] = at::linalg_svd(weight, /*full_matrices=*/false);
    const int64_t rank = std::min(layer.rank, s.size(0));
    return weight - (u.narrow(1, 0, rank) * s.narrow(0, 0, rank)).matmul(vh.narrow(0, 0, rank));
  }
  if (change == BaseChange::olora) {
    const auto [q, r] = at::linalg_qr(weight);
    const int64_t rank = std::min(layer.rank, q.size(1));
    return weight - q.narrow(1, 0, rank).matmul(r.narrow(0, 0, rank)) * layer.scaling;
  }
  return weight;
}

/// Puts the adapter's tensors of one part of a model into its parameters, and knows which were of use.
class PartMerge {
 public:
  PartMerge(const PeftAdapter& adapter, ModelPart part, Parameters parameters,
            const std::set<std::string>& left_out)
      : adapter_(adapter), part_(part), parameters_(std::move(parameters)) {
    for (const auto& [path, module] : adapter.modules())
      if (part_of(path) == part && !left_out.contains(path)) modules_.emplace(path, module);
    std::erase_if(parameters_, [&](const auto& entry) {
      return part_of(entry.first) != part || left_out.contains(entry.first);
    });
  }

  /// A visitor of a part whose paths begin with `prefix`.
  [[nodiscard]] ParameterVisitor visitor(std::string prefix) {
    return [this, prefix = std::move(prefix)](const std::string& name, at::Tensor& parameter) {
      if (parameter.defined()) merge(prefix + name, parameter);
    };
  }

  /// Throws imp::Error (usage) if a tensor was of no use.
  void check_all_used() const {
    std::vector<std::string> unused;
    for (const auto& [path, stored] : parameters_)
      if (!has_no_effect(path)) unused.push_back(stored.name);
    for (const auto& [path, module] : modules_)
      if (!has_no_effect(path + "."))
        for (const auto& [role, stored] : module) unused.push_back(stored.name);
    if (unused.empty()) return;
    throw Error(fmt::format("{}: {} of its tensors belong to no layer of this model, e.g. '{}'",
                            adapter_.directory().string(), unused.size(), unused.front()));
  }

 private:
  /// A tower's pooling comes after the features that LLaVA takes.
  [[nodiscard]] bool has_no_effect(const std::string& path) const {
    constexpr std::array kPooling{"vision_tower.head.", "vision_tower.pooler.",
                                  "vision_tower.embeddings.position_ids"};
    return part_ == ModelPart::vision &&
           std::any_of(kPooling.begin(), kPooling.end(),
                       [&](const char* begin) { return path.starts_with(begin); });
  }

  void merge(const std::string& path, at::Tensor& parameter) {
    if (const auto whole = parameters_.find(path); whole != parameters_.end()) {
      parameter = read_tensor(whole->second, parameter.sizes().vec()).to(parameter.options());
      parameters_.erase(whole);
    }
    const size_t dot = path.rfind('.');
    const auto module = modules_.find(path.substr(0, dot));
    if (module == modules_.end()) return;
    if (path.ends_with(".weight")) {
      parameter =
          merged_weight(module->first, module->second, parameter.detach()).to(parameter.scalar_type());
    } else if (const auto bias = module->second.find(TensorRole::lora_B_bias);
               bias != module->second.end() && path.ends_with(".bias")) {
      const double scaling = adapter_.config().layer(bias->second.parsed.spelled).scaling;
      const at::Tensor update =
          wide(read_tensor(bias->second, parameter.sizes().vec()), parameter.device()) * scaling;
      parameter = (parameter.detach().to(at::kFloat) + update).to(parameter.scalar_type());
      module->second.erase(bias);
    }
    if (module->second.empty()) modules_.erase(module);
  }

  /// float32 [as weight]. Takes what it uses out of the module.
  at::Tensor merged_weight(const std::string& path, AdapterModule& module, const at::Tensor& base) {
    at::Tensor weight = base.to(at::kFloat);
    if (module.contains(TensorRole::lora_A)) {
      const StoredTensor &a = module.at(TensorRole::lora_A), &b = module.at(TensorRole::lora_B);
      const AdapterConfig::Layer layer = adapter_.config().layer(a.parsed.spelled);
      weight =
          base_less_start(weight, adapter_.config().base_change(), layer) + lora_update(a, b, base, layer);
      if (module.contains(TensorRole::magnitude))
        weight = scaled_rows(weight, module.at(TensorRole::magnitude));
    } else if (module.contains(TensorRole::embedding_A)) {
      const StoredTensor &a = module.at(TensorRole::embedding_A), &b = module.at(TensorRole::embedding_B);
      const AdapterConfig::Layer layer = adapter_.config().layer(a.parsed.spelled);
      const at::Tensor update = wide(read_tensor(b, {base.size(1), layer.rank}), base.device())
                                    .matmul(wide(read_tensor(a, {layer.rank, base.size(0)}), base.device()));
      weight = weight + update.t() * layer.scaling;
      if (module.contains(TensorRole::magnitude))
        weight = scaled_rows(weight.t(), module.at(TensorRole::magnitude)).t().contiguous();
    }
    if (module.contains(TensorRole::token_rows))
      weight = with_token_rows(weight, path, module.at(TensorRole::token_rows));
    for (const TensorRole used : {TensorRole::lora_A, TensorRole::lora_B, TensorRole::embedding_A,
                                  TensorRole::embedding_B, TensorRole::magnitude, TensorRole::token_rows})
      module.erase(used);
    return weight;
  }

  /// scaling * B A, [as base]; a convolution's matrices are laid flat.
  static at::Tensor lora_update(const StoredTensor& a, const StoredTensor& b, const at::Tensor& base,
                                AdapterConfig::Layer layer) {
    std::vector<int64_t> shape_of_a = base.sizes().vec(), shape_of_b(shape_of_a.size(), 1);
    shape_of_a[0] = layer.rank;
    shape_of_b[0] = base.size(0);
    shape_of_b[1] = layer.rank;
    const at::Tensor flat_a = wide(read_tensor(a, shape_of_a), base.device()).flatten(1);
    const at::Tensor flat_b = wide(read_tensor(b, shape_of_b), base.device()).flatten(1);
    return (flat_b.matmul(flat_a) * layer.scaling).view(base.sizes());
  }

  /// DoRA: each of the weight's rows brought to its learned length.
  static at::Tensor scaled_rows(const at::Tensor& weight, const StoredTensor& magnitude) {
    const at::Tensor lengths = wide(whole_tensor(magnitude), weight.device()).flatten();
    if (lengths.size(0) != weight.size(0)) refuse_shape(magnitude, {weight.size(0)});
    const at::Tensor rows = weight.flatten(1);
    return (rows * (lengths / rows.norm(2, 1)).unsqueeze(1)).view(weight.sizes());
  }

  [[nodiscard]] at::Tensor with_token_rows(const at::Tensor& weight, const std::string& path,
                                           const StoredTensor& stored) const {
    const std::vector<int64_t>& rows = token_rows_of(adapter_, path);
    for (const int64_t row : rows) {
      if (row < weight.size(0)) continue;
      throw Error(fmt::format("{}: trainable_token_indices has {}; the embedding has {} rows",
                              (adapter_.directory() / "adapter_config.json").string(), row, weight.size(0)));
    }
    const at::Tensor values =
        wide(read_tensor(stored, {static_cast<int64_t>(rows.size()), weight.size(1)}), weight.device());
    return weight.index_copy(0, upload(rows, weight.device()), values);
  }

  const PeftAdapter& adapter_;
  ModelPart part_;
  Modules modules_;
  Parameters parameters_;
};

}  // namespace

void merge_adapter(const PeftAdapter& adapter, const AdapterTargets& targets,
                   const std::set<std::string>& left_out) {
  const at::NoGradGuard no_grad;
  if (targets.text_model != nullptr) {
    Parameters parameters = fit_vocabulary(adapter, *targets.text_model, left_out);
    PartMerge text(adapter, ModelPart::text, std::move(parameters), left_out);
    targets.text_model->visit_parameters(text.visitor(""));
    text.check_all_used();
  }
  if (targets.vision_tower != nullptr) {
    PartMerge vision(adapter, ModelPart::vision, adapter.parameters(), left_out);
    targets.vision_tower->visit_parameters(vision.visitor("vision_tower."));
    vision.check_all_used();
  }
  if (targets.projector != nullptr) {
    PartMerge projector(adapter, ModelPart::projector, adapter.parameters(), left_out);
    targets.projector->visit_parameters(projector.visitor(""));
    projector.check_all_used();
  }
}

}  // namespace imp::models
