// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>

#include "harness/data/row_census.h"
#include "tests/fuzz/fuzz_target.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  imp::test::read_as_file({data, size}, [](const std::filesystem::path& path) {
    const imp::harness::LlavaFile file(path);
    for (std::int64_t row = 0; row < file.size(); ++row) {
      // The sampler's length comes from the index, the training row from the file again.
      if (file.row(row).modality_length() != file.modality_length(row)) std::abort();
    }
    (void)file.pictures();
    const imp::harness::RowCensus census = imp::harness::take_census(file);
    if (census.rows != file.size() || imp::harness::sentences(census).size() != census.findings.size())
      std::abort();
  });
  return 0;
}
