// SPDX-License-Identifier: Apache-2.0
#include "results/writer_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <thread>
#include <utility>

#include "results/store_error.h"

namespace imp::results {

WriterLock::WriterLock(const std::filesystem::path& database, std::chrono::milliseconds patience) {
  const std::string path = database.string() + "-lock";
  std::error_code ignored;  // a folder that cannot be made shows in open(), with a reason
  if (database.has_parent_path()) std::filesystem::create_directories(database.parent_path(), ignored);
  descriptor_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor_ < 0) {
    throw StoreError(path + ": " + std::generic_category().message(errno) +
                         "; choose a folder that can be written with --db",
                     StoreErrorKind::environment);
  }
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
    if (std::chrono::steady_clock::now() >= deadline) {
      ::close(descriptor_);
      throw StoreError(database.string() + ": " + kLockedMessage, StoreErrorKind::environment);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

WriterLock::~WriterLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

WriterLock::WriterLock(WriterLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

}  // namespace imp::results
