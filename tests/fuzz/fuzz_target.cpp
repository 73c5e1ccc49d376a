// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/fuzz_target.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "models/io/error.h"

namespace imp::test {
namespace {

/// Each line of a message names the file.
void check_message(std::string_view message, const std::string& path) {
  for (std::string_view rest = message;;) {
    const std::size_t end = rest.find('\n');
    if (rest.substr(0, end).find(path) == std::string_view::npos) break;
    if (end == std::string_view::npos) return;
    rest.remove_prefix(end + 1);
  }
  std::fprintf(stderr, "a line does not name its file: %.*s\n", static_cast<int>(message.size()),
               message.data());
  std::abort();
}

}  // namespace

void read_as_file(std::span<const std::uint8_t> data,
                  const std::function<void(const std::filesystem::path&)>& read) {
  const int descriptor = ::memfd_create("fuzz", MFD_CLOEXEC);
  if (descriptor < 0 || ::write(descriptor, data.data(), data.size()) != static_cast<ssize_t>(data.size()))
    std::abort();
  const std::string path = "/proc/self/fd/" + std::to_string(descriptor);
  try {
    read(path);
  } catch (const Error& error) {
    check_message(error.what(), path);
  }
  ::close(descriptor);
}

}  // namespace imp::test
