// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace imp::harness {

/// A worker as its coordinator sees it: a process of this program, a pipe for units and one for reports. It
/// is in a process group of its own, so that a terminal's Ctrl-C reaches the coordinator alone.
class WorkerProcess {
 public:
  /// arguments: of imp-sweep; threads: that it computes with. Throws imp::Error (environment).
  WorkerProcess(const std::vector<std::string>& arguments, int threads);
  /// Asks a process that still runs to stop, and waits for its end.
  ~WorkerProcess();
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  /// To be polled for reports.
  [[nodiscard]] int descriptor() const { return reports_; }
  /// A process that cannot take it any more is seen by its end.
  void send(const std::string& line) const;
  /// The reports that are there, without waiting; nothing once the process has ended and all are read.
  [[nodiscard]] std::optional<std::vector<std::string>> read();
  /// No more units: it ends after the one at hand.
  void close_units();
  void signal(int number) const;
  /// Waits for the process's end; how it came, in words: `killed by SIGKILL`, `exit status 3`.
  std::string wait();

 private:
  pid_t pid_ = -1;
  int units_ = -1, reports_ = -1;
  std::string unfinished_;  ///< the beginning of a line
  std::string end_;         ///< set by wait()
};

}  // namespace imp::harness
