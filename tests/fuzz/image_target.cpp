// SPDX-License-Identifier: Apache-2.0
#include "models/image/codec.h"
#include "models/image/resize.h"
#include "tests/fuzz/fuzz_target.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  imp::test::read_as_file({data, size}, [](const std::filesystem::path& path) {
    const imp::models::Image image = imp::models::read_image(path);
    if (image.width <= 256 && image.height <= 256)
      (void)imp::models::resize(image, 7, 5, imp::models::Filter::bicubic);
  });
  return 0;
}
