// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <vector>

namespace imp::eval {

/// What a language model sees of pictures, made in two steps, so that the CPU can be ahead of the device.
class PictureSource {
 public:
  virtual ~PictureSource() = default;

  /// Pictures that are to go through it together where a pass of the language model has so many tokens.
  [[nodiscard]] virtual std::size_t at_once(std::int64_t rows_of_pass) const = 0;
  /// The CPU's work for some pictures, on so many threads. Called on any thread. Throws imp::Error for a
  /// picture that cannot be read.
  [[nodiscard]] virtual at::Tensor read(const std::vector<std::filesystem::path>& pictures,
                                        int threads) const = 0;
  /// What read() gave -> [pictures, image tokens, text hidden] on the language model's device, which is not
  /// waited for. Called on the thread that asks.
  [[nodiscard]] virtual at::Tensor projected(const at::Tensor& read) const = 0;
};

}  // namespace imp::eval
