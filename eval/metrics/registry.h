// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string_view>

namespace imp::eval {

/// A metric as `imp-eval metric NAME` offers it: reads the input keys of a JSON line and adds the computed
/// ones.
struct LineMetric {
  std::string_view name;
  std::string_view inputs;   ///< keys it reads, for messages
  std::string_view outputs;  ///< keys it adds
  /// Adds the computed keys. Throws imp::Error naming a key that is absent or of the wrong type.
  void (*add_keys)(nlohmann::ordered_json& line);
};

/// All metrics, by name.
[[nodiscard]] std::span<const LineMetric> line_metrics();

/// The metric of that name. Throws imp::Error listing the names if there is none.
[[nodiscard]] const LineMetric& find_line_metric(std::string_view name);

}  // namespace imp::eval
