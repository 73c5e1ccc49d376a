// SPDX-License-Identifier: Apache-2.0
#include "results/output_path.h"

#include <string>
#include <system_error>

#include "results/store_error.h"

namespace imp::results {
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

/// Whether two paths lead to one file, or would once it is there.
bool same_place(const fs::path& a, const fs::path& b) {
  std::error_code error;
  if (fs::equivalent(a, b, error) && !error) return true;  // hard links too
  const fs::path whole_a = fs::weakly_canonical(fs::absolute(a), error);
  return !error && whole_a == fs::weakly_canonical(fs::absolute(b), error) && !error;
}

}  // namespace

void require_output_file(const fs::path& path) {
  if (!path.has_filename())
    throw StoreError(path.string() + ": names no file; an output needs a file's name");
  std::error_code error;
  const fs::file_type type = fs::symlink_status(path, error).type();
  const bool is_fine = type == fs::file_type::regular || type == fs::file_type::not_found ||
                       type == fs::file_type::none;  // cannot be looked at: writing says why
  if (!is_fine) throw StoreError(path.string() + ": " + describe(type));
}

void require_output_file(const fs::path& path, const fs::path& database) {
  // Before the kind of the file: of a link to the database this is what its user should read.
  std::error_code error;
  const fs::path behind_links = fs::weakly_canonical(fs::absolute(database), error);
  for (const fs::path& named : {database, behind_links}) {
    for (const char* suffix : {"", "-wal", "-shm", "-journal", "-lock"}) {
      if (!same_place(path, named.string() + suffix)) continue;
      throw StoreError(path.string() + ": belongs to the database that is read (" + database.string() +
                       "); name another file");
    }
  }
  require_output_file(path);
}

}  // namespace imp::results
