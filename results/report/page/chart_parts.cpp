// SPDX-License-Identifier: Apache-2.0
#include "results/report/page/chart_parts.h"

namespace imp::results::chart_parts {

using nlohmann::json;

double points(double fraction) {
  return 100.0 * fraction;
}

json maybe_points(std::optional<double> fraction) {
  return fraction ? json(points(*fraction)) : json(nullptr);
}

Chart finished(const std::string& id, const std::string& description, json spec) {
  spec["$schema"] = "https://vega.github.io/schema/vega-lite/v6.json";
  spec["description"] = description;
  return {id, description, spec.dump(-1, ' ', false, json::error_handler_t::replace)};
}

json quantitative(const std::string& field, const std::string& title) {
  return {{"field", field}, {"type", "quantitative"}, {"title", title}};
}

json tooltip(const std::vector<std::pair<std::string, std::string>>& fields) {
  json entries = json::array();
  for (const auto& [field, title] : fields) entries.push_back({{"field", field}, {"title", title}});
  return entries;
}

json color_by(const std::string& field, const std::string& title, std::size_t values) {
  constexpr std::size_t kLegendItems = 12;  // beyond it a legend explains nothing
  json color{{"field", field}, {"type", "nominal"}, {"title", title}};
  color["scale"] = {{"scheme", "tableau10"}};
  color["legend"] =
      values > kLegendItems || values < 2
          ? json(nullptr)
          : json{{"orient", "bottom"}, {"columns", 2}, {"labelLimit", 300}, {"symbolOpacity", 1}};
  return color;
}

}  // namespace imp::results::chart_parts
