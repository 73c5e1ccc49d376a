// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "tests/results/run_folder.h"

namespace imp::results::testing {

/// A sweep `ranks` over ranks 128, 256 and 512 with two seeds: 256 is better than 128 by 20 points on each of
/// 30 pictures, but for a little noise, and 512 is as good as 256.
inline SweepFolder write_claimed_sweep(const fs::path& runs, int unfinished_seeds = 0, int seeds = 2) {
  SweepFolder sweep(runs, "ranks");
  sweep.plan()["factors"] = {{{"name", "lora_rank"}, {"levels", {"128", "256", "512"}}}};
  for (const int rank : {128, 256, 512}) {
    for (int seed = 1; seed <= seeds + unfinished_seeds; ++seed) {
      const std::string trial = sweep.add_trial(std::to_string(rank), seed);
      if (seed > seeds) continue;
      json outcome = sweep.outcome(trial, std::to_string(rank), seed);
      std::vector<Question> questions;
      for (int q = 0; q < 60; ++q) {
        const double noise = 0.002 * ((q * 7 + rank / 128 * 3 + seed * 5) % 5 - 2);
        questions.push_back({q, fmt::format("picture {}", q / 2), (rank == 128 ? 0.4 : 0.6) + noise, 0.1});
      }
      sweep.add_answers(outcome, "scenetext", questions);
      sweep.write_outcome(outcome);
    }
  }
  sweep.write_plan();
  return sweep;
}

/// A claims file about that sweep with one claim a line of `name: from to direction margin-or-nothing`.
inline std::string claim_text(const std::string& name, int from, int to, const std::string& direction,
                              const std::string& more = "") {
  return fmt::format("  - {{name: {}, sweep: ranks, factor: lora_rank, from: {}, to: {}, direction: {}{}}}\n",
                     name, from, to, direction, more);
}
inline std::string claims_file(const std::string& claims) {
  return "version: 1\nclaims:\n" + claims;
}

/// runs/ranks/claims.json with one entry.
inline void write_registration(const fs::path& runs, const std::string& text, const std::string& recorded) {
  const json record{
      {"schema", 1},
      {"sweep", "ranks"},
      {"entries", {{{"file", "claims.yaml"}, {"sha256", "abc"}, {"recorded", recorded}, {"text", text}}}}};
  write_file(runs / "ranks" / "claims.json", record.dump());
}

}  // namespace imp::results::testing
