// SPDX-License-Identifier: Apache-2.0
#include "harness/programs/stop_request.h"

#include <csignal>
#include <cstdlib>

#include "harness/programs/sweep_run.h"

namespace imp::harness {
namespace {

void take_request(int signal) {
  StopRequest& request = stop_request();
  request.made = true;
  int none = 0;
  request.signal.compare_exchange_strong(none, signal);
  if (++request.count > 1 && request.second_ends_process) std::_Exit(code_of_stop());
}

}  // namespace

StopRequest& stop_request() {
  static StopRequest request;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)
  return request;
}

void listen_for_stop_requests() {
  StopRequest& request = stop_request();
  request.made = false;
  request.count = request.signal = 0;
  for (const int signal : {SIGINT, SIGTERM, SIGUSR2}) std::signal(signal, take_request);
}

int code_of_stop() {
  return stop_request().signal == SIGINT ? kInterrupted : kWorkLeft;
}

}  // namespace imp::harness
