// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include <filesystem>
#include <string>

namespace imp::harness {

/// The faster of float32 and bfloat16 for matrix products of a training step's shape on this machine, by a
/// measurement of a few milliseconds (design: numerics). bfloat16 must win by a fifth, since it also costs
/// casts. tokens x in -> out is the shape of a typical product.
[[nodiscard]] at::ScalarType faster_dtype(int64_t tokens, int64_t in_features, int64_t out_features,
                                          at::Device device = at::kCPU);

/// Name of the file in a stage's folder that holds what `auto` became.
inline constexpr const char* kChosenDtype = "dtype";

/// Resolves the configuration key `dtype`. What `auto` became is kept in `<folder>/dtype`, so that a resumed
/// run goes on in it. Throws imp::Error (usage) for bfloat16 on a GPU that has no units for it.
[[nodiscard]] at::ScalarType resolve_dtype(const std::string& dtype, const std::filesystem::path& folder,
                                           int64_t tokens, int64_t in_features, int64_t out_features,
                                           at::Device device = at::kCPU);

}  // namespace imp::harness
