// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <iostream>

#include "harness/executor/worker.h"
#include "harness/programs/stop_request.h"
#include "harness/programs/sweep_options.h"

namespace imp::harness {

int work_for_coordinator(const SweepOptions& options) {
  listen_for_stop_requests();
  stop_request().second_ends_process = false;  // a coordinator that does not want to wait sends SIGKILL
  std::signal(SIGPIPE, SIG_IGN);               // one that is gone ends no worker
  // What a library prints must not be taken for a report.
  const int reports = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
  ::dup2(STDERR_FILENO, STDOUT_FILENO);
  const Sweep sweep = load_sweep(options.file, options.overrides, options.only, options.runs);
  return serve_as_worker(sweep, options.runs, stop_request().made, std::cin, reports);
}

}  // namespace imp::harness
