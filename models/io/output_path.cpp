// SPDX-License-Identifier: Apache-2.0
#include "models/io/output_path.h"

#include <string>
#include <system_error>

#include "models/io/error.h"

namespace imp {
namespace fs = std::filesystem;

namespace {

const char* describe(fs::file_type type) {
  switch (type) {
    case fs::file_type::symlink:
      return "is a link, which would be replaced; name the file itself";
    case fs::file_type::directory:
      return "is a folder; name a file in it";
    default:
      return "is a device, a pipe or a socket, which would be replaced; name a regular file";
  }
}

bool same_file(const fs::path& a, const fs::path& b) {
  std::error_code absent;
  return fs::equivalent(a, b, absent) && !absent;
}

}  // namespace

void require_output_file(const fs::path& path) {
  if (!path.has_filename()) throw Error(path.string() + ": names no file; an output needs a file's name");
  std::error_code error;
  const fs::file_type type = fs::symlink_status(path, error).type();
  const bool is_fine = type == fs::file_type::regular || type == fs::file_type::not_found ||
                       type == fs::file_type::none;  // cannot be looked at: writing says why
  if (!is_fine) throw Error(path.string() + ": " + describe(type));
}

void require_output_file(const fs::path& path, const std::vector<fs::path>& inputs) {
  require_output_file(path);
  std::error_code absent;
  if (!fs::exists(path, absent)) return;
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  for (const fs::path& input : inputs) {
    if (input.empty() || !(same_file(path, input) || same_file(folder, input))) continue;
    throw Error(path.string() + ": would replace what is read (" + input.string() + "); name another file");
  }
}

void require_output_folder(const fs::path& path) {
  std::error_code error;
  const fs::file_type type = fs::status(path, error).type();
  if (type == fs::file_type::directory || type == fs::file_type::none) return;
  const bool is_absent = type == fs::file_type::not_found && !fs::is_symlink(fs::symlink_status(path, error));
  if (!is_absent) throw Error(path.string() + ": is not a folder; name one, or a place where none is yet");
}

}  // namespace imp
