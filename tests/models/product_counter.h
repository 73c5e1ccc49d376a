// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/ATen.h>
#include <ATen/record_function.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace imp::models::test {

/// Counts what LibTorch's products on this thread really multiply while it lives: 2 for each multiplication
/// with its addition, as torch.utils.flop_counter.
class ProductCounter {
 public:
  ProductCounter() {
    counted_ = attention_ = 0.0;
    handle_ = at::addThreadLocalCallback(at::RecordFunctionCallback(&ProductCounter::see)
                                             .needsInputs(true)
                                             .scopes({at::RecordScope::FUNCTION}));
  }
  ~ProductCounter() { at::removeCallback(handle_); }
  ProductCounter(const ProductCounter&) = delete;
  ProductCounter& operator=(const ProductCounter&) = delete;

  [[nodiscard]] double flops() const { return counted_; }
  [[nodiscard]] double attention_flops() const { return attention_; }

 private:
  static double product(const at::Tensor& a, const at::Tensor& b) {
    double flops = 2.0 * static_cast<double>(b.size(-1));
    for (const int64_t size : a.sizes()) flops *= static_cast<double>(size);
    return flops;
  }

  /// Of `times` products of each query with each key.
  static double attention(const at::Tensor& query, const at::Tensor& key, double times) {
    return times * 2.0 * static_cast<double>(query.numel()) * static_cast<double>(key.size(2));
  }

  static std::unique_ptr<at::ObserverContext> see(const at::RecordFunction& function) {
    const std::string_view name = function.name();
    const auto tensor = [&](size_t i) { return function.inputs()[i].toTensor(); };
    if (name == "aten::mm" || name == "aten::bmm") {
      counted_ += product(tensor(0), tensor(1));
    } else if (name == "aten::addmm" || name == "aten::addmm_" || name == "aten::baddbmm") {
      counted_ += product(tensor(1), tensor(2));
    } else if (name == "aten::_scaled_dot_product_flash_attention_for_cpu") {
      add_attention(attention(tensor(0), tensor(1), 2.0));
    } else if (name == "aten::_scaled_dot_product_flash_attention_for_cpu_backward") {
      add_attention(attention(tensor(1), tensor(2), 5.0));
    } else if (name == "aten::convolution" || name == "aten::_scaled_dot_product_attention_math" ||
               name == "aten::mkldnn_linear" || name == "aten::einsum") {
      throw std::logic_error("the counter does not know " + std::string(name));
    }
    return nullptr;
  }

  static void add_attention(double flops) {
    counted_ += flops;
    attention_ += flops;
  }

  static inline thread_local double counted_ = 0.0, attention_ = 0.0;
  at::CallbackHandle handle_ = 0;
};

}  // namespace imp::models::test
