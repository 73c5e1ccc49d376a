// SPDX-License-Identifier: Apache-2.0
#include "harness/data/mixes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "harness/data/scene.h"
#include "harness/data/statistics.h"
#include "models/io/file.h"
#include "models/io/hash.h"

namespace imp::harness {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::HasSubstr;

SceneTextParameters small() {
  SceneTextParameters parameters;
  parameters.train_pictures = 130;
  parameters.test_pictures = 20;
  parameters.image_size = 64;
  return parameters;
}

fs::path written(std::string_view name) {
  const fs::path folder = fs::path(::testing::TempDir()) / "mixes" / name;
  if (!fs::exists(folder / "test.json")) {
    fs::remove_all(folder);
    if (const Mix* mix = find_mix(name); mix != nullptr)
      write_mix(folder, *mix, small());
    else
      write_scenetext(folder, small());
  }
  return folder;
}

json rows_of(std::string_view name) {
  return json::parse(read_file(written(name) / "train.json"));
}

/// Number of rows whose picture lies in a folder of images.
int rows_in(const json& rows, const std::string& folder) {
  int count = 0;
  for (const json& row : rows) count += row["image"].get<std::string>().starts_with(folder + "/") ? 1 : 0;
  return count;
}

TEST(Mixes, HaveThePapersProportions) {
  // Imp's table 2 in thousands, so that a base of 643 rows gives its numbers.
  const auto total = [](std::string_view name) {
    const MixCounts counts = counts_of(*find_mix(name), 643, 10'000);
    return 643 + counts.benchmark_captions + counts.charts + counts.captions + counts.descriptions;
  };
  EXPECT_EQ(total("665k"), 665);
  EXPECT_EQ(total("643k"), 643);
  EXPECT_EQ(total("675k"), 675);
  EXPECT_EQ(total("705k"), 705);
  EXPECT_EQ(total("1m"), 1005);
  EXPECT_EQ(counts_of(*find_mix("665k"), 64300, 750).benchmark_captions, 750);
  EXPECT_EQ(find_mix("scenetext"), nullptr);
  EXPECT_EQ(finetune_data_names(),
            (std::vector<std::string>{"scenetext", "665k", "643k", "675k", "705k", "1m"}));
}

TEST(Mixes, AllShareTheRowsOfScenetextToTheByte) {
  const json base = rows_of("scenetext");
  EXPECT_EQ(read_file(written("643k") / "train.json"), read_file(written("scenetext") / "train.json"));
  for (const char* name : {"665k", "675k", "705k", "1m"}) {
    const json rows = rows_of(name);
    ASSERT_GT(rows.size(), base.size()) << name;
    EXPECT_TRUE(std::equal(base.begin(), base.end(), rows.begin())) << name;
  }
  EXPECT_EQ(directory_hash(written("643k") / "images"), directory_hash(written("scenetext") / "images"));
}

TEST(Mixes, EveryRowHasItsPictureOnDiskAndIdsComeOnce) {
  for (const Mix& mix : kMixes) {
    std::set<std::string> ids;
    for (const json& row : rows_of(mix.name)) {
      EXPECT_TRUE(fs::is_regular_file(written(mix.name) / "images" / row["image"].get<std::string>())) << row;
      EXPECT_TRUE(ids.insert(row["id"]).second) << row["id"];
      EXPECT_TRUE(row["conversations"][0]["value"].get<std::string>().starts_with("<image>\n"));
    }
  }
}

TEST(Mixes, OfTheBenchmarksPicturesOnly665kHasCaptionsAndTheyTellTheText) {
  const json rows = rows_of("665k");
  EXPECT_EQ(rows_in(rows, "test"), 4);  // 130 * 22 / 643
  for (const char* name : {"643k", "675k", "705k", "1m"})
    EXPECT_EQ(rows_in(rows_of(name), "test"), 0) << name;
  const json test = json::parse(read_file(written("665k") / "test.json"))["data"];
  for (const json& row : rows) {
    const std::string image = row["image"];
    if (!image.starts_with("test/")) continue;
    int found = 0;
    for (const json& question : test) {
      if (image != "test/" + question["image_id"].get<std::string>() + ".jpg") continue;
      ++found;
      for (const json& text : question["ocr_tokens"])
        EXPECT_THAT(row["conversations"][1]["value"].get<std::string>(),
                    HasSubstr(lower_case(text.get<std::string>())));
    }
    EXPECT_GE(found, 1) << image;
  }
}

TEST(Mixes, ChartsCaptionsAndDescriptionsAreAddedOneAfterAnother) {
  EXPECT_EQ(rows_in(rows_of("675k"), "charts"), 6);
  EXPECT_EQ(rows_in(rows_of("675k"), "more"), 0);
  EXPECT_EQ(rows_in(rows_of("705k"), "charts"), 6);
  EXPECT_EQ(rows_in(rows_of("705k"), "more"), 6);
  EXPECT_EQ(rows_in(rows_of("1m"), "more"), 6 + 61);
  // Descriptions are long, and pictures of their own.
  std::size_t shortest = 1000, longest_caption = 0;
  for (const json& row : rows_of("1m")) {
    const std::string image = row["image"], answer = row["conversations"][1]["value"];
    if (image.starts_with("more/description")) shortest = std::min(shortest, answer.size());
    if (image.starts_with("more/caption")) longest_caption = std::max(longest_caption, answer.size());
  }
  EXPECT_GT(shortest, 40U);
  EXPECT_GT(longest_caption, 20U);
  std::set<std::string> pictures;
  for (const auto& file : fs::recursive_directory_iterator(written("1m") / "images"))
    if (file.is_regular_file()) {
      EXPECT_TRUE(pictures.insert(file_hash(file)).second) << file;
    }
}

TEST(Mixes, StatisticsCountTheirFamilies) {
  const auto parts = scenetext_statistics(written("1m"));
  const auto& families = parts.at("train").families;
  EXPECT_EQ(families.at("caption").questions, 6);
  EXPECT_EQ(families.at("description").questions, 61);
  EXPECT_EQ(scenetext_statistics(written("665k")).at("train").families.at("benchmark_caption").questions, 4);
  EXPECT_EQ(parts.at("train").pictures, 130 + 6 + 6 + 61);
}

}  // namespace
}  // namespace imp::harness
