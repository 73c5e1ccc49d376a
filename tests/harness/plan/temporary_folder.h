// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace imp::harness {

/// A folder of its own for one test, removed with its content at the end.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "imp-plan-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  /// Writes a file below the folder, with its parents, and returns its path.
  std::filesystem::path write(const std::string& name, const std::string& content) const {
    const std::filesystem::path file = path_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << content;
    return file;
  }

  /// A zoo with the named models, as far as planning looks at them.
  void write_zoo(std::initializer_list<std::string> models) const {
    for (const std::string& model : models) {
      write("zoo/" + model + "/config.json", "{\"model\": \"" + model + "\"}");
      write("zoo/" + model + "/model.safetensors", "weights of " + model);
    }
  }

 private:
  std::filesystem::path path_;
};

}  // namespace imp::harness
