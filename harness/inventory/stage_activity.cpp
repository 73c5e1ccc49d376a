// SPDX-License-Identifier: Apache-2.0
#include "harness/inventory/stage_activity.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

#include "harness/inventory/folder_content.h"

namespace imp::harness {
namespace fs = std::filesystem;
namespace {

/// Asks without waiting. A lock that cannot be asked counts as held.
bool is_locked(const fs::path& lock) {
  const int descriptor = ::open(lock.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (descriptor < 0) return errno != ENOENT;
  const bool held = ::flock(descriptor, LOCK_EX | LOCK_NB) != 0;
  ::close(descriptor);
  return held;
}

}  // namespace

bool is_recent(fs::file_time_type written) {
  return fs::file_time_type::clock::now() - written < kRecently;
}

bool is_being_made(const fs::path& stages, const std::string& stage) {
  if (is_locked(stages / (".lock-" + stage))) return true;
  for (const char* prefix : {".lock-", ".lease-", ".making-"})
    if (is_recent(content_of(stages / (prefix + stage)).written)) return true;
  return false;
}

}  // namespace imp::harness
