// SPDX-License-Identifier: Apache-2.0
#include "harness/data/charts.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "harness/data/vocabulary.h"

namespace imp::harness {
namespace {

constexpr double kNominal = 96;  // the size in whose pixels layouts are told

Chart::Entry entry_of(const Chart& chart, Random& random) {
  const auto is_taken = [&](const Chart::Entry& entry) {
    return std::any_of(chart.entries.begin(), chart.entries.end(), [&](const Chart::Entry& other) {
      return other.label == entry.label || other.value == entry.value;
    });
  };
  constexpr std::size_t kLongestLabel = 4;  // what a column of a table holds
  while (true) {
    Chart::Entry entry;
    if (chart.is_table) {
      entry.label = one_of(sign_words(), random);
    } else {
      entry.label = std::string(1, static_cast<char>('A' + random.below(26)));
    }
    entry.value = chart.is_table ? 10 + random.below(90) : 1 + random.below(99);
    if (entry.label.size() <= kLongestLabel && !is_taken(entry)) return entry;
  }
}

/// The mean of a mask over a box in its pixels.
double coverage_in(const Mask& mask, double left, double top, double right, double bottom) {
  double sum = 0;
  const int first_row = std::max(0, static_cast<int>(top)),
            first_column = std::max(0, static_cast<int>(left));
  for (int row = first_row; row < std::min<double>(mask.height, bottom); ++row) {
    const double tall = std::min<double>(row + 1, bottom) - std::max<double>(row, top);
    for (int column = first_column; column < std::min<double>(mask.width, right); ++column) {
      const double wide = std::min<double>(column + 1, right) - std::max<double>(column, left);
      sum += tall * wide * mask.coverage[static_cast<std::size_t>(row * mask.width + column)];
    }
  }
  return sum / (255 * (right - left) * (bottom - top));
}

void lay(std::uint8_t* pixel, double share, Rgb color) {
  const std::array<std::uint8_t, 3> levels{color.red, color.green, color.blue};
  for (std::size_t c = 0; c < 3; ++c)
    pixel[c] = static_cast<std::uint8_t>(std::lround(pixel[c] * (1 - share) + levels[c] * share));
}

std::uint8_t* pixel_at(models::Image& image, int x, int y) {
  return image.pixels.data() + (static_cast<std::ptrdiff_t>(y) * image.width + x) * 3;
}

ChartQuestion value_question(const Chart& chart, Random& random) {
  const auto& entry = one_of(chart.entries, random);
  const std::string label = lower_case(entry.label), value = std::to_string(entry.value);
  if (!chart.is_table) return {"chart_value", "what is the value of " + label + "?", value};
  if (random.chance(0.5)) return {"table_value", "what number is next to " + label + "?", value};
  return {"table_word", "which word is next to " + value + "?", label};
}

}  // namespace

Chart sample_chart(const Assets& assets, std::uint64_t seed, std::uint64_t index) {
  Random random(seed, stream_of("chart", index));
  Chart chart;
  chart.is_table = random.chance(0.5);
  const int entries = 3 + random.below(2);
  for (int i = 0; i < entries; ++i) chart.entries.push_back(entry_of(chart, random));
  const auto faces = assets.faces(Split::train);
  chart.face = one_of(faces, random);
  const auto light = [&] { return static_cast<std::uint8_t>(225 + random.below(31)); };
  chart.paper = {light(), light(), light()};
  chart.ink = {15, 15, 15};
  chart.bar = kSignStyles[static_cast<std::size_t>(random.below(3))].plate;
  return chart;
}

std::vector<ChartQuestion> ask_about(const Chart& chart, int count, Random& random) {
  std::vector<ChartQuestion> questions;
  const auto [lowest, highest] =
      std::minmax_element(chart.entries.begin(), chart.entries.end(),
                          [](const Chart::Entry& a, const Chart::Entry& b) { return a.value < b.value; });
  const std::string size = std::to_string(chart.entries.size());
  for (int attempt = 0; attempt < 20 * count && static_cast<int>(questions.size()) < count; ++attempt) {
    const double kind = random.uniform();
    ChartQuestion question = value_question(chart, random);
    if (chart.is_table) {
      if (kind < 0.1) question = {"table_count", "how many rows are there?", size};
    } else if (kind < 0.2) {
      question = {"chart_highest", "which bar is highest?", lower_case(highest->label)};
    } else if (kind < 0.4) {
      question = {"chart_lowest", "which bar is lowest?", lower_case(lowest->label)};
    } else if (kind < 0.5) {
      question = {"chart_count", "how many bars are there?", size};
    }
    if (std::none_of(questions.begin(), questions.end(),
                     [&](const ChartQuestion& other) { return other.text == question.text; }))
      questions.push_back(std::move(question));
  }
  return questions;
}

ChartRenderer::ChartRenderer(const Assets& assets, int size)
    : assets_(assets), size_(size), atlas_(assets, std::max(24, 40 * size / 96)) {}

models::Image ChartRenderer::render(const Chart& chart) const {
  models::Image image = models::blank_image(size_, size_);
  fill({0, 0, kNominal, kNominal}, chart.paper, image);
  chart.is_table ? draw_table(chart, image) : draw_bars(chart, image);
  return image;
}

void ChartRenderer::draw_bars(const Chart& chart, models::Image& image) const {
  constexpr double kMargin = 4, kFloor = 79, kHighest = 60, kText = 10;
  const double step = (kNominal - 2 * kMargin) / static_cast<double>(chart.entries.size());
  int largest = 0;
  for (const Chart::Entry& entry : chart.entries) largest = std::max(largest, entry.value);
  for (std::size_t i = 0; i < chart.entries.size(); ++i) {
    const double middle = kMargin + (static_cast<double>(i) + 0.5) * step;
    const double top = kFloor - kHighest * chart.entries[i].value / largest;
    fill({static_cast<float>(middle - 0.3 * step), static_cast<float>(top),
          static_cast<float>(middle + 0.3 * step), static_cast<float>(kFloor)},
         chart.bar, image);
    draw_text(chart, std::to_string(chart.entries[i].value), middle, top - 2 - kText / 2, kText, image);
    draw_text(chart, chart.entries[i].label, middle, kFloor + 4 + kText / 2, kText, image);
  }
  fill({kMargin, kFloor, kNominal - kMargin, kFloor + 1}, chart.ink, image);
}

void ChartRenderer::draw_table(const Chart& chart, models::Image& image) const {
  constexpr float kMargin = 3, kColumn = 58, kLine = 1;
  constexpr double kText = 11;
  const auto rows = static_cast<float>(chart.entries.size());
  const float edge = static_cast<float>(kNominal) - kMargin, step = (edge - kMargin) / rows;
  for (std::size_t i = 0; i < chart.entries.size(); ++i) {
    const float top = kMargin + static_cast<float>(i) * step, middle = top + step / 2;
    fill({kMargin, top, edge, top + kLine}, chart.ink, image);
    draw_text(chart, chart.entries[i].label, (kMargin + kColumn) / 2, middle, kText, image);
    draw_text(chart, std::to_string(chart.entries[i].value), (kColumn + edge) / 2, middle, kText, image);
  }
  fill({kMargin, edge, edge, edge + kLine}, chart.ink, image);
  for (const float x : {kMargin, kColumn, edge})
    fill({x, kMargin, x + kLine, edge + kLine}, chart.ink, image);
}

void ChartRenderer::draw_text(const Chart& chart, std::string_view text, double x, double y, double height,
                              models::Image& image) const {
  const Mask mask = atlas_.text(assets_.faces()[static_cast<std::size_t>(chart.face)], chart.face, text, 0);
  // Narrower where a wide face would leave its column.
  constexpr double kWidest = 50;
  const double ratio = std::max(mask.height / height, mask.width / kWidest) * kNominal / size_;
  const double left = x * size_ / kNominal - mask.width / ratio / 2,
               top = y * size_ / kNominal - mask.height / ratio / 2;
  const int last_row = std::min(size_ - 1, static_cast<int>(top + mask.height / ratio));
  const int last_column = std::min(size_ - 1, static_cast<int>(left + mask.width / ratio));
  for (int row = std::max(0, static_cast<int>(top)); row <= last_row; ++row)
    for (int column = std::max(0, static_cast<int>(left)); column <= last_column; ++column) {
      const double share = coverage_in(mask, (column - left) * ratio, (row - top) * ratio,
                                       (column + 1 - left) * ratio, (row + 1 - top) * ratio);
      if (share > 0) lay(pixel_at(image, column, row), share, chart.ink);
    }
}

void ChartRenderer::fill(const Box& box, Rgb color, models::Image& image) const {
  const double scale = size_ / kNominal;
  const double left = box.left * scale, right = box.right * scale, top = box.top * scale,
               bottom = box.bottom * scale;
  for (int y = static_cast<int>(top); y < std::min<double>(size_, bottom); ++y) {
    const double tall = std::min<double>(y + 1, bottom) - std::max<double>(y, top);
    for (int x = static_cast<int>(left); x < std::min<double>(size_, right); ++x) {
      const double wide = std::min<double>(x + 1, right) - std::max<double>(x, left);
      lay(pixel_at(image, x, y), tall * wide, color);
    }
  }
}

}  // namespace imp::harness
