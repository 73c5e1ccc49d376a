// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/image/image.h"

namespace imp::models {

/// A picture turned and mirrored as TIFF's tag 274 says: 1 as it is, 2 mirrored, 3 upside down, 4 both, 5 to
/// 8 the same with rows and columns exchanged. Any other number leaves it as it is.
[[nodiscard]] Image oriented(Image image, int orientation);

}  // namespace imp::models
