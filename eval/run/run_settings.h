// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <c10/core/Device.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "eval/run/run_benchmarks.h"

namespace imp::eval {

/// What all answers of a run depend on: the files that make the checkpoint, and how it is asked.
[[nodiscard]] nlohmann::json run_settings(const RunRequest& request, at::Device device);

/// The checkpoint's name for lmms-eval's folders.
[[nodiscard]] std::string model_name(const std::filesystem::path& directory);

}  // namespace imp::eval
