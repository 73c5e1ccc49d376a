// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/claims_record.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "models/io/error.h"
#include "models/io/file.h"
#include "models/io/sha256.h"
#include "results/claims/claims_file.h"
#include "results/store_error.h"

namespace imp::harness {

namespace {

using nlohmann::ordered_json;

/// The entries that are there; a record that cannot be read is not replaced, since it says what came first.
ordered_json earlier_entries(const std::filesystem::path& file) {
  if (!std::filesystem::exists(file)) return ordered_json::array();
  const ordered_json record = ordered_json::parse(read_file(file), nullptr, false);
  const bool is_ours = record.is_object() && record.contains("entries") && record["entries"].is_array();
  if (is_ours) return record["entries"];
  throw Error(file.string() + ": is no record of claims; move it away, then a new one is begun");
}

}  // namespace

void check_claims(const SweepSpec& spec, Diagnostics& diagnostics) {
  if (spec.claims.empty()) return;
  try {
    static_cast<void>(results::parse_claims(results::read_claims_text(spec.claims), spec.claims.string()));
  } catch (const results::StoreError& error) {
    diagnostics.add(spec.claims_location,
                    fmt::format("claims names {}, which cannot be used:", spec.claims.string()));
    diagnostics.add_lines(error.what());
  }
}

void record_claims(const SweepSpec& spec, const std::filesystem::path& runs_dir, const std::string& now) {
  if (spec.claims.empty()) return;
  const std::filesystem::path file = runs_dir / spec.name / "claims.json";
  const std::string text = read_file(spec.claims);
  ordered_json entries = earlier_entries(file);
  const bool is_known =
      !entries.empty() && entries.back().is_object() && entries.back().value("text", "") == text;
  if (is_known) return;
  entries.push_back(
      {{"file", spec.claims.string()}, {"sha256", sha256(text)}, {"recorded", now}, {"text", text}});
  const ordered_json record{{"schema", 1}, {"sweep", spec.name}, {"entries", entries}};
  write_file_atomically(file, record.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n");
}

}  // namespace imp::harness
