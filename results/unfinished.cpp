// SPDX-License-Identifier: Apache-2.0
#include "results/unfinished.h"

namespace imp::results {

OpenTrials open_trials(Database& database, const std::string& sweep) {
  Statement statement(database,
                      "SELECT coalesce(sum(status IN ('planned', 'interrupted')), 0), count(*), "
                      "coalesce(sum(status = 'done'), 0), "
                      "coalesce(sum(status IN ('failed', 'unreadable')), 0) FROM trial "
                      "JOIN sweep USING (sweep_id) WHERE sweep.name = ?");
  statement.bind_all(sweep).step();
  return {statement.integer(0), statement.integer(1), statement.integer(2), statement.integer(3)};
}

}  // namespace imp::results
