// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "harness/plan/diagnostics.h"
#include "harness/plan/expression.h"
#include "harness/plan/trial_config.h"
#include "harness/plan/yaml_document.h"

namespace imp::harness {

/// A key and the value that a file gives it, not yet read: `${...}` may stand in it.
struct Setting {
  const KeyDescription* key = nullptr;
  YamlValue value;
};

/// A key and the levels it takes.
struct Factor {
  const KeyDescription* key = nullptr;
  Location location;
  std::vector<YamlValue> levels;
};

/// One entry of a block's `list`.
struct ListedCell {
  Location location;
  std::vector<Setting> settings;
};

/// How cells are made of factors: every combination; the baseline and one factor at a time; the levels side
/// by side; as listed. `none` is the baseline alone.
enum class VaryForm { none, grid, ofat, zip, list };

/// One block of `vary`. A file has one, or a list of them, whose cells are joined.
struct VaryBlock {
  VaryForm form = VaryForm::none;
  Location location = {};
  std::vector<Setting> baseline = {};    ///< over the file's, for the cells of this block only
  std::vector<Factor> factors = {};      ///< of grid, ofat and zip
  std::vector<ListedCell> cells = {};    ///< of list
  std::vector<Expression> exclude = {};  ///< beside the file's, for the cells of this block only
};

}  // namespace imp::harness
