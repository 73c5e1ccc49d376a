// SPDX-License-Identifier: Apache-2.0
#include "tests/eval/program.h"

#include <sys/wait.h>

#include <cstdlib>

#include "models/io/file.h"
#include "tests/eval/temporary_folder.h"

namespace imp::eval::test {

Outcome imp_eval(const std::string& arguments, const std::string& input) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "in", input);
  const std::string line = std::string(IMP_BIN "/imp-eval ") + arguments + " < " + (folder / "in").string() +
                           " > " + (folder / "out").string() + " 2> " + (folder / "err").string();
  const int status = std::system(line.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_file(folder / "out"), read_file(folder / "err")};
}

}  // namespace imp::eval::test
