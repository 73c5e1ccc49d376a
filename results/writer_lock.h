// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <filesystem>

namespace imp::results {

inline constexpr const char* kLockedMessage =
    "locked by another process; wait until it ends and run again (the results stay in the run folders)";

/// Held by the one process that may write a database: a lock on the file `<database>-lock`.
/// SQLite up to 3.51.2 can lose pages when two connections write and checkpoint a WAL at once ("WAL-reset
/// bug", fixed in 3.51.3); Debian 12 carries 3.40.1. The lock goes with the process, however it ends.
class WriterLock {
 public:
  /// Waits up to `patience`. Throws StoreError (environment) if another holder stays or the file cannot be
  /// made.
  WriterLock(const std::filesystem::path& database, std::chrono::milliseconds patience);
  ~WriterLock();
  WriterLock(const WriterLock&) = delete;
  WriterLock& operator=(const WriterLock&) = delete;
  WriterLock(WriterLock&& other) noexcept;
  WriterLock& operator=(WriterLock&&) = delete;

 private:
  int descriptor_ = -1;
};

}  // namespace imp::results
