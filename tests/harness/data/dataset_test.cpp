// SPDX-License-Identifier: Apache-2.0
#include "harness/data/dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "eval/benchmarks/benchmark.h"
#include "harness/data/profiles.h"
#include "harness/data/rendered_benchmarks.h"
#include "harness/data/statistics.h"
#include "models/io/error.h"
#include "models/io/file.h"
#include "models/io/hash.h"

namespace imp::harness {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

SceneTextParameters small() {
  SceneTextParameters parameters;
  parameters.train_pictures = 40;
  parameters.test_pictures = 30;
  return parameters;
}

fs::path fresh_folder(const std::string& name) {
  fs::path folder = fs::path(::testing::TempDir()) / ("scenetext_" + name);
  fs::remove_all(folder);
  return folder;
}

const fs::path& written() {
  static const fs::path folder = [] {
    fs::path made = fresh_folder("written");
    write_scenetext(made, small());
    return made;
  }();
  return folder;
}

TEST(Dataset, NeitherThreadsNorARepetitionChangeAByte) {
  SceneTextParameters parameters = small();
  parameters.threads = 1;
  const fs::path alone = fresh_folder("alone");
  write_scenetext(alone, parameters);
  EXPECT_EQ(directory_hash(alone), directory_hash(written()));
  parameters.seed = 2;
  const fs::path reseeded = fresh_folder("reseeded");
  write_scenetext(reseeded, parameters);
  EXPECT_NE(file_hash(reseeded / "train.json"), file_hash(written() / "train.json"));
}

TEST(Dataset, TrainingRowsAreInLlavaFormatWithSeveralTurns) {
  const json rows = json::parse(read_file(written() / "train.json"));
  const json families = json::parse(read_file(written() / "train_families.json"));
  ASSERT_EQ(rows.size(), 40U);
  for (const json& row : rows) {
    EXPECT_EQ(row.size(), 3U);
    EXPECT_TRUE(fs::exists(written() / "images" / row.at("image").get<std::string>()));
    const json& turns = row.at("conversations");
    EXPECT_EQ(turns.size(), 2 * families.at(row.at("id").get<std::string>()).size());
    EXPECT_GE(turns.size(), 4U);
    for (std::size_t i = 0; i < turns.size(); ++i) {
      EXPECT_EQ(turns[i].at("from"), i % 2 == 0 ? "human" : "gpt");
      EXPECT_EQ(turns[i].at("value").get<std::string>().starts_with("<image>\n"), i == 0);
    }
  }
}

TEST(Dataset, CaptionsAreOneTurnAboutEveryTrainingPicture) {
  const json rows = json::parse(read_file(written() / "captions.json"));
  ASSERT_EQ(rows.size(), 40U);
  for (const json& row : rows) {
    ASSERT_EQ(row.at("conversations").size(), 2U);
    EXPECT_TRUE(row["conversations"][0].at("value").get<std::string>().starts_with("<image>\n"));
    EXPECT_FALSE(row["conversations"][1].at("value").get<std::string>().empty());
  }
}

TEST(Dataset, TextIsAskedInTextVqaFormat) {
  const json file = json::parse(read_file(written() / "test.json"));
  EXPECT_EQ(file.at("dataset_version"), "0.5.1");
  std::set<int> ids;
  for (const json& question : file.at("data")) {
    EXPECT_TRUE(ids.insert(question.at("question_id").get<int>()).second);
    const auto image = question.at("image_id").get<std::string>();
    EXPECT_TRUE(fs::exists(written() / "images/test" / (image + ".jpg")));
    EXPECT_EQ(question.at("answers").size(), 10U);
    EXPECT_FALSE(question.at("ocr_tokens").empty());
    EXPECT_TRUE(question.at("question").get<std::string>().ends_with("?"));
  }
  EXPECT_GT(ids.size(), 30U);
}

TEST(Dataset, EveryBenchmarkIsReadByItsOwnFormat) {
  for (const RenderedBenchmark& rendered : kRenderedBenchmarks) {
    const eval::Benchmark benchmark =
        eval::load_benchmark(rendered.name, written() / rendered.annotations, written() / "images/test");
    EXPECT_NO_THROW(eval::require_images(benchmark));
    EXPECT_GT(benchmark.questions.size(), 30U) << rendered.name;
    for (const eval::Question& question : benchmark.questions) EXPECT_FALSE(question.family.empty());
  }
}

TEST(Dataset, TheTestSeedChangesTheBenchmarksAlone) {
  SceneTextParameters parameters = small();
  parameters.test_seed = 2;
  const fs::path redrawn = fresh_folder("redrawn");
  write_scenetext(redrawn, parameters);
  EXPECT_EQ(file_hash(redrawn / "train.json"), file_hash(written() / "train.json"));
  for (const RenderedBenchmark& rendered : kRenderedBenchmarks)
    EXPECT_NE(file_hash(redrawn / rendered.annotations), file_hash(written() / rendered.annotations));
  parameters.test_seed = 1;
  parameters.test_split = Split::validation;
  const fs::path validation = fresh_folder("validation");
  write_scenetext(validation, parameters);
  EXPECT_EQ(file_hash(validation / "train.json"), file_hash(written() / "train.json"));
  EXPECT_NE(file_hash(validation / "images/test/000000.jpg"),
            file_hash(written() / "images/test/000000.jpg"));
}

TEST(Dataset, PicturesAreJpegsWithoutChromaSubsampling) {
  const std::string bytes = read_file(written() / "images/train/000000.jpg");
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(bytes.at(at)); };
  ASSERT_EQ(byte(0) * 256 + byte(1), 0xFFD8);
  std::size_t at = 2;
  while (byte(at + 1) != 0xC0) at += 2U + byte(at + 2) * 256U + byte(at + 3);  // to the baseline frame header
  EXPECT_EQ(byte(at + 5) * 256 + byte(at + 6), 96);
  EXPECT_EQ(byte(at + 7) * 256 + byte(at + 8), 96);
  ASSERT_EQ(byte(at + 9), 3);
  for (std::size_t component = 0; component < 3; ++component) EXPECT_EQ(byte(at + 11 + 3 * component), 0x11);
}

TEST(Dataset, StatisticsCountWhatWasWritten) {
  const fs::path folder = fresh_folder("counted");
  const QuestionCounts counts = write_scenetext(folder, small());
  const auto parts = scenetext_statistics(folder);
  for (const auto& [part, families] : counts)
    for (const auto& [family, questions] : families)
      EXPECT_EQ(parts.at(part).families.at(family).questions, questions) << part << " " << family;
  EXPECT_EQ(parts.at("train").pictures, 40);
}

TEST(Dataset, FoldersThatCannotBeMadeAndBadParametersAreRefused) {
  try {
    write_scenetext("/dev/null/data", small());
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), 3);
    EXPECT_THAT(error.what(), HasSubstr("/dev/null/data"));
  }
  SceneTextParameters parameters = small();
  parameters.questions_per_picture = 0;
  EXPECT_THROW(write_scenetext(fresh_folder("bad"), parameters), Error);
  EXPECT_THROW((void)scenetext_statistics(fresh_folder("missing")), Error);
  EXPECT_THROW((void)scenetext_profile("embeded"), Error);
}

}  // namespace
}  // namespace imp::harness
