// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>

namespace imp::harness {

/// Requests to stop, as signals bring them: after the first one training saves a checkpoint and stops.
struct StopRequest {
  std::atomic<bool> made{false};
  std::atomic<int> count{0};
  std::atomic<int> signal{0};                   ///< the first
  std::atomic<bool> second_ends_process{true};  ///< at once, without waiting for a step's end
};
/// The process's one: a signal handler can reach nothing but a global.
[[nodiscard]] StopRequest& stop_request();

/// From now on SIGINT, SIGTERM and SIGUSR2 are requests to stop, and none has come yet.
void listen_for_stop_requests();

/// The exit code of a run that was stopped. Ctrl-C is a person's; SIGTERM and SIGUSR2 are a scheduler's,
/// which is told that there is work left.
[[nodiscard]] int code_of_stop();

}  // namespace imp::harness
