// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>

#include "harness/plan/plan.h"
#include "harness/preflight/model_check.h"

namespace imp::harness {

/// Bytes that the stages of a plan which are still to be made will write, about: features (float32), rendered
/// pictures, adapters or whole language models, and the largest training checkpoint twice, since the next one
/// is written beside it. Stages whose models could not be read count nothing.
[[nodiscard]] std::int64_t estimate_bytes(const Plan& plan, const ModelCheck& models);

/// Room on the disk of a folder that may not exist yet.
[[nodiscard]] std::int64_t available_bytes(const std::filesystem::path& folder);

/// Throws imp::Error (usage) with both numbers if `available` is clearly not enough for `needed`. Needs of
/// less than 64 MiB pass: others write to the disk too, and a full one ends a run cleanly.
void require_room(std::int64_t needed, std::int64_t available, const std::filesystem::path& folder);

}  // namespace imp::harness
