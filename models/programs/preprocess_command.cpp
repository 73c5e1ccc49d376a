// SPDX-License-Identifier: Apache-2.0
#include "models/image/codec.h"
#include "models/image/image_processor.h"
#include "models/io/output_path.h"
#include "models/programs/model_options.h"
#include "models/weights/safetensors.h"

namespace imp::models {

int preprocess_command(const ModelOptions& options) {
  require_output_file(options.output, {options.image, options.directory});
  const PixelValues pixels = ImageProcessor::load(options.directory).process(read_image(options.image));
  write_safetensors(options.output, {{"pixel_values",
                                      DType::f32,
                                      {3, pixels.height, pixels.width},
                                      std::as_bytes(std::span(pixels.values))}});
  return 0;
}

}  // namespace imp::models
