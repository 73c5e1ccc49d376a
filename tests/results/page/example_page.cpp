// SPDX-License-Identifier: Apache-2.0
// usage: example_page PICTURE.jpg FOLDER: run folders of an example sweep, FOLDER/imp.db read from them.
#include <fstream>
#include <iostream>
#include <iterator>

#include "results/ingest.h"
#include "results/results_database.h"
#include "tests/results/page/example_sweep.h"

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: example_page PICTURE.jpg FOLDER\n";
    return 2;
  }
  std::ifstream picture(argv[1], std::ios::binary);
  const std::string jpeg{std::istreambuf_iterator<char>(picture), {}};
  const std::filesystem::path folder = argv[2];
  imp::results::testing::write_example_sweep(folder / "runs", jpeg);
  for (const std::string& problem : imp::results::rebuild(folder / "imp.db", folder / "runs"))
    std::cerr << problem << "\n";
  return 0;
}
