// SPDX-License-Identifier: Apache-2.0
#include "models/io/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "models/io/error.h"
#include "models/io/output_path.h"

namespace imp {
namespace fs = std::filesystem;

namespace {

[[noreturn]] void fail(const fs::path& path, const char* action, ErrorKind kind) {
  throw Error(path.string() + ": cannot " + action + ": " + std::strerror(errno), kind);
}

/// Owns a file descriptor.
class Descriptor {
 public:
  Descriptor(const fs::path& path, int flags, const char* action, ErrorKind kind)
      : value_(::open(path.c_str(), flags | O_CLOEXEC, 0644)) {
    if (value_ < 0) fail(path, action, kind);
  }
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return value_; }

 private:
  int value_;
};

void write_all(int descriptor, std::string_view content, const fs::path& path) {
  while (!content.empty()) {
    const ssize_t written = ::write(descriptor, content.data(), content.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      fail(path, "write", ErrorKind::environment);
    }
    content.remove_prefix(static_cast<std::size_t>(written));
  }
}

void sync_path(const fs::path& path, int flags) {
  const Descriptor file(path, flags, "open", ErrorKind::environment);
  if (::fsync(file.get()) != 0) fail(path, "sync", ErrorKind::environment);
}

void sync_directory(const fs::path& path) {
  sync_path(path.empty() ? "." : path, O_RDONLY | O_DIRECTORY);
}

void make_directories(const fs::path& path) {
  if (path.empty()) return;
  std::error_code error;
  fs::create_directories(path, error);
  if (error)
    throw Error(path.string() + ": cannot create folder: " + error.message(), ErrorKind::environment);
}

}  // namespace

std::string read_file(const fs::path& path) {
  const Descriptor file(path, O_RDONLY, "read", ErrorKind::usage);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) fail(path, "read", ErrorKind::usage);
  if (S_ISDIR(status.st_mode)) throw Error(path.string() + ": is a folder; a file is needed");
  std::string content;
  content.reserve(static_cast<std::size_t>(status.st_size));
  char buffer[1 << 16];
  for (;;) {
    const ssize_t count = ::read(file.get(), buffer, sizeof buffer);
    if (count < 0) {
      if (errno == EINTR) continue;
      fail(path, "read", ErrorKind::usage);
    }
    if (count == 0) return content;
    content.append(buffer, static_cast<std::size_t>(count));
  }
}

void write_file_atomically(const fs::path& path, std::string_view content) {
  require_output_file(path);
  make_directories(path.parent_path());
  fs::path aside = path;
  aside += ".aside-" + std::to_string(::getpid());
  try {
    const Descriptor file(aside, O_WRONLY | O_CREAT | O_TRUNC, "write", ErrorKind::environment);
    write_all(file.get(), content, aside);
    if (::fsync(file.get()) != 0) fail(aside, "sync", ErrorKind::environment);
  } catch (...) {
    ::unlink(aside.c_str());
    throw;
  }
  if (::rename(aside.c_str(), path.c_str()) != 0) fail(path, "rename onto", ErrorKind::environment);
  sync_directory(path.parent_path());
}

void publish_directory(const fs::path& from, const fs::path& to) {
  make_directories(to.parent_path());
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(from)) {
    if (entry.is_regular_file()) sync_path(entry.path(), O_RDONLY);
    if (entry.is_directory()) sync_directory(entry.path());
  }
  sync_directory(from);
  if (fs::exists(to)) throw Error(to.string() + ": already exists", ErrorKind::environment);
  if (::rename(from.c_str(), to.c_str()) != 0) fail(to, "rename onto", ErrorKind::environment);
  sync_directory(to.parent_path());
}

LineWriter::LineWriter(const fs::path& path, long long keep_bytes) : path_(path) {
  require_output_file(path);
  make_directories(path.parent_path());
  descriptor_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (descriptor_ < 0) fail(path, "write", ErrorKind::environment);
  if (keep_bytes >= 0 && ::ftruncate(descriptor_, keep_bytes) != 0) {
    const int reason = errno;
    ::close(descriptor_);
    errno = reason;
    fail(path, "truncate", ErrorKind::environment);
  }
}

LineWriter::LineWriter(LineWriter&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), path_(std::move(other.path_)) {}

LineWriter::~LineWriter() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void LineWriter::write(std::string_view line) {
  std::string whole(line);
  whole += '\n';
  write_all(descriptor_, whole, path_);
}

long long LineWriter::sync() {
  if (::fsync(descriptor_) != 0) fail(path_, "sync", ErrorKind::environment);
  const off_t length = ::lseek(descriptor_, 0, SEEK_END);
  if (length < 0) fail(path_, "measure", ErrorKind::environment);
  return length;
}

MappedFile::MappedFile(const fs::path& path) {
  const Descriptor file(path, O_RDONLY, "read", ErrorKind::usage);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) fail(path, "read", ErrorKind::usage);
  if (!S_ISREG(status.st_mode)) throw Error(path.string() + ": is not a regular file");
  size_ = static_cast<std::size_t>(status.st_size);
  if (size_ == 0) return;
  void* address = ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, file.get(), 0);
  if (address == MAP_FAILED) fail(path, "map", ErrorKind::usage);
  data_ = static_cast<const std::byte*>(address);
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), size_);
}

}  // namespace imp
