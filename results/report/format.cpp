// SPDX-License-Identifier: Apache-2.0
#include "results/report/format.h"

#include <array>
#include <utility>

#include "results/report/terminal.h"
#include "results/store_error.h"

namespace imp::results {
namespace {

std::string to_plain_text(const Table& table) {
  return to_text(table, TerminalStyle());
}

using Function = std::string (*)(const Table&);
constexpr std::array<std::pair<const char*, Function>, 6> kFormats{{{"text", to_plain_text},
                                                                    {"md", to_markdown},
                                                                    {"csv", to_csv},
                                                                    {"json", to_json},
                                                                    {"latex", to_latex},
                                                                    {"html", to_html}}};

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
  throw StoreError("--format: '" + name + "' is not known; use text, md, csv, json, latex or html");
}

}  // namespace imp::results
