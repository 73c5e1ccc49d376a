// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

#include "models/layers/page_attention.h"

namespace imp::models {

/// Where the keys and values of numbered pages lie, kPageTokens tokens of all layers in each.
class PageMemory {
 public:
  virtual ~PageMemory() = default;
  [[nodiscard]] virtual int64_t page_bytes() const = 0;
  /// Whether pages that follow one another are read faster than others.
  [[nodiscard]] virtual bool likes_runs() const = 0;
  /// Makes room for the pages 0 .. pages - 1; what is there stays.
  virtual void reserve(int64_t pages) = 0;
  /// Copies the first `tokens` tokens of some pages to as many others.
  virtual void copy(const std::vector<int32_t>& from, const std::vector<int32_t>& to, int64_t tokens) = 0;
};

/// Pages in the CPU's memory, each as PageShape lays it out, made one by one.
class CpuPages : public PageMemory {
 public:
  explicit CpuPages(const PageShape& shape) : shape_(shape) {}

  [[nodiscard]] const PageShape& shape() const { return shape_; }
  [[nodiscard]] float* page(int32_t number) const { return pages_[static_cast<std::size_t>(number)].get(); }

  [[nodiscard]] int64_t page_bytes() const override { return shape_.bytes(); }
  [[nodiscard]] bool likes_runs() const override { return false; }
  void reserve(int64_t pages) override;
  void copy(const std::vector<int32_t>& from, const std::vector<int32_t>& to, int64_t tokens) override;

 private:
  struct Release {
    void operator()(float* memory) const { std::free(memory); }
  };

  PageShape shape_;
  std::vector<std::unique_ptr<float, Release>> pages_;
};

}  // namespace imp::models
