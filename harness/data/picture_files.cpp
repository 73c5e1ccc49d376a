// SPDX-License-Identifier: Apache-2.0
#include "harness/data/picture_files.h"

#include <fmt/format.h>

#include <fstream>

#include "models/io/error.h"
#include "models/io/output_path.h"

namespace imp::harness {

void make_picture_folder(const std::filesystem::path& folder) {
  std::error_code failure;
  std::filesystem::create_directories(folder, failure);
  if (failure)
    throw Error(
        fmt::format("{}: cannot be made ({}); choose a writable folder", folder.string(), failure.message()),
        ErrorKind::environment);
}

void write_picture(const std::filesystem::path& path, const std::string& bytes) {
  require_output_file(path);
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file)
    throw Error(fmt::format("{}: cannot be written; is the disk full?", path.string()),
                ErrorKind::environment);
}

}  // namespace imp::harness
