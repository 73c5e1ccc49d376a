// SPDX-License-Identifier: Apache-2.0
#include "eval/run/loaded_pictures.h"

#include <algorithm>

namespace imp::eval {

std::size_t LoadedPictures::at_once(std::int64_t rows_of_pass) const {
  // A pass of the tower has about as many rows as one of the language model; on a GPU more, as it keeps
  // nothing.
  constexpr std::int64_t kMost = 64, kRowsMore = 4;
  const std::int64_t tokens = model_.llava.vision_tower->num_tokens();
  if (model_.device.is_cpu() || rows_of_pass < tokens)
    return static_cast<std::size_t>(std::max<std::int64_t>(1, rows_of_pass / tokens));
  return static_cast<std::size_t>(std::min(kMost, kRowsMore * rows_of_pass / tokens));
}

at::Tensor LoadedPictures::read(const std::vector<std::filesystem::path>& pictures, int threads) const {
  return model_.pixel_values(pictures, threads);
}

at::Tensor LoadedPictures::projected(const at::Tensor& read) const {
  return model_.projected(read);
}

AskedModel asked_model(const models::LoadedModel& model, std::int64_t beams) {
  return {*model.llava.text_model,      *model.tokenizer, model.conversation, model.llava.num_image_tokens(),
          model.answer_settings(beams), model.device};
}

}  // namespace imp::eval
