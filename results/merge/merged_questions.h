// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "results/database.h"

namespace imp::results {

/// The questions of a sweep of the attached database `b` in a sweep of the main one: a set that holds the
/// same questions is the same set. Lives within the caller's transaction and keeps a temporary table.
class MergedQuestions {
 public:
  /// Adds the sets that the main sweep lacks, with their pictures.
  MergedQuestions(Database& database, std::int64_t into, std::int64_t from);
  ~MergedQuestions();
  MergedQuestions(const MergedQuestions&) = delete;
  MergedQuestions& operator=(const MergedQuestions&) = delete;

  /// The answers of b's trial in place of those that the main one has.
  void copy_answers(std::int64_t to, std::int64_t from) const;

 private:
  Database* database_;
};

}  // namespace imp::results
