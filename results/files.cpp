// SPDX-License-Identifier: Apache-2.0
#include "results/files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <system_error>

#include "results/output_path.h"
#include "results/store_error.h"

namespace imp::results {
namespace {

StoreError system_failure(const std::filesystem::path& path, int error) {
  return StoreError(path.string() + ": cannot be written: " + std::generic_category().message(error),
                    StoreErrorKind::environment);
}

std::filesystem::path folder_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

/// Writes all bytes and syncs them; returns 0 or errno.
int write_and_sync(int descriptor, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(descriptor, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return ::fsync(descriptor) == 0 ? 0 : errno;
}

}  // namespace

std::string read_text(const std::filesystem::path& path) {
  std::error_code error;
  const bool is_file = std::filesystem::is_regular_file(path, error);
  std::ifstream stream(path, std::ios::binary);
  if (!is_file || !stream) throw StoreError(path.string() + ": cannot be read; is it there, as a file?");
  std::string content;
  constexpr std::size_t kPiece = std::size_t{1} << 20U;
  do {
    const std::size_t before = content.size();
    content.resize(before + kPiece);
    stream.read(content.data() + before, kPiece);
    content.resize(before + static_cast<std::size_t>(stream.gcount()));
  } while (stream);
  if (!stream.eof()) throw StoreError(path.string() + ": cannot be read to its end");
  return content;
}

void rename_durably(const std::filesystem::path& from, const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::rename(from, path, error);
  if (error) throw system_failure(path, error.value());
  const int folder = ::open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return;
  ::fsync(folder);
  ::close(folder);
}

void write_text_atomically(const std::filesystem::path& path, std::string_view content) {
  require_output_file(path);
  std::error_code error;
  std::filesystem::create_directories(folder_of(path), error);
  if (error) throw system_failure(path, error.value());
  const std::filesystem::path aside = path.string() + ".new-" + std::to_string(::getpid());
  const int descriptor = ::open(aside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (descriptor < 0) throw system_failure(path, errno);
  int failure = write_and_sync(descriptor, content);
  if (::close(descriptor) != 0 && failure == 0) failure = errno;
  try {
    if (failure != 0) throw system_failure(path, failure);
    rename_durably(aside, path);
  } catch (...) {
    std::filesystem::remove(aside, error);
    throw;
  }
}

}  // namespace imp::results
