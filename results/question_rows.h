// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "results/database.h"
#include "results/run_files.h"

namespace imp::results {

/// The folders below `<sweep folder>/questions/<benchmark>/` that hold what was asked, in name order.
[[nodiscard]] std::vector<std::filesystem::path> question_sets_of(const std::filesystem::path& sweep_folder);

/// The questions of one sweep in the database (tables question_set, question, picture), to which answers
/// refer. Runs inside the caller's transaction; throws StoreError (environment) from the database.
class SweepQuestions {
 public:
  SweepQuestions(Database& database, std::int64_t sweep_id);

  /// Takes in the question sets of a sweep's folder, `<folder>/questions/<benchmark>/<name>/`, that the
  /// database does not have. Malformed files are told in `problems`.
  void take_in(const std::filesystem::path& folder, std::vector<std::string>& problems);

  /// The keys of the questions that `answers` are to, one each. They are of one set: `name`, which the trial
  /// says it was asked (may be empty), or else the first that holds all of them with these pictures and
  /// families; a new one, without text, where there is none. The trial is noted as asked that set.
  std::vector<std::int64_t> keys_of(std::int64_t trial_id, const std::string& benchmark,
                                    const std::string& name, const std::vector<Answer>& answers);

  /// Removes sets that no trial was asked and no folder holds.
  void remove_unused(const std::filesystem::path& folder);

 private:
  struct Known {
    std::int64_t key = 0;
    std::string question_id, image_id, family;
  };
  struct Set {
    std::int64_t id = 0;
    std::string name;
    bool from_answers = false;
    std::list<Known> questions;  // a list, so that the views of the map stay
    std::unordered_map<std::string_view, const Known*> by_id;
  };

  std::list<Set>& sets_of(const std::string& benchmark);
  Set& add_set(const std::string& benchmark, const std::string& name);
  /// Its key.
  std::int64_t add_question(Set& set, const AskedQuestion& question);
  [[nodiscard]] static std::string new_name(const std::list<Set>& sets);
  /// The keys of the questions answered, if all are of the set; one known from answers alone takes new ones.
  [[nodiscard]] static std::optional<std::vector<std::int64_t>> match(const Set& set,
                                                                      const std::vector<Answer>& answers);

  Database* database_;
  std::int64_t sweep_id_;
  std::unordered_map<std::string, std::list<Set>> sets_;  // by benchmark, those with text first
};

}  // namespace imp::results
