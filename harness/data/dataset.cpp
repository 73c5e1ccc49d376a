// SPDX-License-Identifier: Apache-2.0
#include "harness/data/dataset.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "harness/data/catalog.h"
#include "harness/data/picture_files.h"
#include "harness/data/rendered_benchmarks.h"
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
  std::vector<std::vector<std::string>> answers;  ///< ten a question about text; empty for training pictures
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
  require(parameters.train_pictures >= 0 && parameters.test_pictures >= 0,
          "a number of pictures is negative; 0 or more would be right");
  require(parameters.questions_per_picture >= 1 && parameters.test_questions_per_picture >= 1,
          "a picture needs at least one question");
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
    write_benchmarks(render(Split::test, parameters_.test_pictures));
    return counts_;
  }

 private:
  SceneParameters scene_parameters(Split split) const {
    SceneParameters scene = parameters_.scene;
    scene.seed = seed_of(split);
    scene.split = split == Split::test ? parameters_.test_split : split;
    scene.size = parameters_.image_size;
    return scene;
  }

  std::uint64_t seed_of(Split split) const {
    return split == Split::test ? parameters_.test_seed : parameters_.seed;
  }

  std::vector<PictureRecord> render(Split split, int pictures) {
    const std::filesystem::path images = folder_ / "images" / name_of(split);
    make_picture_folder(images);
    const SceneSampler sampler(assets_, vocabulary_, scene_parameters(split));
    std::vector<PictureRecord> records(static_cast<std::size_t>(pictures));
    parallel_for(pictures, parameters_.threads, [&](int i) {
      const auto index = static_cast<std::size_t>(i);
      const Scene scene = sampler.sample(index);
      write_picture(images / (picture_name(index) + ".jpg"),
                    models::encode_jpeg(renderer_.render(scene), parameters_.jpeg_quality));
      records[index] = describe(split, scene, index);
    });
    for (const PictureRecord& record : records)
      for (const Question& question : record.questions)
        ++counts_[std::string(part_of(split, question))][std::string(name_of(question.family))];
    return records;
  }

  PictureRecord describe(Split split, const Scene& scene, std::size_t index) const {
    PictureRecord record;
    record.caption = caption_of(scene);
    for (const Sign& sign : scene.signs) record.texts.push_back(sign.text);
    for (const SceneObject& object : scene.objects) record.objects.emplace_back(name_of(object));
    Random random(seed_of(split), stream_of(fmt::format("questions {}", name_of(split)), index));
    if (split == Split::train) {
      record.questions =
          ask_several(scene, parameters_.questions_per_picture, parameters_.families, false, random);
      return record;
    }
    for (const Subject subject : {Subject::text, Subject::objects, Subject::presence})
      for (Question& question : ask_several(scene, parameters_.test_questions_per_picture,
                                            parameters_.families.only(subject), true, random))
        record.questions.push_back(std::move(question));
    for (const Question& question : record.questions)
      record.answers.push_back(subject_of(question.family) == Subject::text ? annotate(question, random)
                                                                            : std::vector<std::string>{});
    return record;
  }

  static std::string_view part_of(Split split, const Question& question) {
    const auto subject = static_cast<std::size_t>(subject_of(question.family));
    return split == Split::train ? name_of(split) : kRenderedBenchmarks[subject].name;
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

  void write_benchmarks(const std::vector<PictureRecord>& records) const {
    const auto& [text, objects, presence] = kRenderedBenchmarks;
    write_file_atomically(folder_ / text.annotations, text_annotations(records).dump(1) + "\n");
    write_file_atomically(folder_ / objects.annotations, object_annotations(records).dump(1) + "\n");
    write_file_atomically(folder_ / presence.annotations, presence_annotations(records));
  }

  /// Calls `use` with the number of the picture, that of the question there, and the question, for all of a
  /// subject.
  template <typename Use>
  static void for_each_question(const std::vector<PictureRecord>& records, Subject subject, Use use) {
    for (std::size_t i = 0; i < records.size(); ++i)
      for (std::size_t k = 0; k < records[i].questions.size(); ++k)
        if (subject_of(records[i].questions[k].family) == subject) use(i, k, records[i].questions[k]);
  }

  /// TextVQA 0.5.1.
  Json text_annotations(const std::vector<PictureRecord>& records) const {
    Json data = Json::array();
    for_each_question(records, Subject::text, [&](std::size_t i, std::size_t k, const Question& question) {
      data.push_back({{"question_id", static_cast<int>(data.size()) + 1},
                      {"image_id", picture_name(i)},
                      {"question", question.text},
                      {"answers", records[i].answers[k]},
                      {"family", name_of(question.family)},
                      {"ocr_tokens", records[i].texts},
                      {"image_classes", records[i].objects},
                      {"image_width", parameters_.image_size},
                      {"image_height", parameters_.image_size},
                      {"set_name", name_of(parameters_.test_split)}});
    });
    return {{"dataset_type", name_of(parameters_.test_split)},
            {"dataset_name", "scenetext"},
            {"dataset_version", "0.5.1"},
            {"data", std::move(data)}};
  }

  /// GQA's questions by id.
  static Json object_annotations(const std::vector<PictureRecord>& records) {
    Json data = Json::object();
    for_each_question(records, Subject::objects, [&](std::size_t i, std::size_t, const Question& question) {
      data[fmt::format("{:06}", data.size() + 1)] = {{"imageId", picture_name(i)},
                                                     {"question", question.text},
                                                     {"answer", question.answer},
                                                     {"types", {{"structural", name_of(question.family)}}}};
    });
    return data;
  }

  /// POPE's lines.
  static std::string presence_annotations(const std::vector<PictureRecord>& records) {
    std::string lines;
    int count = 0;
    for_each_question(records, Subject::presence, [&](std::size_t i, std::size_t, const Question& question) {
      const Json line{{"question_id", ++count},
                      {"image", picture_name(i) + ".jpg"},
                      {"text", question.text},
                      {"label", question.answer},
                      {"category", name_of(question.family)}};
      lines += line.dump() + "\n";
    });
    return lines;
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
