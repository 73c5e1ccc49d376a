// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <string>

namespace imp::harness {

/// Hashes of input files and folders, each computed once in the life of the object: a plan asks for the same
/// model in every cell. So it is with what an adapter changes, since stages' keys depend on that. Files above
/// 64 MiB stand for themselves by name, size, time of change, and their first and last MiB.
class InputHashes {
 public:
  /// Throws imp::Error (usage) if the file cannot be read.
  const std::string& file(const std::filesystem::path& path);

  /// Over relative names and contents, in name order; hidden files and Markdown (a model's card) do not
  /// count. A model, or a benchmark's annotations, in one file count as that file. Throws imp::Error (usage)
  /// if the folder cannot be read.
  const std::string& directory(const std::filesystem::path& path);

  /// Name and content of a model that a key's value means.
  struct Model {
    std::string name, hash;
  };
  /// Models by the value that names them, for who finds them; each is looked for once.
  std::map<std::string, Model>& models() { return models_; }

  /// Whether the PEFT directory has tensors of a vision tower. Throws imp::Error (usage) as PeftAdapter.
  bool adapter_changes_tower(const std::filesystem::path& path);

 private:
  std::map<std::filesystem::path, std::string> known_;
  std::map<std::filesystem::path, bool> changes_tower_;
  std::map<std::string, Model> models_;
};

}  // namespace imp::harness
