// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

namespace imp::harness {

/// Refuses a runs folder into which a sweep would write what is there of somebody else: a sweep's record that
/// a newer imp wrote (imp::Error, environment), a folder of the sweep's name or of stages that holds nothing
/// of imp's (usage). What is not there yet is well.
void require_own_runs_folder(const std::filesystem::path& runs, const std::string& sweep);

}  // namespace imp::harness
