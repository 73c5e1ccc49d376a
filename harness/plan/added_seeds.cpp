// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/added_seeds.h"

#include "models/io/error.h"
#include "models/io/file.h"
#include "results/store_error.h"

namespace imp::harness {
namespace {

std::filesystem::path file_of(const std::filesystem::path& runs, const std::string& sweep) {
  return runs / sweep / "added_seeds.json";
}

}  // namespace

std::optional<results::LooksRecord> read_looks(const std::filesystem::path& runs, const std::string& sweep) {
  const std::filesystem::path file = file_of(runs, sweep);
  if (!std::filesystem::exists(file)) return std::nullopt;
  try {
    return results::read_looks_record(file);
  } catch (const results::StoreError& error) {
    throw Error(error.what());
  }
}

void write_looks(const std::filesystem::path& runs, const std::string& sweep,
                 const results::LooksRecord& record) {
  write_file_atomically(file_of(runs, sweep), results::looks_record_text(record));
}

AddedSeeds added_seeds(const std::optional<results::LooksRecord>& record) {
  AddedSeeds added;
  if (!record) return added;
  for (const results::SeedRound& round : record->rounds) {
    for (const results::CellSeeds& cell : round.cells) {
      std::vector<std::int64_t>& seeds = added[cell.levels];
      seeds.insert(seeds.end(), cell.seeds.begin(), cell.seeds.end());
    }
  }
  return added;
}

}  // namespace imp::harness
