// SPDX-License-Identifier: Apache-2.0
#include "harness/lease/heartbeat.h"

#include <unistd.h>

#include <utility>

#include "harness/lease/lease_record.h"

namespace imp::harness {

Heartbeat::~Heartbeat() {
  thread_ = {};  // before the files that it writes
  for (const auto& [token, file] : files_) ::close(file.descriptor);
}

void Heartbeat::add(const std::string& token, int descriptor, std::string record) {
  const std::lock_guard lock(mutex_);
  files_.emplace(token, BeatenFile{descriptor, std::move(record), 0});
  if (!thread_.joinable()) thread_ = std::jthread([this](const std::stop_token& stop) { beat_until(stop); });
}

void Heartbeat::remove(const std::string& token) {
  const std::lock_guard lock(mutex_);
  const auto file = files_.extract(token);
  if (file) ::close(file.mapped().descriptor);
}

void Heartbeat::beat_until(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!woken_.wait_for(lock, stop, every_, [&] { return stop.stop_requested(); })) {
    for (auto& [token, file] : files_) {
      const std::string record = with_beat(file.record, ++file.beat);
      // A beat that fails is one that others miss: the next one may come through.
      if (::pwrite(file.descriptor, record.data(), record.size(), 0) >= 0) ::fdatasync(file.descriptor);
    }
  }
}

}  // namespace imp::harness
