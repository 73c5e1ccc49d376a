// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "results/commands/command.h"
#include "results/report/format.h"

namespace imp::results {

/// Where a subcommand's text goes and in which format.
class Output {
 public:
  /// Throws StoreError (usage): an unknown format; an output that is no regular file or belongs to one of the
  /// databases `inputs`. Made before anything is read, so that such a mistake costs nothing.
  Output(const ReportOptions& options, const std::vector<std::filesystem::path>& inputs);

  /// md, csv, json, ...
  [[nodiscard]] const std::string& format_name() const { return format_name_; }
  [[nodiscard]] const Format& format() const { return format_; }
  /// Whether a person reads it as it is, so that a sweep's effects follow its table.
  [[nodiscard]] bool is_for_people() const { return format_name_ == "md" || format_name_ == "text"; }

  /// Formats the table and writes it. csv has no place for notes: they go to standard error.
  void write(const Table& table) const;
  /// Writes to standard output, or the file whole or not at all. Throws StoreError (environment).
  void write_text(const std::string& text) const;

 private:
  std::string format_name_;
  std::filesystem::path file_;  ///< empty for standard output
  Format format_;
};

}  // namespace imp::results
