// SPDX-License-Identifier: Apache-2.0
#include "results/database.h"

#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cmath>
#include <system_error>

#include "results/store_error.h"

namespace imp::results {
namespace {

/// For tables, columns or values that imp does not write: made or changed by another program.
[[noreturn]] void fail_as_foreign(const std::filesystem::path& path, const std::string& what) {
  throw StoreError(
      fmt::format("{}: is not as imp made it ({}); remove it and run `imp-sweep rebuild`, or use "
                  "another file with --db",
                  path.string(), what),
      StoreErrorKind::environment);
}

[[noreturn]] void fail(const std::filesystem::path& path, int code, const char* sqlite_says) {
  const auto environment = [&](const std::string& what) {
    return StoreError(path.string() + ": " + what, StoreErrorKind::environment);
  };
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      throw environment(kLockedMessage);
    case SQLITE_FULL:
      throw environment("the disk is full; free some space (the results stay in the run folders)");
    case SQLITE_NOTADB:
      throw StoreError(path.string() + ": not a SQLite database; name another file with --db");
    case SQLITE_CORRUPT:
      throw environment("the database is damaged; remove it and run `imp-sweep rebuild`");
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_IOERR:
      throw environment(fmt::format(
          "{}; check the folder's permissions and disk, or use another file with --db", sqlite_says));
    case SQLITE_ERROR:
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_SCHEMA:
      fail_as_foreign(path, sqlite_says);
    default:
      throw environment(sqlite_says);
  }
}

void check(int code, const std::filesystem::path& path, sqlite3* handle) {
  if (code != SQLITE_OK) fail(path, code, handle != nullptr ? sqlite3_errmsg(handle) : sqlite3_errstr(code));
}

/// On a file system that cannot be written, a reader cannot make the WAL's index; `immutable` does without.
bool needs_immutable(const std::filesystem::path& path) {
  const auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  return ::access(folder.c_str(), W_OK) != 0 && !std::filesystem::exists(path.string() + "-wal");
}

std::string as_uri(const std::filesystem::path& path, bool immutable) {
  std::string uri = "file:";
  for (const char letter : std::filesystem::absolute(path).string()) {
    uri += letter == '?' || letter == '#' || letter == '%' ? fmt::format("%{:02X}", letter)
                                                           : std::string(1, letter);
  }
  return immutable ? uri + "?immutable=1" : uri;
}

void make_folder(const std::filesystem::path& path) {
  std::error_code error;
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), error);
  if (error) {
    throw StoreError(fmt::format("{}: cannot be made: {}; choose a folder that can be written with --db",
                                 path.parent_path().string(), error.message()),
                     StoreErrorKind::environment);
  }
}

}  // namespace

void require_database_file(const std::filesystem::path& path) {
  // SQLite would wait at a pipe for ever, and say of a folder or a device only that it cannot be opened.
  std::error_code error;
  const auto type = std::filesystem::status(path, error).type();
  if (type == std::filesystem::file_type::regular) return;
  const bool is_link = std::filesystem::is_symlink(std::filesystem::symlink_status(path, error));
  if (type == std::filesystem::file_type::not_found && !is_link) return;
  // What cannot be looked at (a folder without permission) SQLite cannot open either, and says why.
  if (type == std::filesystem::file_type::none || type == std::filesystem::file_type::unknown) return;
  const char* what = type == std::filesystem::file_type::directory ? "a folder"
                     : is_link && type == std::filesystem::file_type::not_found
                         ? "a link to a file that is not there"
                         : "not a regular file";
  throw StoreError(fmt::format("{}: is {}; name a database file with --db", path.string(), what));
}

void Database::Close::operator()(sqlite3* handle) const noexcept {
  sqlite3_close_v2(handle);
}

void remove_database(const std::filesystem::path& path) noexcept {
  std::error_code ignored;
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path.string() + suffix, ignored);
}

Database::Database(const std::filesystem::path& path, Access access, std::chrono::milliseconds patience,
                   std::optional<WriterLock> lock)
    : path_(path), lock_(std::move(lock)) {
  const bool writes = access == Access::write;
  require_database_file(path);
  if (writes) make_folder(path);
  const int flags = (writes ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY) |
                    SQLITE_OPEN_URI | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOMUTEX;
  sqlite3* handle = nullptr;
  const int code =
      sqlite3_open_v2(as_uri(path, !writes && needs_immutable(path)).c_str(), &handle, flags, nullptr);
  handle_.reset(handle);
  check(code, path_, handle);
  check(sqlite3_busy_timeout(handle, static_cast<int>(patience.count())), path_, handle);
  execute("PRAGMA foreign_keys = ON");
  // Pages of 64 MiB: a sweep of half a million answers is one transaction, and what does not fit is written
  // twice.
  if (writes) execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536");
}

void Database::execute(const std::string& sql) {
  check(sqlite3_exec(handle(), sql.c_str(), nullptr, nullptr, nullptr), path_, handle());
}

std::int64_t Database::integer(std::string_view sql) {
  Statement statement(*this, sql);
  return statement.step() ? statement.integer(0) : 0;
}

void Database::copy_from(Database& source) {
  sqlite3_backup* backup = sqlite3_backup_init(handle(), "main", source.handle(), "main");
  if (backup == nullptr) check(sqlite3_errcode(handle()), path_, handle());
  int code = sqlite3_backup_step(backup, -1);
  sqlite3_backup_finish(backup);
  if (code != SQLITE_DONE) fail(path_, code, sqlite3_errstr(code));
}

void Statement::Finalize::operator()(sqlite3_stmt* statement) const noexcept {
  sqlite3_finalize(statement);
}

Statement::Statement(Database& database, std::string_view sql) : database_(&database) {
  sqlite3_stmt* statement = nullptr;
  const int code =
      sqlite3_prepare_v2(database.handle(), sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
  statement_.reset(statement);
  check(code, database.path(), database.handle());
}

void Statement::bind(int index, std::int64_t value) {
  check(sqlite3_bind_int64(statement_.get(), index + 1, value), database_->path(), database_->handle());
}

void Statement::bind(int index, double value) {
  check(sqlite3_bind_double(statement_.get(), index + 1, value), database_->path(), database_->handle());
}

void Statement::bind(int index, std::string_view value) {
  // An empty view may hold a null pointer, which SQLite would take for NULL.
  const char* data = value.empty() ? "" : value.data();
  check(sqlite3_bind_text64(statement_.get(), index + 1, data, value.size(), SQLITE_TRANSIENT, SQLITE_UTF8),
        database_->path(), database_->handle());
}

void Statement::bind(int index, const Blob& value) {
  check(sqlite3_bind_blob64(statement_.get(), index + 1, value.bytes.data(), value.bytes.size(),
                            SQLITE_TRANSIENT),
        database_->path(), database_->handle());
}

void Statement::bind_null(int index) {
  check(sqlite3_bind_null(statement_.get(), index + 1), database_->path(), database_->handle());
}

bool Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  fail(database_->path(), code, sqlite3_errmsg(database_->handle()));
}

void Statement::reset() {
  sqlite3_reset(statement_.get());
}

void Statement::wrong_value(int column, const char* expected) const {
  fail_as_foreign(database_->path(), fmt::format("{} should hold {}", column_name(column), expected));
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

std::int64_t Statement::integer(int column) const {
  if (sqlite3_column_type(statement_.get(), column) != SQLITE_INTEGER) wrong_value(column, "a whole number");
  return sqlite3_column_int64(statement_.get(), column);
}

double Statement::real(int column) const {
  const int type = sqlite3_column_type(statement_.get(), column);
  const double value = sqlite3_column_double(statement_.get(), column);
  if ((type != SQLITE_FLOAT && type != SQLITE_INTEGER) || !std::isfinite(value)) {
    wrong_value(column, "a finite number");
  }
  return value;
}

std::string Statement::text(int column) const {
  if (sqlite3_column_type(statement_.get(), column) == SQLITE_BLOB) wrong_value(column, "text");
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
  return data != nullptr ? std::string(data, size) : std::string();
}

std::string Statement::blob(int column) const {
  if (sqlite3_column_type(statement_.get(), column) != SQLITE_BLOB) wrong_value(column, "bytes");
  const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
  return data != nullptr ? std::string(data, size) : std::string();
}

std::string Statement::name(int column) const {
  if (is_null(column)) wrong_value(column, "text");
  return text(column);
}

std::optional<std::int64_t> Statement::maybe_integer(int column) const {
  return is_null(column) ? std::nullopt : std::optional(integer(column));
}

std::optional<double> Statement::maybe_real(int column) const {
  return is_null(column) ? std::nullopt : std::optional(real(column));
}

int Statement::column_count() const {
  return sqlite3_column_count(statement_.get());
}

std::string Statement::column_name(int column) const {
  return sqlite3_column_name(statement_.get(), column);
}

// IMMEDIATE: a lock held elsewhere is met here, within the busy timeout, and not in the middle of the writes.
Transaction::Transaction(Database& database) : database_(&database) {
  database.execute("BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
  if (open_) sqlite3_exec(database_->handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void Transaction::commit() {
  database_->execute("COMMIT");
  open_ = false;
}

}  // namespace imp::results
