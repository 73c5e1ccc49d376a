// SPDX-License-Identifier: Apache-2.0
// rebuild_database DATABASE RUNS: the database of run folders, for tests that no LibTorch is built for
// (imp-sweep rebuild does the same).
#include <cstdio>
#include <exception>

#include "results/ingest.h"

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: rebuild_database DATABASE RUNS\n", stderr);
    return 2;
  }
  try {
    const auto problems = imp::results::rebuild(argv[1], argv[2]);
    for (const auto& problem : problems) std::fprintf(stderr, "%s\n", problem.c_str());
    return problems.empty() ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 3;
  }
}
