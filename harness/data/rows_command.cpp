// SPDX-License-Identifier: Apache-2.0
#include "harness/data/rows_command.h"

#include <fmt/format.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "harness/data/row_census.h"
#include "models/tokenizer/tokenizer.h"

namespace imp::harness {
namespace {

struct RowTotals {
  std::int64_t with_picture = 0, turns = 0, words = 0;
};

RowTotals totals_of(const LlavaFile& file) {
  RowTotals totals;
  for (std::int64_t i = 0; i < file.size(); ++i) {
    const LlavaRow row = file.row(i);
    totals.with_picture += row.images.empty() ? 0 : 1;
    totals.turns += std::ssize(row.turns);
    totals.words += row.words;
  }
  return totals;
}

RowCensus census_of(const LlavaFile& file, const RowStatisticsOptions& options) {
  if (options.model.empty()) return take_census(file);
  const auto tokenizer = models::Tokenizer::load(options.model);
  return take_census(file, *tokenizer,
                     {models::conversation_template(options.conversation), options.image_tokens,
                      options.max_length, options.isolated},
                     std::numeric_limits<std::uint64_t>::max());
}

}  // namespace

std::string row_statistics(const RowStatisticsOptions& options, bool as_json) {
  const LlavaFile file(options.json);
  const RowTotals totals = totals_of(file);
  const RowCensus census = census_of(file, options);
  const auto pictures = static_cast<std::int64_t>(file.pictures().size());
  if (as_json) {
    nlohmann::ordered_json record = to_json(census);
    record["with_picture"] = totals.with_picture;
    record["pictures"] = pictures;
    record["turns"] = totals.turns;
    record["words"] = totals.words;
    return record.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  }
  std::string text =
      "| rows | with a picture | pictures | questions | words | that teach |\n|---|---|---|---|---|---|\n";
  text += fmt::format("| {} | {} | {} | {} | {} | {} |\n", file.size(), totals.with_picture, pictures,
                      totals.turns, totals.words, census.teaching);
  for (const std::string& line : sentences(census)) text += line + "\n";
  return text;
}

}  // namespace imp::harness
