// SPDX-License-Identifier: Apache-2.0
#include "results/claims/registration.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "results/files.h"
#include "results/json_fields.h"
#include "results/store_error.h"

namespace imp::results {
namespace {

std::vector<RegisteredFile> load_registered_files(Database& database, const std::string& sweep) {
  std::vector<RegisteredFile> files;
  Statement statement(
      database,
      "SELECT file, sha256, recorded, text FROM claim_file JOIN sweep USING (sweep_id) WHERE name = ? "
      "ORDER BY position");
  statement.bind_all(sweep);
  while (statement.step())
    files.push_back({statement.text(0), statement.text(1), statement.text(2), statement.text(3)});
  return files;
}

/// The claims of an entry; none if it was changed by hand and cannot be read any more.
std::vector<Claim> claims_in(const RegisteredFile& file) {
  try {
    return parse_claims(file.text, file.file);
  } catch (const StoreError&) {
    return {};
  }
}

/// When the first of the sweep's answers began to be: its first attempt, or an evaluation that it took over
/// from another sweep. Empty if nothing has begun. ISO 8601 in UTC sorts as text.
std::string first_start(Database& database, const std::string& sweep) {
  Statement statement(
      database,
      "SELECT coalesce(min(began), '') FROM ("
      "SELECT started AS began FROM attempt JOIN trial USING (trial_id) JOIN sweep USING (sweep_id) WHERE "
      "sweep.name = "
      "?1 AND started <> '' UNION ALL "
      "SELECT made FROM trial_stage AS used JOIN stage USING (kind, key) JOIN trial USING (trial_id) JOIN "
      "sweep USING "
      "(sweep_id) WHERE sweep.name = ?1 AND kind = 'eval' AND used.reused IS NOT NULL AND made <> '')");
  statement.bind_all(sweep);
  return statement.step() ? statement.text(0) : "";
}

}  // namespace

std::vector<RegisteredFile> read_registered_files(const std::filesystem::path& path) {
  const nlohmann::json root = parse_json(read_text(path), path.string());
  const JsonFields fields(root, path.string());
  if (fields.integer("schema") != 1)
    throw StoreError(path.string() + ": its schema is not known; this imp reads schema 1");
  std::vector<RegisteredFile> files;
  for (const nlohmann::json& item : fields.list("entries")) {
    const JsonFields entry(item, path.string() + ": entries");
    files.push_back({entry.text("file"), entry.text("sha256"), entry.text("recorded"), entry.text("text")});
  }
  return files;
}

void replace_registered_files(Database& database, std::int64_t sweep_id,
                              const std::vector<RegisteredFile>& files) {
  Statement(database, "DELETE FROM claim_file WHERE sweep_id = ?").run(sweep_id);
  Statement insert(database, "INSERT INTO claim_file VALUES (?, ?, ?, ?, ?, ?)");
  std::int64_t position = 0;
  for (const RegisteredFile& file : files)
    insert.run(sweep_id, position++, file.file, file.sha256, file.recorded, file.text);
}

Registered registration_of(Database& database, const Claim& claim) {
  Registered found = Registered::never;
  const std::string start = first_start(database, claim.sweep);
  for (const RegisteredFile& file : load_registered_files(database, claim.sweep)) {
    const std::vector<Claim> claims = claims_in(file);
    if (std::find(claims.begin(), claims.end(), claim) == claims.end()) continue;
    if (start.empty() || file.recorded <= start) return Registered::before;
    found = Registered::after;
  }
  return found;
}

void refresh_claim_results(Database& database, std::int64_t sweep_id) {
  Statement(database, "DELETE FROM claim_result WHERE sweep_id = ?").run(sweep_id);
  Statement name(database, "SELECT name FROM sweep WHERE sweep_id = ?");
  if (!name.bind_all(sweep_id).step()) return;
  const std::string sweep = name.text(0);
  const std::vector<RegisteredFile> files = load_registered_files(database, sweep);
  if (files.empty()) return;
  std::vector<Claim> claims = claims_in(files.back());
  std::erase_if(claims, [&](const Claim& claim) { return claim.sweep != sweep; });
  Statement insert(
      database,
      "INSERT INTO claim_result VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  std::int64_t position = 0;
  for (const JudgedClaim& judged : judge_claims(database, claims)) {
    const Claim& claim = judged.claim;
    insert.run(sweep_id, position++, claim.name, claim.says, claim.section, claim.factor, claim.from,
               claim.to, claim.benchmark, direction_name(claim.direction), claim.size, claim.margin,
               verdict_name(judged.verdict), judged.difference, judged.ci_low, judged.ci_high, judged.p,
               judged.p_holm, judged.why, registered_name(judged.registered));
  }
}

}  // namespace imp::results
