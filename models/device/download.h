// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Event.h>

#include <optional>

namespace imp::models {

/// A tensor on its way to the CPU's memory, without a wait for the work that the device has before it.
class Download {
 public:
  explicit Download(const at::Tensor& tensor);

  /// The copy, once it is there; the same tensor for one of the CPU's.
  [[nodiscard]] at::Tensor wait() const;

 private:
  at::Tensor copy_;
  std::optional<c10::Event> arrived_;
};

}  // namespace imp::models
