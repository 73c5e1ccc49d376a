// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>

#include "results/database.h"

namespace imp::results {

/// Opens a results database with the newest schema. Access::write makes it if missing and holds the writer's
/// lock (writer_lock.h): a second writer waits for `patience`, then gets a StoreError. A database of an older
/// schema is migrated first, also for a reader. Throws StoreError: missing (read), locked, newer schema, not
/// ours.
[[nodiscard]] Database open_results(const std::filesystem::path& path, Access access,
                                    std::chrono::milliseconds patience = kPatience);

/// The schema of this imp, `PRAGMA user_version`.
[[nodiscard]] std::int64_t newest_schema();

/// Makes `schema` in an empty database, or runs what is missing of `migrations` (element i leads from version
/// i + 1 to i + 2), each in a transaction of its own. Throws StoreError for a newer schema or a foreign
/// database.
void bring_up_to_date(Database& database, std::string_view schema,
                      std::span<const std::string_view> migrations);

/// As above with this imp's own schema.
void bring_up_to_date(Database& database);

/// Throws StoreError (usage) if what is at `path` cannot be the results database: a folder, a device, a file
/// of another program. That it is absent, locked or damaged is no such error.
void require_results_file(const std::filesystem::path& path);

/// Whether the file is there and holds results of any schema up to ours; never changes it.
[[nodiscard]] bool holds_results(const std::filesystem::path& path,
                                 std::chrono::milliseconds patience = kPatience);

}  // namespace imp::results
