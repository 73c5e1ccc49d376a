// SPDX-License-Identifier: Apache-2.0
#include "results/report/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <string_view>

namespace imp::results {
namespace {

constexpr std::size_t kNarrowest = 20;

/// What COLUMNS says, if it is a number.
std::optional<std::size_t> columns_variable() {
  const char* value = std::getenv("COLUMNS");
  if (value == nullptr) return std::nullopt;
  const std::string_view text(value);
  std::size_t width = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), width);
  if (error != std::errc() || end != text.data() + text.size() || width == 0) return std::nullopt;
  return width;
}

bool is_set(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0';
}

}  // namespace

TerminalStyle style_of_standard_output() {
  TerminalStyle style;
  winsize size{};
  const bool knows_size = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  style.width = knows_size ? size.ws_col : columns_variable().value_or(style.width);
  style.width = std::max(style.width, kNarrowest);
  const char* term = std::getenv("TERM");
  const bool is_dumb = term == nullptr || std::string_view(term) == "dumb";
  style.bold = ::isatty(STDOUT_FILENO) == 1 && !is_dumb && !is_set("NO_COLOR");
  return style;
}

Format format_of_standard_output() {
  if (::isatty(STDOUT_FILENO) != 1) return to_markdown;
  return [style = style_of_standard_output()](const Table& table) { return to_text(table, style); };
}

}  // namespace imp::results
