// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace imp {

/// FIPS 180-4 SHA-256 in hexadecimal, as `sha256sum` prints it: for what people outside imp shall be able to
/// check. content_hash (hash.h) is the faster one for everything else.
[[nodiscard]] std::string sha256(std::string_view bytes);

}  // namespace imp
