// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/data/assets.h"
#include "harness/data/vocabulary.h"

namespace imp::harness::testing {

/// Loaded once a test program: every test reads the same fonts, backgrounds and words.
inline const Assets& assets() {
  static const Assets loaded;
  return loaded;
}

inline const Vocabulary& vocabulary() {
  static const Vocabulary loaded;
  return loaded;
}

}  // namespace imp::harness::testing
