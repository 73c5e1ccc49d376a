// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>

namespace imp::harness {

/// Writes the lease files of a process anew, again and again, on one thread: who watches one sees it change
/// as long as its owner lives. Files are written in place through a descriptor, so that a beat of an owner
/// whose file was moved away by another process reaches that file, and never the other's lease.
class Heartbeat {
 public:
  explicit Heartbeat(std::chrono::milliseconds every) : every_(every) {}
  ~Heartbeat();
  Heartbeat(const Heartbeat&) = delete;
  Heartbeat& operator=(const Heartbeat&) = delete;

  /// Takes over an open descriptor of the file whose content is `record` for beat 0 (lease_record.h).
  void add(const std::string& token, int descriptor, std::string record);
  void remove(const std::string& token);

 private:
  struct BeatenFile {
    int descriptor;
    std::string record;
    long long beat;
  };
  void beat_until(const std::stop_token& stop);

  std::chrono::milliseconds every_;
  std::mutex mutex_;
  std::condition_variable_any woken_;
  std::map<std::string, BeatenFile> files_;  ///< by token
  std::jthread thread_;                      ///< begun with the first file
};

}  // namespace imp::harness
