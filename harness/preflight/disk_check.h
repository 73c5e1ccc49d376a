// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>

#include "harness/plan/plan.h"
#include "harness/preflight/model_check.h"

namespace imp::harness {

/// Fills in what the stages of a plan which are still to be made will write, about: PlannedStage::bytes
/// (features in their number format, rendered pictures, adapters or whole language models),
/// PlannedStage::pictures, and Plan::bytes, which has also the largest training checkpoint twice, since the
/// next one is written beside it. Stages whose models could not be read count nothing.
void estimate_bytes(Plan& plan, const ModelCheck& models);

/// Room on the disk of a folder that may not exist yet.
[[nodiscard]] std::int64_t available_bytes(const std::filesystem::path& folder);

/// Bytes that interrupted features stages of a plan have left, which are written anew.
[[nodiscard]] std::int64_t unfinished_features_bytes(const Plan& plan, const std::filesystem::path& runs_dir);

/// Throws imp::Error (usage) with both numbers if `available` is clearly not enough for `needed`. Needs of
/// less than 64 MiB pass: others write to the disk too, and a full one ends a run cleanly. `features`: bytes
/// of `needed` that are image features.
void require_room(std::int64_t needed, std::int64_t available, const std::filesystem::path& folder,
                  std::int64_t features = 0);

}  // namespace imp::harness
