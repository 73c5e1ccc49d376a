// SPDX-License-Identifier: Apache-2.0
#include "tests/eval/temporary_folder.h"

#include <cstdlib>
#include <stdexcept>

namespace imp::eval::test {

TemporaryFolder::TemporaryFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "imp-eval-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make a temporary folder");
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace imp::eval::test
