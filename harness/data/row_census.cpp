// SPDX-License-Identifier: Apache-2.0
#include "harness/data/row_census.h"

#include <fmt/format.h>

#include <algorithm>

#include "models/io/error.h"

namespace imp::harness {
namespace {

std::string detail_of(RowKind kind, const LlavaRow& row, const EncodedLlavaRow& encoded) {
  const models::EncodedRow& ids = encoded.encoded;
  if (row.left_out == kind) return row.found;
  if (kind == RowKind::mismatched) return fmt::format("{} for {}", ids.counted_tokens, ids.own_tokens);
  if (kind == RowKind::picture_count) return fmt::format("{} names", row.images.size());
  if (kind == RowKind::several_captions) return fmt::format("{} turns", row.turns.size());
  if (kind == RowKind::unread_key) return "'" + row.unread_key + "'";
  return "";
}

/// An id as a line shows it: cut, without control characters.
std::string shown_id(const std::string& id) {
  constexpr std::size_t kMost = 40;
  std::string shown;
  for (const char c : id) {
    if (shown.size() >= kMost && (static_cast<unsigned char>(c) & 0xc0) != 0x80) return shown + "...";
    shown += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
  }
  return shown;
}

}  // namespace

void RowCounter::add(std::int64_t number, const LlavaRow& row, const EncodedLlavaRow& encoded) {
  ++rows_;
  teaching_ += std::none_of(encoded.kinds.begin(), encoded.kinds.end(), teaches_nothing) ? 1 : 0;
  for (const RowKind kind : encoded.kinds) {
    auto finding = std::find_if(findings_.begin(), findings_.end(),
                                [kind](const RowFinding& known) { return known.kind == kind; });
    if (finding == findings_.end())
      finding = findings_.insert(findings_.end(), {kind, 0, number, "", "", {}});
    ++finding->rows;
    if (finding->rows > 1 && number > finding->first) continue;
    finding->first = number;
    finding->id = row.id;
    finding->detail = detail_of(kind, row, encoded);
  }
}

RowCensus RowCounter::census(const LlavaFile& file) const {
  RowCensus census;
  census.file = file.path().string();
  census.rows = rows_;
  census.whole = file.is_whole() && rows_ == file.size();
  census.teaching = teaching_;
  census.findings = findings_;
  std::sort(census.findings.begin(), census.findings.end(),
            [](const RowFinding& a, const RowFinding& b) { return a.first < b.first; });
  std::vector<std::int64_t> rows;
  for (const RowFinding& finding : census.findings) rows.push_back(finding.first);
  const std::vector<FilePlace> places = file.places_of(rows);
  for (std::size_t i = 0; i < places.size(); ++i) census.findings[i].place = places[i];
  std::stable_sort(census.findings.begin(), census.findings.end(),
                   [](const RowFinding& a, const RowFinding& b) { return a.kind < b.kind; });
  return census;
}

RowCensus take_census(const LlavaFile& file, const models::Tokenizer& tokenizer, const RowEncoding& encoding,
                      std::uint64_t most_bytes) {
  RowCounter counter;
  std::uint64_t bytes = 0;
  for (std::int64_t i = 0; i < file.size() && bytes < most_bytes; ++i) {
    const LlavaRow row = file.row(i);
    counter.add(i, row, encode(file, i, row, tokenizer, encoding));
    bytes += static_cast<std::uint64_t>(file.length(i));
  }
  return counter.census(file);
}

RowCensus take_census(const LlavaFile& file) {
  RowCounter counter;
  for (std::int64_t i = 0; i < file.size(); ++i) {
    const LlavaRow row = file.row(i);
    EncodedLlavaRow known;
    if (row.left_out) known.kinds.push_back(*row.left_out);
    if (!row.left_out && !row.turns.back().answer) known.kinds.push_back(RowKind::unanswered);
    if (!row.unread_key.empty()) known.kinds.push_back(RowKind::unread_key);
    counter.add(i, row, known);
  }
  return counter.census(file);
}

void require_teaching(const RowCensus& census) {
  if (census.teaching > 0) return;
  std::string lines = fmt::format("{}: none of its {} rows has a token to learn", census.file, census.rows);
  for (const RowFinding& finding : census.findings) {
    if (!teaches_nothing(finding.kind)) continue;
    lines += fmt::format("; {}: {}, the first row {}", finding.rows, description_of(finding.kind),
                         finding.first + 1);
  }
  throw Error(lines);
}

std::string sentence(const RowCensus& census, const RowFinding& finding) {
  std::string who = fmt::format("row {}", finding.first + 1);
  if (!finding.id.empty()) who += fmt::format(" (id '{}')", shown_id(finding.id));
  const std::string detail = finding.detail.empty() ? "" : fmt::format(" ({})", shown_id(finding.detail));
  return fmt::format("{}:{}:{}: {}: {}{}; {} of {}{} rows are so and {}", census.file, finding.place.line,
                     finding.place.column, who, description_of(finding.kind), detail, finding.rows,
                     census.whole ? "" : "the first ", census.rows, consequence_of(finding.kind));
}

std::vector<std::string> sentences(const RowCensus& census) {
  std::vector<std::string> lines;
  for (const RowFinding& finding : census.findings) lines.push_back(sentence(census, finding));
  return lines;
}

nlohmann::ordered_json to_json(const RowCensus& census) {
  auto kinds = nlohmann::ordered_json::array();
  for (const RowFinding& finding : census.findings) {
    kinds.push_back({{"kind", name_of(finding.kind)},
                     {"rows", finding.rows},
                     {"teaches_nothing", teaches_nothing(finding.kind)},
                     {"row", finding.first + 1},
                     {"line", finding.place.line},
                     {"column", finding.place.column},
                     {"id", finding.id},
                     {"text", sentence(census, finding)}});
  }
  return {{"file", census.file},
          {"rows", census.rows},
          {"whole", census.whole},
          {"teaching", census.teaching},
          {"kinds", kinds}};
}

}  // namespace imp::harness
