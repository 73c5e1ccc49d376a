// SPDX-License-Identifier: Apache-2.0
#include "harness/data/text_corpus.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "harness/data/raw_text.h"
#include "models/io/error.h"
#include "tests/harness/data/shared_assets.h"

namespace imp::harness {
namespace {

using testing::assets;
using testing::vocabulary;

TEST(TextCorpus, TheAnswersStandInTheText) {
  const TextCorpus corpus(assets(), vocabulary(), SceneParameters{});
  for (std::uint64_t i = 0; i < 300; ++i) {
    const TextSample sample = corpus.caption_sample(i);
    EXPECT_FALSE(sample.prefix.empty());
    ASSERT_EQ(sample.turns.size(), sample.families.size());
    for (std::size_t k = 0; k < sample.turns.size(); ++k) {
      const Family family = sample.families[k];
      if (subject_of(family) != Subject::presence && family != Family::count_signs &&
          family != Family::count_objects) {
        EXPECT_NE(sample.prefix.find(sample.turns[k].second), std::string::npos)
            << sample.prefix << " / " << sample.turns[k].first;
      }
    }
    EXPECT_EQ(sample.prefix, corpus.caption_sample(i).prefix);
  }
}

TEST(TextCorpus, EveryWordingTellsAllTextsObjectsAndColors) {
  const SceneSampler sampler(assets(), vocabulary(), SceneParameters::pretraining(1));
  for (std::uint64_t i = 0; i < 200; ++i) {
    const Scene scene = sampler.sample(i);
    std::set<std::string> tellings;
    for (int wording = 0; wording < kDescriptions; ++wording) {
      const std::string text = describe(scene, wording);
      tellings.insert(text);
      for (const Sign& sign : scene.signs) {
        EXPECT_NE(text.find(lower_case(sign.text)), std::string::npos);
        EXPECT_NE(text.find(color_of(sign)), std::string::npos);
      }
      for (const SceneObject& object : scene.objects) {
        EXPECT_NE(text.find(name_of(object)), std::string::npos);
        EXPECT_NE(text.find(color_of(object)), std::string::npos);
      }
    }
    EXPECT_EQ(tellings.size(), 3U);
  }
}

TEST(TextCorpus, LayoutCellsHoldEverySignWhereItStands) {
  const TextCorpus corpus(assets(), vocabulary(), SceneParameters{});
  for (std::uint64_t i = 0; i < 300; ++i) {
    const Scene scene = corpus.scene(i);
    const LayoutSample sample = corpus.layout_sample(i);
    ASSERT_EQ(sample.cells.size(), 64U);
    EXPECT_EQ(sample.text.prefix, caption_of(scene));
    std::set<std::string> told(sample.cells.begin(), sample.cells.end());
    for (const Sign& sign : scene.signs) {
      const std::string expected =
          std::string(kSignStyles[static_cast<std::size_t>(sign.style)].color) + " " + lower_case(sign.text);
      EXPECT_TRUE(told.contains(expected)) << expected;
      const Box box = bounding_box(sign.corners);
      for (int cell = 0; cell < 64; ++cell) {
        const float x = (static_cast<float>(cell % 8) + 0.5F) * 12,
                    y = (static_cast<float>(cell / 8) + 0.5F) * 12;
        if (sample.cells[static_cast<std::size_t>(cell)] == expected) {
          EXPECT_TRUE(x >= box.left && x <= box.right && y >= box.top && y <= box.bottom);
        }
      }
    }
    for (const SceneObject& object : scene.objects)
      EXPECT_TRUE(told.contains(std::string(color_of(object)) + " " + std::string(name_of(object))));
    EXPECT_TRUE(told.contains("."));
  }
}

TEST(RawText, ParagraphsAreManyFixedAndOfOneLine) {
  const auto paragraphs = raw_text_paragraphs();
  EXPECT_GT(paragraphs.size(), 10000U);
  EXPECT_EQ(paragraphs, raw_text_paragraphs());
  EXPECT_TRUE(std::none_of(paragraphs.begin(), paragraphs.end(), [](const std::string& paragraph) {
    return paragraph.size() < 60 || paragraph.find('\n') != std::string::npos;
  }));
}

TEST(RawText, AMissingPackageIsNamed) {
  try {
    (void)raw_text_paragraphs("/nonexistent");
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("apt-get install cmake-data"), std::string::npos);
  }
}

}  // namespace
}  // namespace imp::harness
