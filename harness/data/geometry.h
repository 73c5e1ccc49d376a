// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

namespace imp::harness {

struct Point {
  float x = 0;
  float y = 0;
};

/// Axis-parallel box in pixels, y downwards.
struct Box {
  float left = 0, top = 0, right = 0, bottom = 0;
};

/// Corners of a quadrilateral: top left, top right, bottom right, bottom left.
using Quad = std::array<Point, 4>;

[[nodiscard]] Box bounding_box(const Quad& quad);
[[nodiscard]] bool overlap(const Box& a, const Box& b);

/// A projective map of the plane, row by row of its 3 x 3 matrix.
struct Homography {
  std::array<double, 9> matrix{};

  [[nodiscard]] Point operator()(Point point) const;
  [[nodiscard]] Homography inverse() const;

  /// The map that takes the rectangle [0, width] x [0, height] to `quad` (Heckbert, "Fundamentals of Texture
  /// Mapping and Image Warping", 1989, section 2.2.3). The quadrilateral must be convex.
  static Homography from_rectangle(double width, double height, const Quad& quad);
};

}  // namespace imp::harness
