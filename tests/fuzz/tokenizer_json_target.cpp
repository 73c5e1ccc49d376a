// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "models/tokenizer/tokenizer_files.h"
#include "tests/fuzz/fuzz_target.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  imp::test::read_as_file({data, size}, [](const std::filesystem::path& path) {
    const imp::models::Tokenizer tokenizer(imp::models::read_tokenizer_json(path));
    (void)tokenizer.decode(tokenizer.encode(" ab a\xC3\xA9 12<|end|> c"), true);
  });
  return 0;
}
