// SPDX-License-Identifier: Apache-2.0
#include "harness/data/charts.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <set>

#include "tests/harness/data/shared_assets.h"

namespace imp::harness {
namespace {

constexpr int kSize = 96;

bool is_color(const models::Image& image, int x, int y, Rgb color, int tolerance) {
  const std::uint8_t* pixel = image.pixels.data() + static_cast<std::ptrdiff_t>(y * image.width + x) * 3;
  return std::abs(pixel[0] - color.red) <= tolerance && std::abs(pixel[1] - color.green) <= tolerance &&
         std::abs(pixel[2] - color.blue) <= tolerance;
}

bool is_dark(const models::Image& image, int x, int y) {
  return is_color(image, x, y, {15, 15, 15}, 110);
}

std::vector<Chart> charts(bool table) {
  std::vector<Chart> all;
  for (std::uint64_t index = 0; all.size() < 40; ++index)
    if (Chart chart = sample_chart(testing::assets(), 5, index); chart.is_table == table)
      all.push_back(std::move(chart));
  return all;
}

TEST(Charts, LabelsAndValuesComeOnceAndFacesAreTrainings) {
  std::set<std::size_t> sizes;
  for (const bool table : {false, true})
    for (const Chart& chart : charts(table)) {
      std::set<std::string> labels;
      std::set<int> values;
      for (const Chart::Entry& entry : chart.entries) {
        labels.insert(entry.label);
        values.insert(entry.value);
        EXPECT_TRUE(entry.value >= 1 && entry.value <= 99);
      }
      EXPECT_EQ(labels.size(), chart.entries.size());
      EXPECT_EQ(values.size(), chart.entries.size());
      sizes.insert(chart.entries.size());
      EXPECT_EQ(testing::assets().faces()[static_cast<std::size_t>(chart.face)].split, Split::train);
    }
  EXPECT_EQ(sizes, (std::set<std::size_t>{3, 4}));
}

TEST(Charts, BarsAreAsHighAsTheirValues) {
  const ChartRenderer renderer(testing::assets(), kSize);
  for (const Chart& chart : charts(false)) {
    const models::Image image = renderer.render(chart);
    std::vector<int> heights;
    int largest = 0;
    for (std::size_t i = 0; i < chart.entries.size(); ++i) {
      const int x = static_cast<int>(4 + (static_cast<double>(i) + 0.5) * 88 /
                                             static_cast<double>(chart.entries.size()));
      int height = 0;
      for (int y = 0; y < kSize; ++y) height += is_color(image, x, y, chart.bar, 3) ? 1 : 0;
      heights.push_back(height);
      largest = std::max(largest, chart.entries[i].value);
    }
    for (std::size_t i = 0; i < heights.size(); ++i)
      EXPECT_NEAR(heights[i], 60.0 * chart.entries[i].value / largest, 1.5) << chart.entries[i].value;
  }
}

TEST(Charts, TextsStandInsideTheCellsOfATable) {
  const ChartRenderer renderer(testing::assets(), kSize);
  for (const Chart& chart : charts(true)) {
    const models::Image image = renderer.render(chart);
    const double step = 90.0 / static_cast<double>(chart.entries.size());
    for (std::size_t i = 0; i < chart.entries.size(); ++i) {
      const int top = static_cast<int>(3 + static_cast<double>(i) * step) + 3;
      const int bottom = static_cast<int>(3 + static_cast<double>(i + 1) * step) - 2;
      for (const auto& [left, right] : {std::pair{4, 58}, {59, 93}}) {
        int ink = 0, at_edge = 0;
        for (int y = top; y < bottom; ++y)
          for (int x = left + 1; x < right - 1; ++x) {
            if (!is_dark(image, x, y)) continue;
            ++ink;
            at_edge += x == left + 1 || x == right - 2 || y == top || y == bottom - 1 ? 1 : 0;
          }
        EXPECT_GE(ink, 25) << chart.entries[i].label << " " << chart.entries[i].value;
        EXPECT_EQ(at_edge, 0) << chart.entries[i].label << " " << chart.entries[i].value;
      }
    }
  }
}

TEST(Charts, AnswersAreReadOffTheChart) {
  std::set<std::string_view> families;
  std::uint64_t number = 0;
  for (const bool table : {false, true})
    for (const Chart& chart : charts(table)) {
      Random random(3, number++);
      const std::vector<ChartQuestion> questions = ask_about(chart, 4, random);
      EXPECT_EQ(questions.size(), 4U);
      std::set<std::string> texts;
      for (const ChartQuestion& question : questions) {
        families.insert(question.family);
        texts.insert(question.text);
        int agreeing = 0;
        for (const Chart::Entry& entry : chart.entries) {
          const std::string label = lower_case(entry.label), value = std::to_string(entry.value);
          const auto beaten_by = [&](int sign) {
            int others = 0;
            for (const Chart::Entry& other : chart.entries)
              others += sign * (other.value - entry.value) > 0 ? 1 : 0;
            return others;
          };
          const bool about_entry =
              question.text.ends_with(" " + label + "?") || question.text.ends_with(" " + value + "?");
          if (about_entry) agreeing += question.answer == value || question.answer == label ? 1 : 0;
          if (question.family == "chart_highest" && beaten_by(1) == 0)
            agreeing += question.answer == label ? 1 : 0;
          if (question.family == "chart_lowest" && beaten_by(-1) == 0)
            agreeing += question.answer == label ? 1 : 0;
        }
        if (question.text.starts_with("how many"))
          agreeing = std::stoul(question.answer) == chart.entries.size() ? 1 : 0;
        EXPECT_EQ(agreeing, 1) << question.text << " " << question.answer;
      }
      EXPECT_EQ(texts.size(), questions.size());
    }
  EXPECT_EQ(families,
            (std::set<std::string_view>{"chart_count", "chart_highest", "chart_lowest", "chart_value",
                                        "table_count", "table_value", "table_word"}));
}

TEST(Charts, AChartIsAFunctionOfItsNumber) {
  const Chart a = sample_chart(testing::assets(), 5, 17), b = sample_chart(testing::assets(), 5, 17);
  const ChartRenderer renderer(testing::assets(), 64);
  EXPECT_EQ(renderer.render(a), renderer.render(b));
  EXPECT_NE(renderer.render(a), renderer.render(sample_chart(testing::assets(), 5, 18)));
  EXPECT_NE(renderer.render(a), renderer.render(sample_chart(testing::assets(), 6, 17)));
}

}  // namespace
}  // namespace imp::harness
