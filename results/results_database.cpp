// SPDX-License-Identifier: Apache-2.0
#include "results/results_database.h"

#include <fmt/format.h>

#include <array>
#include <string>
#include <vector>

#include "results/effects/sweep_statistics.h"
#include "results/store_error.h"
#include "results/wide_view.h"

namespace imp::results {

extern const std::string_view kSchemaText;    // schema.sql, embedded by CMake
extern const std::string_view kMigrationTo2;  // migrations/version_2.sql
extern const std::string_view kMigrationTo3;  // migrations/version_3.sql
extern const std::string_view kMigrationTo4;  // migrations/version_4.sql

namespace {

constexpr std::int64_t kApplicationId = 0x696d7000;  // as in schema.sql

/// Versions of the schema so far.
constexpr std::int64_t kNewest = 4;

/// One entry a schema change: the SQL that leads from version i + 1 to i + 2.
std::array<std::string_view, kNewest - 1> migrations_so_far() {
  return {kMigrationTo2, kMigrationTo3, kMigrationTo4};
}

/// Schema version, from 1; 0 for an empty database. Throws StoreError for a database that is not ours.
std::int64_t schema_version(Database& database) {
  if (database.integer("SELECT count(*) FROM sqlite_master") == 0) return 0;
  if (database.integer("PRAGMA application_id") != kApplicationId) {
    throw StoreError(database.path().string() +
                     ": a SQLite database, but not imp's; name another file with --db");
  }
  const std::int64_t version = database.integer("PRAGMA user_version");
  if (version > 0) return version;
  throw StoreError(
      fmt::format("{}: its schema has version {}, which no imp writes; remove it and run `imp-sweep "
                  "rebuild`, or use another file with --db",
                  database.path().string(), version),
      StoreErrorKind::environment);
}

void refuse_newer(const Database& database, std::int64_t version, std::int64_t newest) {
  if (version <= newest) return;
  throw StoreError(
      fmt::format("{}: its schema has version {}, this imp knows versions up to {}; use a newer imp, or "
                  "another file with --db",
                  database.path().string(), version, newest),
      StoreErrorKind::environment);
}

}  // namespace

std::int64_t newest_schema() {
  return kNewest;
}

void bring_up_to_date(Database& database, std::string_view schema,
                      std::span<const std::string_view> migrations) {
  const auto newest = static_cast<std::int64_t>(migrations.size()) + 1;
  std::int64_t version = schema_version(database);
  refuse_newer(database, version, newest);
  while (version < newest) {
    const std::int64_t next = version == 0 ? newest : version + 1;
    Transaction transaction(database);
    database.execute(std::string(version == 0 ? schema : migrations[static_cast<std::size_t>(version) - 1]));
    database.execute(fmt::format("PRAGMA user_version = {}", next));
    transaction.commit();
    version = next;
  }
}

void bring_up_to_date(Database& database) {
  const std::int64_t before = schema_version(database);
  bring_up_to_date(database, kSchemaText, migrations_so_far());
  if (before > 0 && before < kNewest) {  // scores of cells and effects are made from what the database holds
    Transaction transaction(database);
    refresh_all_statistics(database);
    transaction.commit();
  }
  refresh_wide_view(database);
}

Database open_results(const std::filesystem::path& path, Access access, std::chrono::milliseconds patience) {
  if (access == Access::read) {
    require_database_file(path);
    if (!std::filesystem::exists(path)) {
      throw StoreError(path.string() +
                       ": no such database; run a sweep first (imp-sweep FILE.yaml), or name one with --db");
    }
    Database database(path, Access::read, patience);
    const std::int64_t version = schema_version(database);
    refuse_newer(database, version, newest_schema());
    if (version == newest_schema()) return database;
    if (version == 0) {
      throw StoreError(path.string() + ": holds no results; run a sweep first (imp-sweep FILE.yaml)");
    }
    static_cast<void>(open_results(path, Access::write, patience));  // migrates
    return database;
  }
  require_database_file(path);  // before the lock's file is made beside it
  Database database(path, Access::write, patience, WriterLock(path, patience));
  bring_up_to_date(database);
  return database;
}

void require_results_file(const std::filesystem::path& path) {
  require_database_file(path);
  if (!std::filesystem::exists(path)) return;
  try {
    Database database(path, Access::read, std::chrono::milliseconds(0));
    (void)schema_version(database);
  } catch (const StoreError& error) {
    if (error.kind() == StoreErrorKind::usage) throw;
  }
}

bool holds_results(const std::filesystem::path& path, std::chrono::milliseconds patience) {
  if (!std::filesystem::exists(path)) return false;
  Database database(path, Access::read, patience);
  const std::int64_t version = schema_version(database);
  refuse_newer(database, version, newest_schema());
  return version > 0;
}

}  // namespace imp::results
