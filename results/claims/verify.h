// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "results/claims/claims_file.h"
#include "results/database.h"

namespace imp::results {

// A claim is tested by the interval of the effect that it is about (table effect, statistics/contrast.h):
//
//   higher, lower   supported where the 95 % interval excludes 0 on the claimed side, contradicted on the
//   other same            supported where the interval lies within the margin (two one-sided tests,
//   Schuirmann 1987),
//                   contradicted where it lies wholly beyond it on one side
//
// Several claims that are tested at once give chance as many tries, so the verdict asks for Holm's p < 0.05
// too, over all of them that can be tested. What is not yet there, an unfinished sweep and a single seed
// resolve nothing.

enum class Verdict { supported, contradicted, not_resolved };
[[nodiscard]] std::string_view verdict_name(Verdict verdict);

/// Whether a claim stood in the file that its sweep names before the sweep's first answers were there.
enum class Registered { before, after, never };
[[nodiscard]] std::string_view registered_name(Registered registered);

struct JudgedClaim {
  Claim claim;
  Verdict verdict = Verdict::not_resolved;
  Registered registered = Registered::never;
  std::optional<double> difference, ci_low, ci_high;  ///< `to` less `from`, fractions
  std::optional<double> p, p_holm;                    ///< of the two decisions above, two-sided
  std::string why;                                    ///< a sentence
};

/// In the order given.
[[nodiscard]] std::vector<JudgedClaim> judge_claims(Database& database, const std::vector<Claim>& claims);

}  // namespace imp::results
