// SPDX-License-Identifier: Apache-2.0
// Loaded before the C library (LD_PRELOAD): lets the n-th call of a kind, counted over one process's files
// below a folder, fail as a bad disk would. IMP_FAILING_CALL is `write:12:28`: kind, number and errno; the
// folder is IMP_FAILING_BELOW.
#include <dlfcn.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));  // NOLINT: how dlsym gives functions
}

bool is_below(std::string_view path) {
  const char* folder = std::getenv("IMP_FAILING_BELOW");
  return folder != nullptr && path.starts_with(folder);
}

bool is_below(int descriptor) {
  std::array<char, 4096> path{};
  const std::string link = "/proc/self/fd/" + std::to_string(descriptor);
  const ssize_t length = ::readlink(link.c_str(), path.data(), path.size());
  return length > 0 && is_below(std::string_view(path.data(), static_cast<std::size_t>(length)));
}

/// Counts a call; whether it is the one to fail, with errno set.
bool fails(std::string_view kind) {
  static std::atomic<int> calls{0};
  const char* wanted = std::getenv("IMP_FAILING_CALL");
  std::array<char, 16> name{};
  int number = 0, error = 0;
  if (wanted == nullptr || std::sscanf(wanted, "%15[a-z]:%d:%d", name.data(), &number, &error) != 3)
    return false;
  if (kind != name.data() || ++calls != number) return false;
  errno = error;
  return true;
}

}  // namespace

extern "C" {

ssize_t write(int descriptor, const void* data, std::size_t size) {
  static const auto real = next<ssize_t(int, const void*, std::size_t)>("write");
  return is_below(descriptor) && fails("write") ? -1 : real(descriptor, data, size);
}

ssize_t pwrite(int descriptor, const void* data, std::size_t size, off_t offset) {
  static const auto real = next<ssize_t(int, const void*, std::size_t, off_t)>("pwrite");
  return is_below(descriptor) && fails("write") ? -1 : real(descriptor, data, size, offset);
}

int fsync(int descriptor) {
  static const auto real = next<int(int)>("fsync");
  return is_below(descriptor) && fails("fsync") ? -1 : real(descriptor);
}

int rename(const char* from, const char* to) noexcept {
  static const auto real = next<int(const char*, const char*)>("rename");
  return is_below(from) && fails("rename") ? -1 : real(from, to);
}

}  // extern "C"
