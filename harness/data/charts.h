// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/data/assets.h"
#include "harness/data/glyph_atlas.h"
#include "harness/data/random.h"
#include "harness/data/scene.h"
#include "models/image/image.h"

namespace imp::harness {

/// A bar chart, whose labels are letters, or a table of two columns, whose labels are words.
struct Chart {
  struct Entry {
    std::string label;  ///< upper case
    int value = 0;      ///< 1 to 99; none comes twice
  };
  bool is_table = false;
  std::vector<Entry> entries;  ///< three or four: bars from left to right, rows from top to bottom
  int face = 0;                ///< number in Assets::faces
  Rgb paper, ink, bar;
};

/// A question about a chart, as harness/data/questions has them about scenes.
struct ChartQuestion {
  std::string_view family;   ///< chart_value, chart_highest, chart_lowest, chart_count, table_value, ...
  std::string text, answer;  ///< lower case
};

/// Chart `index` of a seed; training's faces and sign words. A pure function of its arguments.
[[nodiscard]] Chart sample_chart(const Assets& assets, std::uint64_t seed, std::uint64_t index);

/// Up to `count` different questions: a bar's value, the highest and the lowest bar, how many bars; the
/// number beside a word of a table and the word beside a number, how many rows.
[[nodiscard]] std::vector<ChartQuestion> ask_about(const Chart& chart, int count, Random& random);

/// Draws charts as square pictures. Immutable after construction: threads share one.
class ChartRenderer {
 public:
  /// Pictures of `size` x `size` pixels, at least 32. `assets` must outlive it. Throws imp::Error
  /// (environment) for unreadable fonts.
  ChartRenderer(const Assets& assets, int size);

  [[nodiscard]] models::Image render(const Chart& chart) const;

 private:
  void draw_bars(const Chart& chart, models::Image& image) const;
  void draw_table(const Chart& chart, models::Image& image) const;
  /// Text in capitals of the height `height`, all lengths in pixels of a 96-pixel picture, around the middle
  /// of (x, y).
  void draw_text(const Chart& chart, std::string_view text, double x, double y, double height,
                 models::Image& image) const;
  void fill(const Box& box, Rgb color, models::Image& image) const;

  const Assets& assets_;
  int size_;
  GlyphAtlas atlas_;
};

}  // namespace imp::harness
