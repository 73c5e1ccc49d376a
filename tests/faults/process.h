// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace imp::test {

/// A folder of its own for one test, removed with its content at the end.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// What a run of a program left behind.
struct Finished {
  int exit_code = 0;  ///< -9 for a process that SIGKILL ended
  std::string out, err;
  double seconds = 0.0;            ///< from start to end
  double processor_seconds = 0.0;  ///< that it computed, whatever else the machine did
};

/// A program of the build, started with one thread and neither terminal nor input. Killed if still running at
/// the end.
class Process {
 public:
  /// arguments: the program's name, as in build/bin, and its arguments.
  explicit Process(const std::vector<std::string>& arguments);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  void signal(int number) const;
  [[nodiscard]] pid_t pid() const { return pid_; }
  /// Whether it has not ended yet.
  [[nodiscard]] bool running();
  /// Waits for its end; if it takes more than `limit` seconds, kills it and fails the test.
  Finished wait(double limit = 300.0);

 private:
  TemporaryFolder folder_;  ///< of stdout and stderr
  pid_t pid_ = -1;
  int status_ = 0;
  double processor_seconds_ = 0.0;
  bool ended_ = false;
  double start_ = 0.0;
};

/// Starts a program and waits for its end.
[[nodiscard]] Finished run_program(const std::vector<std::string>& arguments, double limit = 300.0);

/// Seconds of a clock that only goes forward.
[[nodiscard]] double now_seconds();
void sleep_seconds(double seconds);

}  // namespace imp::test
