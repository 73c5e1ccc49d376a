// SPDX-License-Identifier: Apache-2.0
#include "harness/data/assets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include "harness/data/background_cache.h"
#include "harness/data/vocabulary.h"
#include "models/io/error.h"
#include "tests/harness/data/shared_assets.h"

namespace imp::harness {
namespace {

using testing::assets;
using ::testing::HasSubstr;
using testing::vocabulary;

constexpr Split kSplits[] = {Split::train, Split::validation, Split::test};

TEST(Assets, EverySplitHasFacesAndBackgroundsOfItsOwn) {
  std::set<int> faces, backgrounds;
  for (const Split split : kSplits) {
    EXPECT_GE(assets().faces(split).size(), 3U);
    EXPECT_GE(assets().backgrounds(split).size(), 4U);
    for (const int face : assets().faces(split)) EXPECT_TRUE(faces.insert(face).second);
    for (const int background : assets().backgrounds(split))
      EXPECT_TRUE(backgrounds.insert(background).second);
  }
  EXPECT_EQ(faces.size(), assets().faces().size());
  EXPECT_EQ(backgrounds.size(), assets().backgrounds().size());
}

/// Difference hash: whether each pixel of a 9 x 8 grey picture is brighter than its right neighbour.
std::uint64_t difference_hash(const models::Image& picture) {
  const auto grey = [&](int column, int row) {
    long long sum = 0, count = 0;
    for (int y = row * picture.height / 8; y < (row + 1) * picture.height / 8; ++y)
      for (int x = column * picture.width / 9; x < (column + 1) * picture.width / 9; ++x, count += 3)
        for (int c = 0; c < 3; ++c)
          sum += picture.pixels[static_cast<std::size_t>((y * picture.width + x) * 3 + c)];
    return static_cast<double>(sum) / static_cast<double>(count);
  };
  std::uint64_t hash = 0;
  for (int row = 0; row < 8; ++row)
    for (int column = 0; column < 8; ++column)
      hash = hash * 2 + (grey(column, row) > grey(column + 1, row) ? 1 : 0);
  return hash;
}

TEST(Assets, NoBackgroundIsANearCopyOfOneInAnotherSplit) {
  const auto& all = assets().backgrounds();
  for (std::size_t i = 0; i < all.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (all[i].split != all[j].split) {
        EXPECT_GT(std::popcount(difference_hash(all[i].picture) ^ difference_hash(all[j].picture)), 6)
            << all[i].name << " and " << all[j].name;
      }
}

TEST(Assets, BackgroundsShowSomething) {
  for (const Background& background : assets().backgrounds()) {
    double sum = 0, squares = 0;
    for (const std::uint8_t level : background.picture.pixels) {
      sum += level;
      squares += static_cast<double>(level) * level;
    }
    const auto count = static_cast<double>(background.picture.pixels.size());
    EXPECT_GT(squares / count - sum * sum / count / count, 4) << background.name;
  }
}

TEST(Assets, OpenWordsOfTheSplitsAreDisjointAndNoSignWords) {
  std::set<std::string> seen;
  for (const auto word : sign_words()) seen.emplace(word);
  EXPECT_EQ(seen.size(), 156U);
  for (const Split split : kSplits) {
    EXPECT_GT(vocabulary().open_words(split).size(), 500U);
    for (const std::string& word : vocabulary().open_words(split))
      EXPECT_TRUE(seen.insert(word).second) << word;
  }
}

TEST(Assets, MissingWordListNamesThePackage) {
  try {
    const Vocabulary missing("/nowhere/words");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), 3);
    EXPECT_THAT(error.what(), HasSubstr("apt-get install wamerican"));
  }
}

TEST(BackgroundCache, SecondLoadReadsTheSamePicturesAndADamagedFileIsMadeAnew) {
  const auto folder = std::filesystem::path(::testing::TempDir()) / "background_cache";
  std::filesystem::remove_all(folder);
  const auto files = background_catalog().last(2);
  const auto first = load_thumbnails(files, 64, folder);
  const auto cache = std::filesystem::directory_iterator(folder)->path();
  EXPECT_EQ(load_thumbnails(files, 64, folder)[1].pixels, first[1].pixels);
  std::fstream(cache, std::ios::in | std::ios::out | std::ios::binary).seekp(100).put('x');
  EXPECT_EQ(load_thumbnails(files, 64, folder)[0].pixels, first[0].pixels);
  EXPECT_EQ(std::min(first[0].width, first[0].height), 64);
}

TEST(BackgroundCache, AFolderThatCannotBeMadeOnlyCostsTime) {
  EXPECT_EQ(load_thumbnails(background_catalog().last(1), 64, "/dev/null/cache").size(), 1U);
}

}  // namespace
}  // namespace imp::harness
