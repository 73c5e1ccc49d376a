// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "results/printable.h"
#include "results/report/format.h"

namespace imp::results {
namespace {

using Json = nlohmann::ordered_json;

Json as_json(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* number = std::get_if<double>(&value)) return *number;
  if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
  return nullptr;
}

}  // namespace

std::string to_json(const Table& table) {
  Json rows = Json::array();
  for (const auto& row : table.rows) {
    Json object = Json::object();
    for (std::size_t c = 0; c < row.size(); ++c) {
      for (std::size_t f = 0; f < row[c].values.size(); ++f) {
        object[table.columns[c].fields[f]] = as_json(row[c].values[f]);
      }
    }
    rows.push_back(std::move(object));
  }
  const Json root{
      {"title", table.title}, {"rows", rows}, {"notes", table.notes}, {"footnotes", table.footnotes}};
  return printable_lines(root.dump(2, ' ', false, Json::error_handler_t::replace)) + "\n";
}

}  // namespace imp::results
