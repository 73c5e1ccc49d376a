// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <filesystem>
#include <istream>

#include "harness/plan/expand.h"

namespace imp::harness {

/// A worker's life: does the units that come as lines from `units`, one after another, and reports to the
/// descriptor, a line each (work_unit.h). It ends with its input. A coordinator that is gone changes nothing
/// about the unit at hand: its outcome goes into the run folder, where the next coordinator finds it. Returns
/// the program's exit code.
[[nodiscard]] int serve_as_worker(const Sweep& sweep, const std::filesystem::path& runs,
                                  const std::atomic<bool>& stop, std::istream& units, int reports);

}  // namespace imp::harness
