// SPDX-License-Identifier: Apache-2.0
// What a pretrained tower can read: the figures of its card.
#include <ATen/ATen.h>

#include <algorithm>
#include <map>

#include "harness/data/catalog.h"
#include "harness/pretrain/categories.h"
#include "harness/pretrain/patch_targets.h"
#include "harness/pretrain/vision_pretraining.h"

namespace imp::harness {

at::Tensor VisionPretraining::object_scores(const at::Tensor& patches) const {
  if (options_.vision.family == models::VisionFamily::vit)
    return heads_->category.forward(patches).slice(1, 0, static_cast<int64_t>(kObjects.size()));
  std::vector<std::string> names;
  for (const SymbolObject& object : kObjects) names.emplace_back(object.name);
  return unit_rows(heads_->word.forward(patches)).mm(unit_rows(heads_->words.embed(names)).t());
}

double VisionPretraining::reading_accuracy(const SceneSampler& sampler,
                                           const std::vector<std::string>& candidates, int64_t pictures,
                                           Reading& reading) const {
  const at::NoGradGuard no_grad;
  const PatchGrid grid = patch_grid();
  std::map<std::string, int64_t> number_of;
  for (size_t i = 0; i < candidates.size(); ++i) number_of[candidates[i]] = static_cast<int64_t>(i);
  const at::Tensor keys = unit_rows(heads_->words.embed(candidates));
  int64_t words = 0, words_right = 0, letters = 0, letters_right = 0, objects = 0, objects_right = 0;
  PictureStream stream(sampler, *renderer_, 50, 1);
  for (int64_t batch_index = 0; batch_index * 50 < pictures; ++batch_index) {
    const PictureBatch batch = stream.take(batch_index + 1);  // step 1 of 1: full difficulty
    const Hidden hidden = run_tower(batch.pictures);
    const at::Tensor best = unit_rows(heads_->word.forward(hidden.patches)).mm(keys.t()).argmax(-1).cpu();
    const at::Tensor letter = heads_->letter.forward(hidden.patches).argmax(-1).cpu();
    const at::Tensor object = object_scores(hidden.patches).argmax(-1).cpu();
    for (size_t i = 0; i < batch.scenes.size(); ++i) {
      const int64_t base = static_cast<int64_t>(i) * grid.patches();
      const Scene& scene = batch.scenes[i];
      for (size_t s = 0; s < scene.signs.size(); ++s) {
        const std::vector<Point>& glyphs = batch.places[i].signs[s].glyphs;
        for (size_t g = 0; g < glyphs.size(); ++g) {
          const int64_t row = base + grid.at(glyphs[g]);
          letters_right += letter[row].item<int64_t>() == 1 + glyph_index(scene.signs[s].text[g]);
          ++letters;
        }
        const auto wanted = number_of.find(lower_case(scene.signs[s].text));
        if (wanted == number_of.end()) continue;
        words_right += best[base + grid.at(glyphs[glyphs.size() / 2])].item<int64_t>() == wanted->second;
        ++words;
      }
      for (size_t o = 0; o < scene.objects.size(); ++o) {
        const Box& box = batch.places[i].objects[o];
        const int64_t row = base + grid.at({(box.left + box.right) / 2, (box.top + box.bottom) / 2});
        objects_right += object[row].item<int64_t>() == scene.objects[o].kind;
        ++objects;
      }
    }
  }
  reading.letters = static_cast<double>(letters_right) / static_cast<double>(std::max<int64_t>(1, letters));
  reading.objects = static_cast<double>(objects_right) / static_cast<double>(std::max<int64_t>(1, objects));
  return static_cast<double>(words_right) / static_cast<double>(std::max<int64_t>(1, words));
}

double VisionPretraining::category_f1(const SceneSampler& sampler, int64_t pictures) const {
  const at::NoGradGuard no_grad;
  int64_t found = 0, told = 0, shown = 0;
  PictureStream stream(sampler, *renderer_, 50, 1);
  for (int64_t batch_index = 0; batch_index * 50 < pictures; ++batch_index) {
    const PictureBatch batch = stream.take(batch_index + 1);  // step 1 of 1: full difficulty
    const at::Tensor labels = category_labels(batch.scenes).to(at::kBool);
    const at::Tensor guesses = heads_->category.forward(run_tower(batch.pictures).pooled) > 0;
    found += at::logical_and(labels, guesses).sum().item<int64_t>();
    told += guesses.sum().item<int64_t>();
    shown += labels.sum().item<int64_t>();
  }
  return 2.0 * static_cast<double>(found) / static_cast<double>(std::max<int64_t>(1, told + shown));
}

VisionPretraining::Reading VisionPretraining::measure_reading(int64_t pictures, Split split) {
  const bool is_classifier = options_.vision.family == models::VisionFamily::vit;
  Reading reading, unused;
  SceneParameters held_out = SceneParameters::held_out_words(options_.seed + 7);
  held_out.split = split;
  std::vector<std::string> unseen;
  for (const std::string& word : vocabulary_.open_words(held_out.open_split))
    unseen.push_back(lower_case(word));
  if (!is_classifier) {
    reading.open_words =
        reading_accuracy(SceneSampler(assets_, vocabulary_, held_out), unseen, pictures, unused);
  }

  SceneParameters closed;
  closed.seed = options_.seed + 8;
  closed.split = split;
  std::vector<std::string> known;
  for (const std::string_view word : sign_words()) known.push_back(lower_case(word));
  reading.words = reading_accuracy(SceneSampler(assets_, vocabulary_, closed), known, pictures, reading);
  if (is_classifier) reading.categories = category_f1(SceneSampler(assets_, vocabulary_, closed), pictures);
  return reading;
}

}  // namespace imp::harness
