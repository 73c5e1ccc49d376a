// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "results/writer_lock.h"

struct sqlite3;
struct sqlite3_stmt;

namespace imp::results {

/// Bytes that are no text.
struct Blob {
  std::string bytes;
};

enum class Access { read, write };

/// How long to wait for another process's lock before a StoreError says so.
inline constexpr std::chrono::milliseconds kPatience{10'000};

/// Throws StoreError (usage) if something is at `path` that is no regular file: a folder, a device, a pipe, a
/// link to nothing. A link to a database is fine: SQLite follows it.
void require_database_file(const std::filesystem::path& path);

/// Removes a database's file and what stands beside it (-wal, -shm), where they are there.
void remove_database(const std::filesystem::path& path) noexcept;

/// One connection to a SQLite file, closed at the end of its life. Foreign keys are on, the journal is a WAL,
/// so readers never wait. A connection is one thread's at a time. Opens the file as it is: schema checks are
/// open_results' (results_database.h). Every member of these classes throws StoreError: locked, disk full,
/// damaged, not a database, wrong SQL.
class Database {
 public:
  /// Access::write makes the file and its folder if missing. `lock` is held as long as the connection.
  explicit Database(const std::filesystem::path& path, Access access = Access::write,
                    std::chrono::milliseconds patience = kPatience, std::optional<WriterLock> lock = {});

  /// Runs one or more statements that return nothing of interest.
  void execute(const std::string& sql);

  /// First column of the first row; 0 if there is no row.
  [[nodiscard]] std::int64_t integer(std::string_view sql);

  /// Replaces this database's whole content by another's in one transaction: readers see the old or the new.
  void copy_from(Database& source);

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  [[nodiscard]] sqlite3* handle() const noexcept { return handle_.get(); }

 private:
  struct Close {
    void operator()(sqlite3* handle) const noexcept;
  };
  std::filesystem::path path_;
  std::optional<WriterLock> lock_;  // before handle_: released after the connection is closed
  std::unique_ptr<sqlite3, Close> handle_;
};

/// A prepared statement. Parameters and columns count from 0.
class Statement {
 public:
  Statement(Database& database, std::string_view sql);

  /// Binds all parameters in order, runs the statement to its end and makes it ready for the next run.
  template <class... Values>
  void run(const Values&... values) {
    bind_all(values...);
    while (step()) {
    }
    reset();
  }

  /// Binds all parameters in order; then call step() for each row.
  template <class... Values>
  Statement& bind_all(const Values&... values) {
    reset();
    int index = 0;
    (bind(index++, values), ...);
    return *this;
  }

  void bind(int index, std::int64_t value);
  void bind(int index, int value) { bind(index, static_cast<std::int64_t>(value)); }
  void bind(int index, bool value) { bind(index, static_cast<std::int64_t>(value)); }
  void bind(int index, double value);
  void bind(int index, std::string_view value);
  void bind(int index, const std::string& value) { bind(index, std::string_view(value)); }
  void bind(int index, const char* value) { bind(index, std::string_view(value)); }
  void bind(int index, const Blob& value);
  void bind_null(int index);
  template <class Value>
  void bind(int index, const std::optional<Value>& value) {
    value ? bind(index, *value) : bind_null(index);
  }

  /// Next row; false at the end.
  bool step();
  void reset();

  // A value of another type, or a number that is not finite, throws StoreError (environment): SQLite would
  // turn it into 0 or an empty text, and the report would show that.
  [[nodiscard]] bool is_null(int column) const;
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] double real(int column) const;
  [[nodiscard]] std::string text(int column) const;  ///< of NULL "", of a number its digits
  [[nodiscard]] std::string blob(int column) const;  ///< bytes
  [[nodiscard]] std::string name(int column) const;  ///< a text that must be there
  [[nodiscard]] std::optional<std::int64_t> maybe_integer(int column) const;
  [[nodiscard]] std::optional<double> maybe_real(int column) const;
  [[nodiscard]] int column_count() const;
  [[nodiscard]] std::string column_name(int column) const;

 private:
  [[noreturn]] void wrong_value(int column, const char* expected) const;

  struct Finalize {
    void operator()(sqlite3_stmt* statement) const noexcept;
  };
  Database* database_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// Writes between construction and commit() are seen whole or not at all; without commit() they are undone.
class Transaction {
 public:
  explicit Transaction(Database& database);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  void commit();

 private:
  Database* database_;
  bool open_ = true;
};

}  // namespace imp::results
