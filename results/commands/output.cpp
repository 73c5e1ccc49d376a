// SPDX-License-Identifier: Apache-2.0
#include "results/commands/output.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

#include "results/files.h"
#include "results/output_path.h"
#include "results/printable.h"
#include "results/report/terminal.h"
#include "results/store_error.h"

namespace imp::results {
namespace {

std::string chosen_format(const ReportOptions& options, bool to_stdout) {
  if (options.json) return "json";
  if (!options.format.empty()) return options.format;
  return to_stdout && ::isatty(STDOUT_FILENO) == 1 ? "text" : "md";
}

void write_stdout(const std::string& text) {
  const bool written =
      std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  if (!written) {
    throw StoreError("standard output: " + std::generic_category().message(errno),
                     StoreErrorKind::environment);
  }
}

}  // namespace

Output::Output(const ReportOptions& options, const std::vector<std::filesystem::path>& inputs) {
  const bool to_stdout = options.output.empty() || options.output == "-";
  format_name_ = chosen_format(options, to_stdout);
  format_ = find_format(format_name_);
  if (to_stdout) {
    const TerminalStyle style = style_of_standard_output();
    if (format_name_ == "text") format_ = [style](const Table& table) { return to_text(table, style); };
    return;
  }
  file_ = options.output;
  for (const std::filesystem::path& input : inputs) require_output_file(file_, input);
}

void Output::write(const Table& table) const {
  if (format_name_ == "csv") {
    for (const std::string& note : table.notes) fmt::print(stderr, "note: {}\n", printable(note));
  }
  write_text(format_(table));
}

void Output::write_text(const std::string& text) const {
  file_.empty() ? write_stdout(text) : write_text_atomically(file_, text);
}

}  // namespace imp::results
