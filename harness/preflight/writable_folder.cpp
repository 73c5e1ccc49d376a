// SPDX-License-Identifier: Apache-2.0
#include "harness/preflight/writable_folder.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "models/io/error.h"

namespace imp::harness {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(const fs::path& path, const fs::path& because, const std::string& reason) {
  throw Error(fmt::format("{}: cannot be written ({}: {}); name another place, or change its permissions",
                          path.string(), because.string(), reason),
              ErrorKind::environment);
}

/// The folder itself or the closest one above it that is there.
fs::path existing_part(const fs::path& folder) {
  std::error_code error;
  fs::path part = fs::absolute(folder, error).lexically_normal();
  while (!fs::exists(part, error) && part.has_parent_path() && part != part.parent_path())
    part = part.parent_path();
  return part;
}

}  // namespace

void require_writable_folder(const fs::path& folder) {
  const fs::path part = existing_part(folder);
  std::error_code error;
  if (!fs::is_directory(part, error)) refuse(folder, part, "no folder");
  if (::access(part.c_str(), W_OK | X_OK) != 0) refuse(folder, part, std::generic_category().message(errno));
}

void require_writable_file(const fs::path& file) {
  std::error_code error;
  if (!fs::exists(file, error)) return require_writable_folder(file.parent_path());
  if (::access(file.c_str(), W_OK) != 0) refuse(file, file, std::generic_category().message(errno));
}

}  // namespace imp::harness
