// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

#include "harness/inventory/unreferenced.h"

namespace imp::harness {

/// Gives the claim on a stage (stages/stage_store.h), held as long as the pointer lives.
using ClaimStage = std::function<std::shared_ptr<void>(const StageInput& stage)>;

struct Removal {
  std::vector<Leftover> removed;
  std::vector<LeftAlone> kept;  ///< that were taken up by somebody since they were found
};

/// Removes leftovers: each is renamed into `<runs>/.trash-...` first, a stage under its claim and only if it
/// is still nobody's then, and all of that folder is deleted at the end. So a kill leaves nothing half: what
/// is in a trash folder is the next removal's. Throws imp::Error (environment) for what cannot be renamed.
[[nodiscard]] Removal remove_leftovers(const std::filesystem::path& runs,
                                       const std::vector<Leftover>& leftovers, const ClaimStage& claim);

}  // namespace imp::harness
