// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "harness/plan/plan.h"

namespace imp::harness {

/// Plans a sweep and opens, before any time is spent, what its stages that are still to be made will need and
/// what can be looked at in milliseconds: annotations and pictures of benchmarks, configs, headers of
/// weights, tokenizers, processors, conversations, adapters, projectors, both ends of files of rows, room on
/// the disk. Each input is opened once however many trials name it, and none for a sweep that is finished.
/// available: bytes on the disk; those that it has where none is given.
/// Fills in Plan::benchmarks, Plan::bytes, Plan::features and Plan::gpu. Throws imp::Error: usage with every
/// fault, one a line, each with the place in the sweep file that names the input; environment for a runs
/// folder that cannot be written. A GPU that is not there is a note here; require_devices() is for who runs
/// the plan.
[[nodiscard]] Plan plan_and_check(Sweep sweep, const std::filesystem::path& runs_dir,
                                  std::optional<std::int64_t> available = {});

}  // namespace imp::harness
