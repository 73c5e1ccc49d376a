// SPDX-License-Identifier: Apache-2.0
#include "results/report/format.h"

#include <array>
#include <utility>

#include "results/store_error.h"

namespace imp::results {
namespace {

constexpr std::array<std::pair<const char*, Format>, 5> kFormats{
    {{"md", to_markdown}, {"csv", to_csv}, {"json", to_json}, {"latex", to_latex}, {"html", to_html}}};

}  // namespace

std::vector<std::string> format_names() {
  std::vector<std::string> names;
  for (const auto& [name, format] : kFormats) names.emplace_back(name);
  return names;
}

Format find_format(const std::string& name) {
  for (const auto& [known, format] : kFormats) {
    if (name == known) return format;
  }
  throw StoreError("--format: '" + name + "' is not known; use md, csv, json, latex or html");
}

}  // namespace imp::results
