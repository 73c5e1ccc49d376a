// SPDX-License-Identifier: Apache-2.0
#include "harness/executor/question_record.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "models/image/codec.h"
#include "models/io/file.h"
#include "results/run_files.h"
#include "tests/harness/plan/temporary_folder.h"

namespace imp::harness {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;

/// A picture whose every pixel looks drawn: the worst that a JPEG can meet.
models::Image noise(int width, int height, std::uint32_t state) {
  models::Image image = models::blank_image(width, height);
  for (std::uint8_t& value : image.pixels) {
    state = state * 1664525U + 1013904223U;
    value = static_cast<std::uint8_t>(state >> 24U);
  }
  return image;
}

class Record : public ::testing::Test {
 protected:
  eval::Question question(const std::string& id, const std::string& image, const fs::path& path = {}) {
    eval::Question made;
    made.question_id = {id, true};
    made.image_id = {image, false};
    made.image_path = path;
    made.question = "What is on " + image + "?";
    made.answers = {"stop", "a \"stop\" sign"};
    made.family = "word";
    return made;
  }
  fs::path picture(const std::string& name, const models::Image& image) {
    write_file_atomically(folder_.path() / name, models::encode_png(image));
    return folder_.path() / name;
  }
  [[nodiscard]] fs::path folder_of(const std::string& name) const {
    return folder_.path() / "study" / "questions" / "scenetext" / name;
  }
  std::string write(const eval::Benchmark& benchmark) {
    return write_question_record(folder_.path() / "study", benchmark);
  }

  const TemporaryFolder folder_;
};

TEST_F(Record, IsReadAsItWasAsked) {
  eval::Benchmark benchmark{
      "scenetext",
      {question("7", "a", picture("a.png", noise(40, 20, 1))), question("8", "a"), question("9", "b")},
      {}};
  benchmark.questions[2].choices = {"red", "blue"};
  const std::string name = write(benchmark);
  const auto read = results::read_asked_questions(folder_of(name) / "questions.jsonl");
  ASSERT_EQ(read.size(), 3U);
  EXPECT_EQ(read[0].question_id, "7");
  EXPECT_EQ(read[0].image_id, "a");
  EXPECT_EQ(read[0].family, "word");
  EXPECT_EQ(read[0].question, "What is on a?");
  EXPECT_EQ(read[0].references_json, R"(["stop","a \"stop\" sign"])");
  EXPECT_EQ(read[2].question, "What is on b?\nA. red\nB. blue");
  EXPECT_EQ(read[0].thumbnail, read[1].thumbnail) << "of one picture";
  EXPECT_EQ(read[2].thumbnail, "") << "no picture is known";
  const models::Image small = models::read_image(folder_of(name) / "thumbnails" / read[0].thumbnail);
  EXPECT_EQ(small.width, 40) << "a small picture keeps its size";
  EXPECT_EQ(small.height, 20);
}

TEST_F(Record, IsWrittenOnceAndNamedByAllThatItHolds) {
  const fs::path file = picture("a.png", noise(40, 20, 1));
  const eval::Benchmark benchmark{"scenetext", {question("7", "a", file)}, {}};
  const std::string name = write(benchmark);
  const auto written = fs::last_write_time(folder_of(name) / "questions.jsonl");
  EXPECT_EQ(write(benchmark), name);
  EXPECT_EQ(fs::last_write_time(folder_of(name) / "questions.jsonl"), written);
  eval::Benchmark reworded = benchmark;
  reworded.questions[0].question = "Which?";
  EXPECT_NE(write(reworded), name);
  picture("a.png", noise(40, 20, 2));
  EXPECT_NE(write(benchmark), name) << "the same words of another picture";
  std::vector<std::string> left;
  for (const auto& entry : fs::directory_iterator(folder_.path() / "study" / "questions"))
    left.push_back(entry.path().filename().string());
  EXPECT_THAT(left, ElementsAre("scenetext")) << "nothing aside is left";
}

TEST_F(Record, KeepsABoundedNumberOfBoundedPictures) {
  const fs::path wide = picture("wide.png", noise(700, 350, 3)),
                 tall = picture("tall.png", noise(1, 4000, 4));
  eval::Benchmark benchmark{"scenetext", {question("0", "wide", wide), question("1", "tall", tall)}, {}};
  for (int i = 0; i < 300; ++i)
    benchmark.questions.push_back(question(fmt::format("{}", i + 2), fmt::format("p{}", i), wide));
  const std::string name = write(benchmark);
  std::set<std::string> files;
  for (const auto& entry : fs::directory_iterator(folder_of(name) / "thumbnails")) {
    files.insert(entry.path().filename().string());
    EXPECT_LE(entry.file_size(), kThumbnailBytes);
    const models::Image small = models::read_image(entry.path());
    EXPECT_EQ(std::max(small.width, small.height), kThumbnailSide);
  }
  EXPECT_EQ(files.size(), kMostThumbnails);
  // The same pictures are chosen when the questions stand in another order.
  std::reverse(benchmark.questions.begin(), benchmark.questions.end());
  std::set<std::string> again;
  for (const auto& entry : fs::directory_iterator(folder_of(write(benchmark)) / "thumbnails"))
    again.insert(entry.path().filename().string());
  EXPECT_EQ(again, files);
}

TEST_F(Record, OfAPictureThatCannotBeReadHasNoThumbnail) {
  write_file_atomically(folder_.path() / "broken.png", "no picture");
  const std::string name = write({"scenetext", {question("1", "a", folder_.path() / "broken.png")}, {}});
  EXPECT_EQ(results::read_asked_questions(folder_of(name) / "questions.jsonl").at(0).thumbnail, "");
}

}  // namespace
}  // namespace imp::harness
