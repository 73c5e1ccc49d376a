// SPDX-License-Identifier: Apache-2.0
// Runs `imp-data leaks` as a user would.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "models/image/codec.h"
#include "models/io/file.h"
#include "tests/harness/data/imp_data_program.h"

namespace imp {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

using testing::Outcome;

class LeaksProgramTest : public ::testing::Test {
 protected:
  LeaksProgramTest() : folder_(fs::path(::testing::TempDir()) / "leaks_program") { fs::remove_all(folder_); }

  void SetUp() override {
    ASSERT_EQ(
        run(fmt::format("render embedded -o {} --pictures 40 --test-pictures 20 --size 64", set().string()))
            .exit_code,
        0);
  }

  [[nodiscard]] fs::path set() const { return folder_ / "set"; }

  Outcome run(const std::string& arguments) const {
    fs::create_directories(folder_);
    return testing::imp_data(arguments, folder_);
  }
  Outcome leaks(const std::string& arguments) const { return run("leaks " + arguments); }

  /// Rows about copies of test pictures 0 to count - 1, as PNG, under the names that PNGs in `images` have.
  fs::path rows_of_test_pictures(int count) const {
    nlohmann::json rows = nlohmann::json::array();
    for (int i = 0; i < count; ++i) {
      const models::Image image = models::read_image(set() / fmt::format("images/test/{:06}.jpg", i));
      write_file_atomically(folder_ / fmt::format("leaked/copies/{}.png", i), models::encode_png(image));
      rows.push_back({{"id", fmt::format("row {}", i)},
                      {"image", fmt::format("copies/{}.png", i)},
                      {"conversations",
                       {{{"from", "human"}, {"value", "<image>\ndescribe the picture."}},
                        {{"from", "gpt"}, {"value", "a sign"}}}}});
    }
    write_file_atomically(folder_ / "leaked.json", rows.dump());
    return folder_ / "leaked.json";
  }

  fs::path folder_;
};

TEST_F(LeaksProgramTest, ARenderedSetHasNoLeakOfItsOwn) {
  const Outcome outcome = leaks(fmt::format("{0} {0}", set().string()));
  EXPECT_EQ(outcome.exit_code, 0) << outcome.output << outcome.errors;
  EXPECT_THAT(outcome.output, HasSubstr("no picture of scenetext is in the training data"));
}

// One of the twenty pictures has nothing that scenetext asks about, three of the thirty below.
TEST_F(LeaksProgramTest, PlantedPicturesAreFoundCountedAndNamed) {
  const fs::path rows = rows_of_test_pictures(5), all = folder_ / "pairs.jsonl";
  const std::string arguments = fmt::format("{} {} --images {} --named 2", rows.string(), set().string(),
                                            (folder_ / "leaked").string());
  const Outcome outcome = leaks(arguments + " -o " + all.string());
  EXPECT_EQ(outcome.exit_code, 1) << outcome.errors;
  EXPECT_THAT(outcome.output,
              HasSubstr("| pictures of the same pixels | 5 | 5 of 5 (100.0 %) | 5 of 19 (26.3 %) |"));
  EXPECT_THAT(outcome.output, HasSubstr("copies/0.png is 000000\n"));
  EXPECT_THAT(outcome.output, HasSubstr("and 3 more pairs"));
  EXPECT_THAT(
      outcome.output,
      HasSubstr("scenetext is not zero-shot: 26 % of the benchmark's pictures are in the training data"));
  EXPECT_THAT(read_file(all),
              HasSubstr(R"({"kind":"exact","training_picture":"copies/4.png","image_id":"000004"})"));

  const Outcome told = leaks(arguments + " --json");
  EXPECT_EQ(told.exit_code, 1);
  const nlohmann::json json = nlohmann::json::parse(told.output);
  EXPECT_EQ(json["exact"]["pairs"], 5);
  EXPECT_EQ(json["near"]["pairs"], 0);
  EXPECT_DOUBLE_EQ(json["share_of_pictures"].get<double>(), 5.0 / 19);
  EXPECT_EQ(json["first"].size(), 2U);
}

// 300 * 22 / 643 captions are of 10 test pictures; the other mixes have none.
TEST_F(LeaksProgramTest, OfTheTrainingMixesOneHoldsTheBenchmarksPictures) {
  for (const auto& [name, exit_code] : {std::pair{"665k", 1}, {"675k", 0}}) {
    const std::string mix = (folder_ / name).string();
    const Outcome written =
        run(fmt::format("mix {} -o {} --pictures 300 --test-pictures 30 --size 64", name, mix));
    ASSERT_EQ(written.exit_code, 0) << written.errors;
    EXPECT_EQ(run("stats " + mix).output, written.output);
    const Outcome outcome = leaks(mix + " " + mix);
    EXPECT_EQ(outcome.exit_code, exit_code) << outcome.output << outcome.errors;
    if (exit_code == 0) continue;
    EXPECT_THAT(outcome.output,
                HasSubstr("| pictures of the same pixels | 10 | 10 of 310 (3.2 %) | 10 of 27 (37.0 %) |"));
    EXPECT_THAT(outcome.output, HasSubstr("not zero-shot: 37 % of the benchmark's pictures"));
  }
  const Outcome unknown = run("mix 642k -o " + (folder_ / "unknown").string());
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_THAT(unknown.errors, HasSubstr("643k"));
}

TEST_F(LeaksProgramTest, FoldersAreSearchedInTheirOrder) {
  const fs::path rows = rows_of_test_pictures(2);
  const Outcome outcome = leaks(fmt::format("{} {} --images {} {}", rows.string(), set().string(),
                                            (folder_ / "nowhere").string(), (folder_ / "leaked").string()));
  EXPECT_EQ(outcome.exit_code, 1) << outcome.errors;
}

TEST_F(LeaksProgramTest, ABenchmarkIsTakenByNameAsImpEvalTakesIt) {
  const fs::path rows = rows_of_test_pictures(1);
  const Outcome outcome = leaks(
      fmt::format("{} scenetext --annotations {}/test.json --benchmark-images {}/images/test --images {}",
                  rows.string(), set().string(), set().string(), (folder_ / "leaked").string()));
  EXPECT_EQ(outcome.exit_code, 1) << outcome.errors;
  fs::create_directories(folder_ / "data");
  fs::create_directory_symlink(set(), folder_ / "data" / "scenetext");
  EXPECT_EQ(leaks(fmt::format("{} scenetext --data {} --images {}", rows.string(),
                              (folder_ / "data").string(), (folder_ / "leaked").string()))
                .exit_code,
            1);
}

TEST_F(LeaksProgramTest, MissingPicturesAreCountedAndWithoutAnyThereIsNoVerdict) {
  const fs::path rows = rows_of_test_pictures(3);
  fs::remove(folder_ / "leaked/copies/1.png");
  const std::string arguments =
      fmt::format("{} {} --images {}", rows.string(), set().string(), (folder_ / "leaked").string());
  const Outcome outcome = leaks(arguments);
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.output, HasSubstr("1 of the training data's pictures could not be read"));
  EXPECT_THAT(outcome.output, HasSubstr("copies/1.png: is absent"));
  fs::remove_all(folder_ / "leaked");
  const Outcome none = leaks(arguments);
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_EQ(none.output, "");
  EXPECT_THAT(none.errors, HasSubstr("none of the training data's 3 pictures can be read"));
}

TEST_F(LeaksProgramTest, AZeroByteInANameIsNoCrash) {
  const fs::path rows = rows_of_test_pictures(2);
  nlohmann::json list = nlohmann::json::parse(read_file(rows));
  list[0]["image"] = std::string("copies\0/0.png", 13);
  write_file_atomically(rows, list.dump());
  const Outcome outcome =
      leaks(fmt::format("{} {} --images {}", rows.string(), set().string(), (folder_ / "leaked").string()));
  EXPECT_EQ(outcome.exit_code, 1) << outcome.errors;
  EXPECT_THAT(outcome.output, HasSubstr("copies/1.png is 000001"));
}

TEST_F(LeaksProgramTest, WrongInputsAreOneLineEach) {
  const std::string good = set().string();
  for (const auto& [arguments, message] : std::vector<std::pair<std::string, std::string>>{
           {"/nowhere " + good, "/nowhere: is no file and no folder"},
           {folder_.string() + " " + good, "has no train.json"},
           {good + " textvqo", "benchmark 'textvqo' is unknown"},
           {good + " textvqa --annotations x.json", "--annotations needs --benchmark-images"},
           {good + "/test.json " + good, "test.json"},
           {good + " " + good + " -o /dev/null", "/dev/null"}}) {
    const Outcome outcome = leaks(arguments);
    EXPECT_EQ(outcome.exit_code, 2) << arguments;
    EXPECT_THAT(outcome.errors, HasSubstr(message));
    EXPECT_EQ(std::count(outcome.errors.begin(), outcome.errors.end(), '\n'), 1) << outcome.errors;
  }
}

}  // namespace
}  // namespace imp
