// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <memory>

#include "results/claims/claims_file.h"
#include "results/claims/verify.h"
#include "results/commands/command.h"
#include "results/commands/output.h"
#include "results/report/claims_table.h"
#include "results/results_database.h"

namespace imp::results {
namespace {

constexpr int kContradicted = 4;

int verify(const ReportOptions& options, const std::filesystem::path& file) {
  const Output output(options, {options.database, file});
  std::vector<Claim> claims = parse_claims(read_claims_text(file), file.string());
  if (!options.sweep.empty()) {
    std::erase_if(claims, [&](const Claim& claim) { return claim.sweep != options.sweep; });
  }
  Database database = open_results(options.database, Access::read);
  const std::vector<JudgedClaim> judged = judge_claims(database, claims);
  Table table = claims_table("claims of " + file.string(), judged);
  if (judged.empty()) table.notes.push_back("the file has no claim about the sweep '" + options.sweep + "'");
  output.write(table);
  const bool is_contradicted = std::any_of(judged.begin(), judged.end(), [](const JudgedClaim& each) {
    return each.verdict == Verdict::contradicted;
  });
  return is_contradicted ? kContradicted : 0;
}

}  // namespace

void add_verify_command(CLI::App& app, Action& action) {
  const auto file = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand(
      "verify",
      "Whether a file's claims are supported, contradicted or not resolved (exit 4: one is contradicted)");
  command
      ->add_option("claims", *file,
                   "Claims file, for example sweeps/claims/imp.yaml; --sweep: only those about it")
      ->required();
  command->callback(
      [file, &action] { action = [file](const ReportOptions& options) { return verify(options, *file); }; });
}

}  // namespace imp::results
