// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>

namespace imp::eval {

/// Things made one after another on a thread of their own, at most so many before they are asked for.
template <typename Thing>
class MadeAhead {
 public:
  /// make: gives the next thing, or nothing at the end; what it throws is thrown by next() in its place.
  MadeAhead(std::function<std::optional<Thing>()> make, std::size_t most)
      : make_(std::move(make)), most_(most), thread_([this](const std::stop_token& stop) { run(stop); }) {}

  [[nodiscard]] std::optional<Thing> next() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !ready_.empty() || over_; });
    if (ready_.empty()) {
      if (failure_) std::rethrow_exception(failure_);
      return std::nullopt;
    }
    std::optional<Thing> thing(std::move(ready_.front()));
    ready_.pop_front();
    changed_.notify_all();
    return thing;
  }

 private:
  void run(const std::stop_token& stop) {
    try {
      while (std::optional<Thing> thing = make_()) {
        std::unique_lock lock(mutex_);
        ready_.push_back(std::move(*thing));
        changed_.notify_all();
        if (!changed_.wait(lock, stop, [&] { return ready_.size() < most_; })) break;
      }
    } catch (...) {
      const std::lock_guard lock(mutex_);
      failure_ = std::current_exception();
    }
    const std::lock_guard lock(mutex_);
    over_ = true;
    changed_.notify_all();
  }

  std::function<std::optional<Thing>()> make_;
  std::size_t most_;
  std::mutex mutex_;  ///< of what follows
  std::condition_variable_any changed_;
  std::deque<Thing> ready_;
  std::exception_ptr failure_;
  bool over_ = false;
  std::jthread thread_;  ///< last: ends before the others go
};

}  // namespace imp::eval
