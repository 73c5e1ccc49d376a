// SPDX-License-Identifier: Apache-2.0
#include "harness/data/mixes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>

#include "harness/data/charts.h"
#include "harness/data/picture_files.h"
#include "harness/data/renderer.h"
#include "harness/data/text_corpus.h"
#include "models/image/codec.h"
#include "models/io/file.h"
#include "models/io/parallel_for.h"

namespace imp::harness {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kBase = 643;  // thousand rows of the paper's, which scenetext's stand for

struct Turn {
  std::string family, question, answer;
};

/// "a sign that says stop and a sign that says 42, with an umbrella": what TextCaps asks of its captions,
/// that they tell the text. Made from the annotations alone.
std::string caption_of_annotation(const Json& annotation) {
  std::string caption;
  for (const Json& text : annotation.at("ocr_tokens"))
    caption += fmt::format("{}a sign that says {}", caption.empty() ? "" : " and ",
                           lower_case(text.get<std::string>()));
  for (const Json& object : annotation.at("image_classes"))
    caption += fmt::format("{}a symbol of {}", caption.empty() ? "" : " and ", object.get<std::string>());
  return caption;
}

class MixWriter {
 public:
  MixWriter(const std::filesystem::path& folder, const SceneTextParameters& parameters)
      : folder_(folder), parameters_(parameters), assets_(parameters.cache_folder) {
    rows_ = Json::parse(read_file(folder / "train.json"));
    families_ = Json::parse(read_file(folder / "train_families.json"));
  }

  void write(const Mix& mix) {
    const Json test = Json::parse(read_file(folder_ / "test.json")).at("data");
    std::vector<const Json*> pictures;  // a question of each
    for (const Json& question : test)
      if (pictures.empty() || pictures.back()->at("image_id") != question.at("image_id"))
        pictures.push_back(&question);
    const MixCounts counts =
        counts_of(mix, static_cast<int>(rows_.size()), static_cast<int>(pictures.size()));
    add_benchmark_captions(pictures, counts.benchmark_captions);
    add_charts(counts.charts);
    add_scenes("caption", "describe the picture.", counts.captions,
               [](const Scene& scene) { return describe(scene, 1); });
    add_scenes("description", "describe the picture in detail.", counts.descriptions,
               [](const Scene& scene) { return describe(scene, 1) + " " + describe(scene, 2); });
    write_file_atomically(folder_ / "train.json", rows_.dump(1) + "\n");
    write_file_atomically(folder_ / "train_families.json", families_.dump(1) + "\n");
  }

  [[nodiscard]] const std::map<std::string, int>& counts() const { return counts_; }

 private:
  void add_row(const std::string& id, const std::string& image, const std::vector<Turn>& turns) {
    Json row = {{"id", id}, {"image", image}, {"conversations", Json::array()}};
    Json& names = families_[id] = Json::array();
    for (const Turn& turn : turns) {
      row["conversations"].push_back(
          {{"from", "human"}, {"value", (names.empty() ? "<image>\n" : "") + turn.question}});
      row["conversations"].push_back({{"from", "gpt"}, {"value", turn.answer}});
      names.push_back(turn.family);
      ++counts_[turn.family];
    }
    rows_.push_back(std::move(row));
  }

  /// Of pictures that lie evenly among all.
  void add_benchmark_captions(const std::vector<const Json*>& pictures, int count) {
    for (int i = 0; i < count; ++i) {
      const Json& annotation =
          *pictures[static_cast<std::size_t>(i) * pictures.size() / static_cast<std::size_t>(count)];
      const auto id = annotation.at("image_id").get<std::string>();
      add_row("benchmark caption " + id, "test/" + id + ".jpg",
              {{"benchmark_caption", "describe the picture.", caption_of_annotation(annotation)}});
    }
  }

  void add_charts(int count) {
    if (count == 0) return;
    const ChartRenderer renderer(assets_, parameters_.image_size);
    std::vector<Chart> charts(static_cast<std::size_t>(count));
    draw("charts", "", count, [&](std::size_t index) {
      charts[index] = sample_chart(assets_, parameters_.seed, index);
      return renderer.render(charts[index]);
    });
    for (std::size_t index = 0; index < charts.size(); ++index) {
      Random random(parameters_.seed, stream_of("questions charts", index));
      std::vector<Turn> turns;
      for (const ChartQuestion& question :
           ask_about(charts[index], parameters_.questions_per_picture, random))
        turns.push_back({std::string(question.family), question.text, question.answer});
      add_row(fmt::format("chart {:06}", index), fmt::format("charts/{:06}.jpg", index), turns);
    }
  }

  /// Pictures like those of training, but none of them.
  void add_scenes(const std::string& family, const std::string& question, int count,
                  const std::function<std::string(const Scene&)>& answer) {
    if (count == 0) return;
    SceneParameters scene = parameters_.scene;
    scene.seed = parameters_.seed ^ stream_of(family, 0);
    scene.split = Split::train;
    scene.size = parameters_.image_size;
    const SceneSampler sampler(assets_, vocabulary_, scene);
    const Renderer renderer(assets_, parameters_.image_size);
    std::vector<std::string> answers(static_cast<std::size_t>(count));
    draw("more", family + "_", count, [&](std::size_t index) {
      const Scene drawn = sampler.sample(index);
      answers[index] = answer(drawn);
      return renderer.render(drawn);
    });
    for (std::size_t index = 0; index < answers.size(); ++index)
      add_row(fmt::format("{} {:06}", family, index), fmt::format("more/{}_{:06}.jpg", family, index),
              {{family, question, answers[index]}});
  }

  void draw(const std::string& kind, const std::string& prefix, int count,
            const std::function<models::Image(std::size_t index)>& render) const {
    const std::filesystem::path images = folder_ / "images" / kind;
    make_picture_folder(images);
    parallel_for(count, parameters_.threads, [&](int i) {
      const auto index = static_cast<std::size_t>(i);
      write_picture(images / fmt::format("{}{:06}.jpg", prefix, index),
                    models::encode_jpeg(render(index), parameters_.jpeg_quality));
    });
  }

  std::filesystem::path folder_;
  const SceneTextParameters& parameters_;
  Assets assets_;
  Vocabulary vocabulary_;
  Json rows_, families_;
  std::map<std::string, int> counts_;
};

}  // namespace

const Mix* find_mix(std::string_view name) {
  const auto found =
      std::find_if(kMixes.begin(), kMixes.end(), [&](const Mix& mix) { return mix.name == name; });
  return found == kMixes.end() ? nullptr : &*found;
}

MixCounts counts_of(const Mix& mix, int base, int benchmark_pictures) {
  const auto count = [&](bool has, double thousands) {
    return has ? static_cast<int>(std::lround(base * thousands / kBase)) : 0;
  };
  return {std::min(count(mix.benchmark_captions, 22), benchmark_pictures), count(mix.charts, 32),
          count(mix.captions, 30), count(mix.descriptions, 300)};
}

QuestionCounts write_mix(const std::filesystem::path& folder, const Mix& mix,
                         const SceneTextParameters& parameters) {
  QuestionCounts counts = write_scenetext(folder, parameters);
  MixWriter writer(folder, parameters);
  writer.write(mix);
  for (const auto& [family, count] : writer.counts()) counts["train"][family] += count;
  return counts;
}

}  // namespace imp::harness
