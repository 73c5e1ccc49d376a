// SPDX-License-Identifier: Apache-2.0
#include "tests/eval/run/tiny_llava.h"

#include <ATen/ATen.h>

#include "models/io/file.h"
#include "models/llava/llava_model.h"
#include "models/tokenizer/tokenizer.h"

namespace imp::eval::test {

void write_tiny_llava(const std::filesystem::path& directory, unsigned seed) {
  const std::filesystem::path tokenizer = IMP_TEST_DATA "/tokenizers/phi";
  for (const char* file : {"tokenizer.json", "tokenizer_config.json"})
    write_file_atomically(directory / file, read_file(tokenizer / file));
  write_file_atomically(
      directory / "preprocessor_config.json",
      R"({"image_processor_type": "SiglipImageProcessor", "do_resize": true, "do_rescale": true,
 "do_normalize": true, "resample": 3, "rescale_factor": 0.00392156862745098, "image_mean": [0.5, 0.5, 0.5],
 "image_std": [0.5, 0.5, 0.5], "size": {"height": 24, "width": 24}})");
  models::LlavaModel model;
  models::LlavaConfig& config = model.config;
  config.text.family = models::TextFamily::phi;
  config.text.vocab_size = models::Tokenizer::load(directory)->vocab_size();
  config.text.hidden_size = 32;
  config.text.intermediate_size = 64;
  config.text.num_hidden_layers = 2;
  config.text.num_attention_heads = 4;
  config.text.num_key_value_heads = 4;
  config.text.head_dim = 8;
  config.text.partial_rotary_factor = 0.5;
  config.vision.family = models::VisionFamily::siglip;
  config.vision.hidden_size = 16;
  config.vision.intermediate_size = 32;
  config.vision.num_hidden_layers = 3;
  config.vision.num_attention_heads = 2;
  config.vision.image_size = 24;
  config.vision.patch_size = 8;
  config.features.drop_first_token = false;
  config.image_token_index = config.text.vocab_size - 1;
  models::RandomSource text(seed, 0.3), vision(seed + 1, 0.3);
  model.text_model = models::make_text_model(config.text, text);
  model.vision_tower = std::make_shared<models::VisionTower>(config.vision, vision);
  model.projector = models::make_projector(16, 32, seed);
  models::save_llava(directory, model);
}

}  // namespace imp::eval::test
