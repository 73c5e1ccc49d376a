// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace imp::models {

/// What bytes that no decoder of ours takes are, by how they begin: "is an AVIF picture; save it as PNG or
/// JPEG", "is a web page (HTML) and no picture; ...". Fit to follow a file's name.
[[nodiscard]] std::string what_it_is_instead(std::span<const std::byte> bytes);

}  // namespace imp::models
