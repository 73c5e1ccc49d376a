// SPDX-License-Identifier: Apache-2.0
// A committed zoo model does what its card says: measured again by the code that wrote the card.
#include <gtest/gtest.h>
#include <zlib.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "harness/pretrain/text_pretraining.h"
#include "harness/pretrain/vision_pretraining.h"
#include "models/io/file.h"

namespace imp::harness {
namespace {

namespace fs = std::filesystem;

// As harness/stages/pretrain_stage.cpp measures.
constexpr int64_t kCardPictures = 1000, kCardSamples = 500;
// Another processor's sums differ in their last bits, and may turn a close call.
constexpr double kTolerance = 0.01;

const fs::path kZoo = fs::path(IMP_SOURCE) / "sweeps" / "zoo";

std::vector<std::string> models_with_cards() {
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(kZoo)) {
    if (fs::exists(entry.path() / "card.json")) names.push_back(entry.path().filename());
  }
  return names;
}

/// The figures that the card should hold, by name.
std::map<std::string, double> measure_encoder(const fs::path& folder, const nlohmann::json& config) {
  const Assets assets;
  const Vocabulary vocabulary;
  VisionPretrainingOptions options;
  options.vision = models::parse_vision_config(config, (folder / "config.json").string());
  VisionPretraining task(options, assets, vocabulary);
  task.load(folder);
  const VisionPretraining::Reading reading = task.measure_reading(kCardPictures, Split::test);
  return {{"things found (F1), new backgrounds", reading.categories},
          {"objects named, new backgrounds", reading.objects},
          {"sign words read, new faces", reading.words},
          {"words never shown, new faces", reading.open_words},
          {"characters read, new faces", reading.letters}};
}

std::map<std::string, double> measure_language_model(const fs::path& folder, const nlohmann::json& config) {
  const Assets assets;
  const Vocabulary vocabulary;
  const TextCorpus corpus = pretraining_corpus(assets, vocabulary);
  const auto tokenizer = models::Tokenizer::load(folder);
  TextPretrainingOptions options;
  options.text = models::parse_text_config(config, (folder / "config.json").string());
  TextPretraining task(options, corpus, *tokenizer);
  task.load(folder);
  std::map<std::string, double> figures;
  for (const auto& [family, share] : task.measure_answers(kCardSamples))
    figures["text-only answers, " + family] = share;
  return figures;
}

class ZooModel : public testing::TestWithParam<std::string> {};

TEST_P(ZooModel, ScoresWhatItsCardSays) {
  const fs::path folder = kZoo / GetParam();
  const auto card = nlohmann::json::parse(read_file(folder / "card.json"));
  const auto config = nlohmann::json::parse(read_file(folder / "config.json"));
  const auto type = config["model_type"].get<std::string>();
  const auto measured = type == "phi" || type == "llama" ? measure_language_model(folder, config)
                                                         : measure_encoder(folder, config);
  ASSERT_FALSE(card.empty());
  for (const auto& [figure, value] : card.items()) {
    ASSERT_TRUE(measured.contains(figure)) << figure;
    EXPECT_NEAR(measured.at(figure), value.get<double>(), kTolerance) << figure;
  }
}

INSTANTIATE_TEST_SUITE_P(All, ZooModel, testing::ValuesIn(models_with_cards()),
                         [](const testing::TestParamInfo<std::string>& test) { return test.param; });
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ZooModel);

/// As git keeps and sends a file.
uintmax_t compressed_size(const fs::path& file) {
  const std::string text = read_file(file);
  std::vector<Bytef> compressed(compressBound(text.size()));
  uLongf size = compressed.size();
  const int status =
      compress(compressed.data(), &size, reinterpret_cast<const Bytef*>(text.data()), text.size());
  return status == Z_OK ? size : text.size();
}

TEST(Zoo, AddsAtMost25MegabytesToAClone) {
  uintmax_t bytes = 0;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(kZoo)) {
    if (entry.is_regular_file()) bytes += compressed_size(entry.path());
  }
  EXPECT_LE(bytes, uintmax_t{25} * 1000 * 1000);
}

}  // namespace
}  // namespace imp::harness
