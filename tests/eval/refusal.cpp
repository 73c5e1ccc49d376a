// SPDX-License-Identifier: Apache-2.0
#include "tests/eval/refusal.h"

#include <gtest/gtest.h>

#include "eval/benchmarks/benchmark.h"
#include "models/io/error.h"
#include "models/io/file.h"
#include "tests/eval/temporary_folder.h"

namespace imp::eval::test {

std::string refusal(const std::string& name, const std::string& text) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "a.json", text);
  try {
    (void)load_benchmark(name, folder / "a.json", {});
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), 2);
    const std::string message = error.what();
    const std::size_t at = message.find("a.json");
    return at == std::string::npos ? message : message.substr(at);
  }
  return "accepted";
}

}  // namespace imp::eval::test
