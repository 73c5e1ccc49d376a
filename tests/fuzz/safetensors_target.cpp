// SPDX-License-Identifier: Apache-2.0
#include "models/weights/safetensors.h"
#include "tests/fuzz/fuzz_target.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  imp::test::read_as_file({data, size}, [](const std::filesystem::path& path) {
    const imp::models::SafetensorsFile file(path);
    unsigned sum = 0;  // touches the ends of every tensor
    for (const auto& [name, tensor] : file.tensors()) {
      if (!tensor.bytes.empty())
        sum += static_cast<unsigned>(tensor.bytes.front()) + static_cast<unsigned>(tensor.bytes.back());
    }
    [[maybe_unused]] volatile unsigned keep = sum;
  });
  return 0;
}
