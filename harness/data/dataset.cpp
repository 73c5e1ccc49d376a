// SPDX-License-Identifier: Apache-2.0
#include "harness/data/dataset.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "harness/data/catalog.h"
#include "harness/data/picture_files.h"
#include "harness/data/renderer.h"
#include "models/image/codec.h"
#include "models/io/error.h"
#include "models/io/file.h"
#include "models/io/parallel_for.h"

namespace imp::harness {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kCaptionPrompt = "describe the picture.";

/// A picture's questions and what annotation files say of it.
struct PictureRecord {
  std::string caption;
  std::vector<Question> questions;
  std::vector<std::vector<std::string>> answers;  ///< ten a question; empty for training pictures
  std::vector<std::string> texts;
  std::vector<std::string> objects;
};

std::string picture_name(std::size_t index) {
  return fmt::format("{:06}", index);
}

void check(const SceneTextParameters& parameters) {
  const auto require = [](bool holds, std::string_view what) {
    if (!holds) throw Error(fmt::format("scenetext: {}", what));
  };
  require(
      parameters.train_pictures >= 0 && parameters.validation_pictures >= 0 && parameters.test_pictures >= 0,
      "a number of pictures is negative; 0 or more would be right");
  require(parameters.questions_per_picture >= 1 && parameters.test_questions_per_picture >= 1,
          "a picture needs at least one question");
  require(parameters.open_word_share >= 0 && parameters.open_word_share <= 1,
          "open_word_share must be within 0 and 1");
  require(parameters.image_size >= 32 && parameters.image_size <= 4096,
          "image_size must be within 32 and 4096");
  require(parameters.jpeg_quality >= 1 && parameters.jpeg_quality <= 100,
          "jpeg_quality must be within 1 and 100");
}

class DatasetWriter {
 public:
  DatasetWriter(const std::filesystem::path& folder, const SceneTextParameters& parameters)
      : folder_(folder),
        parameters_(parameters),
        assets_(parameters.cache_folder),
        renderer_(assets_, parameters.image_size) {}

  QuestionCounts write() {
    const std::vector<PictureRecord> train = render(Split::train, parameters_.train_pictures);
    write_file_atomically(folder_ / "train.json", conversations(train).dump(1) + "\n");
    write_file_atomically(folder_ / "captions.json", captions(train).dump(1) + "\n");
    write_file_atomically(folder_ / "train_families.json", families(train).dump(1) + "\n");
    for (const Split split : {Split::validation, Split::test}) {
      const int pictures = split == Split::test ? parameters_.test_pictures : parameters_.validation_pictures;
      const Json annotations = annotation_file(split, render(split, pictures));
      write_file_atomically(folder_ / fmt::format("{}.json", name_of(split)), annotations.dump(1) + "\n");
    }
    return counts_;
  }

 private:
  SceneParameters scene_parameters(Split split, bool held_out) const {
    SceneParameters scene = parameters_.scene;
    scene.seed = parameters_.seed;
    scene.split = split;
    scene.size = parameters_.image_size;
    scene.open_share = held_out ? 1 : 0;
    scene.open_split = Split::test;
    if (held_out)
      scene.layouts = {
          .one_word = 1, .one_number = 0, .word_and_number = 0, .two_words = 0, .three_signs = 0};
    return scene;
  }

  std::vector<PictureRecord> render(Split split, int pictures) {
    const std::filesystem::path images = folder_ / "images" / name_of(split);
    make_picture_folder(images);
    const int held_out = split == Split::test ? static_cast<int>(parameters_.open_word_share * pictures) : 0;
    const SceneSampler plain(assets_, vocabulary_, scene_parameters(split, false));
    const SceneSampler open(assets_, vocabulary_, scene_parameters(split, true));
    std::vector<PictureRecord> records(static_cast<std::size_t>(pictures));
    parallel_for(pictures, parameters_.threads, [&](int i) {
      const auto index = static_cast<std::size_t>(i);
      const bool is_open = i >= pictures - held_out;
      const Scene scene = (is_open ? open : plain).sample(index);
      write_picture(images / (picture_name(index) + ".jpg"),
                    models::encode_jpeg(renderer_.render(scene), parameters_.jpeg_quality));
      records[index] = describe(split, scene, index, is_open);
    });
    for (const PictureRecord& record : records)
      for (const Question& question : record.questions)
        ++counts_[std::string(name_of(split))][std::string(name_of(question.family))];
    return records;
  }

  PictureRecord describe(Split split, const Scene& scene, std::size_t index, bool is_open) const {
    PictureRecord record;
    record.caption = caption_of(scene);
    for (const Sign& sign : scene.signs) record.texts.push_back(sign.text);
    if (scene.object)
      record.objects.emplace_back(kObjects[static_cast<std::size_t>(scene.object->kind)].name);
    Random random(parameters_.seed, stream_of(fmt::format("questions {}", name_of(split)), index));
    if (is_open) {
      if (auto question = ask(Family::open_word, scene, random))
        record.questions.push_back(std::move(*question));
    } else {
      const bool train = split == Split::train;
      record.questions = ask_several(
          scene, train ? parameters_.questions_per_picture : parameters_.test_questions_per_picture,
          parameters_.families, !train, random);
    }
    if (split != Split::train)
      for (const Question& question : record.questions) record.answers.push_back(annotate(question, random));
    return record;
  }

  static Json row(std::size_t index) {
    const std::string id = picture_name(index);
    return {{"id", id}, {"image", fmt::format("train/{}.jpg", id)}};
  }

  static Json conversations(const std::vector<PictureRecord>& records) {
    Json rows = Json::array();
    for (std::size_t i = 0; i < records.size(); ++i) {
      Json turns = Json::array();
      for (const Question& question : records[i].questions) {
        turns.push_back({{"from", "human"}, {"value", (turns.empty() ? "<image>\n" : "") + question.text}});
        turns.push_back({{"from", "gpt"}, {"value", question.answer}});
      }
      if (turns.empty()) continue;
      rows.push_back(row(i));
      rows.back()["conversations"] = std::move(turns);
    }
    return rows;
  }

  static Json captions(const std::vector<PictureRecord>& records) {
    Json rows = Json::array();
    for (std::size_t i = 0; i < records.size(); ++i) {
      rows.push_back(row(i));
      rows.back()["conversations"] = {
          {{"from", "human"}, {"value", fmt::format("<image>\n{}", kCaptionPrompt)}},
          {{"from", "gpt"}, {"value", records[i].caption}}};
    }
    return rows;
  }

  static Json families(const std::vector<PictureRecord>& records) {
    Json rows = Json::object();
    for (std::size_t i = 0; i < records.size(); ++i) {
      Json& names = rows[picture_name(i)] = Json::array();
      for (const Question& question : records[i].questions) names.push_back(name_of(question.family));
    }
    return rows;
  }

  Json annotation_file(Split split, const std::vector<PictureRecord>& records) const {
    Json data = Json::array();
    for (std::size_t i = 0; i < records.size(); ++i) {
      const PictureRecord& record = records[i];
      for (std::size_t k = 0; k < record.questions.size(); ++k) {
        const Question& question = record.questions[k];
        data.push_back({{"question_id", static_cast<int>(data.size()) + 1},
                        {"image_id", picture_name(i)},
                        {"question", question.text},
                        {"answers", record.answers[k]},
                        {"family", name_of(question.family)},
                        {"ocr_tokens", record.texts},
                        {"image_classes", record.objects},
                        {"image_width", parameters_.image_size},
                        {"image_height", parameters_.image_size},
                        {"set_name", name_of(split)}});
      }
    }
    return {{"dataset_type", name_of(split)},
            {"dataset_name", "scenetext"},
            {"dataset_version", "0.5.1"},
            {"data", std::move(data)}};
  }

  std::filesystem::path folder_;
  const SceneTextParameters& parameters_;
  Assets assets_;
  Vocabulary vocabulary_;
  Renderer renderer_;
  QuestionCounts counts_;
};

}  // namespace

QuestionCounts write_scenetext(const std::filesystem::path& folder, const SceneTextParameters& parameters) {
  check(parameters);
  return DatasetWriter(folder, parameters).write();
}

}  // namespace imp::harness
