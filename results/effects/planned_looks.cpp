// SPDX-License-Identifier: Apache-2.0
#include "results/effects/planned_looks.h"

#include <nlohmann/json.hpp>

#include "results/files.h"
#include "results/json_fields.h"
#include "results/store_error.h"

namespace imp::results {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

CellSeeds read_cell(const json& item, const std::string& where) {
  const JsonFields fields(item, where);
  CellSeeds cell;
  for (const auto& [factor, level] : fields.object("levels").items()) {
    if (!level.is_string()) throw StoreError(where + ": levels: '" + factor + "' should be a string");
    cell.levels[factor] = level.get<std::string>();
  }
  for (const json& seed : fields.list("seeds")) {
    if (!seed.is_number_integer()) throw StoreError(where + ": seeds should be whole numbers");
    cell.seeds.push_back(seed.get<std::int64_t>());
  }
  return cell;
}

SeedRound read_round(const json& item, const std::string& where) {
  const JsonFields fields(item, where);
  SeedRound round{.look = fields.integer("look"), .recorded = fields.text("recorded"), .cells = {}};
  for (const json& cell : fields.list("cells")) round.cells.push_back(read_cell(cell, where + ": cells"));
  return round;
}

}  // namespace

LooksRecord read_looks_record(const std::filesystem::path& path) {
  const std::string where = path.string();
  const json root = parse_json(read_text(path), where);
  const JsonFields fields(root, where);
  if (fields.integer("schema") != 1)
    throw StoreError(where + ": its schema is not known; this imp reads schema 1");
  LooksRecord record{.planned = {.factor = fields.text("factor"),
                                 .looks = fields.integer("looks"),
                                 .seeds_a_look = fields.integer("seeds_a_look"),
                                 .recorded = fields.text("recorded")},
                     .rounds = {}};
  constexpr std::int64_t kMostLooks = 100;
  if (record.planned.looks < 1 || record.planned.looks > kMostLooks || record.planned.seeds_a_look < 1)
    throw StoreError(where + ": looks and seeds_a_look should be positive, with at most 100 looks");
  for (const json& round : fields.list("rounds"))
    record.rounds.push_back(read_round(round, where + ": rounds"));
  return record;
}

std::string looks_record_text(const LooksRecord& record) {
  ordered_json rounds = ordered_json::array();
  for (const SeedRound& round : record.rounds) {
    ordered_json cells = ordered_json::array();
    for (const CellSeeds& cell : round.cells)
      cells.push_back({{"levels", cell.levels}, {"seeds", cell.seeds}});
    rounds.push_back({{"look", round.look}, {"recorded", round.recorded}, {"cells", cells}});
  }
  const PlannedLooks& planned = record.planned;
  const ordered_json root{{"schema", 1},
                          {"factor", planned.factor},
                          {"looks", planned.looks},
                          {"seeds_a_look", planned.seeds_a_look},
                          {"recorded", planned.recorded},
                          {"rounds", rounds}};
  return root.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

bool replace_planned_looks(Database& database, std::int64_t sweep_id,
                           const std::optional<PlannedLooks>& planned) {
  if (load_planned_looks(database, sweep_id) == planned) return false;
  Statement(database, "DELETE FROM planned_looks WHERE sweep_id = ?").run(sweep_id);
  if (planned) {
    Statement(database, "INSERT INTO planned_looks VALUES (?, ?, ?, ?, ?)")
        .run(sweep_id, planned->factor, planned->looks, planned->seeds_a_look, planned->recorded);
  }
  return true;
}

std::optional<PlannedLooks> load_planned_looks(Database& database, std::int64_t sweep_id) {
  Statement row(database,
                "SELECT factor, looks, seeds_a_look, recorded FROM planned_looks WHERE sweep_id = ?");
  if (!row.bind_all(sweep_id).step()) return std::nullopt;
  return PlannedLooks{row.text(0), row.integer(1), row.integer(2), row.text(3)};
}

int looks_at(const std::optional<PlannedLooks>& planned, const std::string& factor) {
  if (!planned) return 1;
  const bool is_part = factor == planned->factor || factor.starts_with(planned->factor + " x ") ||
                       factor.ends_with(" x " + planned->factor);
  return is_part ? static_cast<int>(planned->looks) : 1;
}

}  // namespace imp::results
