// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "models/io/file.h"
#include "models/weights/dtype.h"

namespace imp::models {

/// A tensor inside a mapped file. The bytes are row-major, little-endian, and live as long as their file
/// does.
struct TensorView {
  DType dtype = DType::f32;
  std::vector<std::int64_t> shape;
  std::span<const std::byte> bytes;
};

/// "F32 [2, 3]", for messages.
[[nodiscard]] std::string describe(DType dtype, std::span<const std::int64_t> shape);

/// One memory-mapped .safetensors file (https://github.com/huggingface/safetensors: format).
class SafetensorsFile {
 public:
  /// Maps the file and checks its whole header. Throws imp::Error (usage) naming file and tensor if the
  /// header is longer than the file, is not the format's JSON, names a tensor twice, has an unknown dtype, or
  /// if the tensors' bytes overlap, leave gaps, leave the file or disagree with dtype and shape.
  explicit SafetensorsFile(const std::filesystem::path& path);

  /// The tensor, or nullptr if the file has none of that name.
  [[nodiscard]] const TensorView* find(std::string_view name) const;
  /// The tensor. Throws imp::Error (usage) naming file and tensor if it is absent.
  [[nodiscard]] const TensorView& at(std::string_view name) const;
  /// All tensors by name.
  [[nodiscard]] const std::map<std::string, TensorView, std::less<>>& tensors() const { return tensors_; }
  /// The `__metadata__` strings.
  [[nodiscard]] const std::map<std::string, std::string>& metadata() const { return metadata_; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  std::shared_ptr<const MappedFile> file_;
  std::map<std::string, TensorView, std::less<>> tensors_;
  std::map<std::string, std::string> metadata_;
};

/// The weights of a Hugging Face checkpoint directory: `model.safetensors`, or the shards that
/// `model.safetensors.index.json` lists, under one lookup.
class CheckpointWeights {
 public:
  /// Opens a directory, or a single .safetensors file. Throws imp::Error (usage) that names a missing shard,
  /// a tensor that the index promises and its shard lacks, or the conversion that helps where only pickled
  /// weights are there.
  explicit CheckpointWeights(const std::filesystem::path& path);

  /// As SafetensorsFile::find.
  [[nodiscard]] const TensorView* find(std::string_view name) const;
  /// As SafetensorsFile::at.
  [[nodiscard]] const TensorView& at(std::string_view name) const;
  /// All names, sorted.
  [[nodiscard]] std::vector<std::string> names() const;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  void open_shards(const std::filesystem::path& index);

  std::filesystem::path path_;
  std::vector<std::unique_ptr<const SafetensorsFile>> files_;
  std::map<std::string, const TensorView*, std::less<>> tensors_;
};

/// A tensor to write; `bytes` are row-major and little-endian.
struct TensorToWrite {
  std::string name;
  DType dtype = DType::f32;
  std::vector<std::int64_t> shape;
  std::span<const std::byte> bytes;
};

/// Writes a .safetensors file aside, fsyncs it and renames it over `path`. Tensors are laid out by falling
/// element size, then by name, and the header is padded to 8 bytes, so that each tensor is aligned. The
/// default metadata is what transformers asks of a file it loads. Throws imp::Error: usage for a repeated
/// name or bytes that disagree with dtype and shape, environment if writing fails.
void write_safetensors(const std::filesystem::path& path, std::vector<TensorToWrite> tensors,
                       const std::map<std::string, std::string>& metadata = {{"format", "pt"}});

}  // namespace imp::models
