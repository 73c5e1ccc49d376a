// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "results/report/page/charts.h"

namespace imp::results {

/// The place where the page's script draws a chart, with its caption (plain text) and its specification.
[[nodiscard]] std::string figure(const Chart& chart, const std::string& caption);

}  // namespace imp::results
