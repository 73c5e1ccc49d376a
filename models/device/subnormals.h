// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace imp::models {

/// From here on this thread, and those that it starts, take numbers too small for full precision
/// (below 1.2e-38 in float32) for 0. Where questions do not see each other most gradients are tiny, and
/// processors multiply such numbers ten times slower (DESIGN.md, 40). Does nothing on processors that cannot.
void flush_subnormals();

}  // namespace imp::models
