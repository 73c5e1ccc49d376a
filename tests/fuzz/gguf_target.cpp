// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "models/tokenizer/tokenizer_files.h"
#include "models/weights/gguf.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

using namespace imp::models;

void unpack(const GgufTensor& tensor) {
  const GgufBlock block = gguf_block(tensor.type);
  const auto blocks = tensor.bytes.size() / static_cast<std::size_t>(block.bytes);
  std::vector<float> numbers(blocks * static_cast<std::size_t>(block.elements));
  dequantize(tensor.type, tensor.bytes, numbers);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  imp::test::read_as_file({data, size}, [](const std::filesystem::path& path) {
    const GgufFile file(path);
    for (const auto& [name, tensor] : file.tensors()) unpack(tensor);
    const Tokenizer tokenizer(read_gguf_tokenizer(file));
    (void)tokenizer.decode(tokenizer.encode("a\xC3\xA9 12 <|end|>"), false);
    (void)gguf_config(file).dump();
  });
  return 0;
}
