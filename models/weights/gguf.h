// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "models/io/error.h"
#include "models/io/file.h"
#include "models/weights/gguf_blocks.h"

namespace imp::models {

/// A metadata value. Texts point into the mapped file; arrays of booleans are read as numbers.
using GgufValue = std::variant<bool, std::int64_t, double, std::string_view, std::vector<std::int64_t>,
                               std::vector<double>, std::vector<std::string_view>>;

/// A tensor inside a mapped file, outermost dimension first (GGUF itself writes the innermost first).
struct GgufTensor {
  GgufType type = GgufType::f32;
  std::vector<std::int64_t> shape;
  std::span<const std::byte> bytes;
};

/// One memory-mapped GGUF file, version 2 or 3, little-endian (https://github.com/ggml-org/ggml:
/// docs/gguf.md).
class GgufFile {
 public:
  /// Maps the file and checks all of it but the tensors' numbers. Throws imp::Error (usage) naming file and
  /// key or tensor if a length leaves the file, a name stands twice, a kind is not known, a row is no whole
  /// number of blocks, or tensors leave the file or overlap.
  explicit GgufFile(const std::filesystem::path& path);

  /// The value of a key, or nothing where the file lacks it. T is an alternative of GgufValue.
  /// Throws imp::Error (usage) naming file and key if the value is of another type.
  template <typename T>
  [[nodiscard]] std::optional<T> get(std::string_view key) const {
    const auto found = values_.find(key);
    if (found == values_.end()) return std::nullopt;
    if (const T* value = std::get_if<T>(&found->second)) return *value;
    throw Error(path_.string() + ": '" + std::string(key) + "' has another type than GGUF gives this key");
  }

  /// As get, but throws imp::Error (usage) where the file lacks the key.
  template <typename T>
  [[nodiscard]] T need(std::string_view key) const {
    if (const std::optional<T> value = get<T>(key)) return *value;
    throw Error(path_.string() + ": has no '" + std::string(key) + "'; the model cannot be read without it");
  }

  /// The tensor, or nullptr if the file has none of that name.
  [[nodiscard]] const GgufTensor* find(std::string_view name) const;
  [[nodiscard]] const std::map<std::string, GgufTensor, std::less<>>& tensors() const { return tensors_; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  std::shared_ptr<const MappedFile> file_;
  std::map<std::string_view, GgufValue, std::less<>> values_;
  std::map<std::string, GgufTensor, std::less<>> tensors_;
};

/// The GGUF file that `model` means: itself if it ends in .gguf, or the only such file of a directory that
/// has no config.json. Nothing for anything else. Throws imp::Error (usage) naming two of them where a
/// directory holds several.
[[nodiscard]] std::optional<std::filesystem::path> find_gguf(const std::filesystem::path& model);

/// The metadata of a file of architecture `llama` as the config.json that transformers makes of it.
/// Throws imp::Error (usage) naming what imp has not: another architecture, a scaled or partial rotary
/// embedding, tensors that such a model does not have.
[[nodiscard]] nlohmann::json gguf_config(const GgufFile& file);

/// Where a llama file keeps a Hugging Face tensor: `model.layers.0.mlp.up_proj.weight` ->
/// `blk.0.ffn_up.weight`. Empty for a name that llama.cpp does not know.
[[nodiscard]] std::string gguf_name(std::string_view name);

}  // namespace imp::models
