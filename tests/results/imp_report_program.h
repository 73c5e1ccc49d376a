// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <string>

#include "results/ingest.h"
#include "tests/results/run_folder.h"

namespace imp::results::testing {

/// What a run of imp-report left behind.
struct Ran {
  int exit_code;
  std::string out, err;
};

/// imp-report in a folder of its own, with or without a database.
class ReportProgram : public ::testing::Test {
 protected:
  Ran run(const std::string& arguments) {
    const auto out = folder_.path() / "out";
    const auto err = folder_.path() / "err";
    const std::string command = "cd '" + folder_.path().string() + "' && '" IMP_BIN "/imp-report' " +
                                arguments + " >'" + out.string() + "' 2>'" + err.string() + "'";
    const int status = std::system(command.c_str());
    return {WEXITSTATUS(status), read_file(out), read_file(err)};
  }

  void make_database() {
    write_small_sweep(folder_.path() / "runs", "ranks");
    rebuild(folder_.path() / "results" / "imp.db", folder_.path() / "runs");
  }

  /// What a person reads of that sweep: the goldens of its table and of its effects.
  static std::string whole_report() {
    return read_file(IMP_TEST_DATA "/results/report.md") + "\n" +
           read_file(IMP_TEST_DATA "/results/effects.md");
  }

  TemporaryFolder folder_;
};

}  // namespace imp::results::testing
