// SPDX-License-Identifier: Apache-2.0
#include "harness/data/geometry.h"

#include <algorithm>

namespace imp::harness {

Box bounding_box(const Quad& quad) {
  Box box{quad[0].x, quad[0].y, quad[0].x, quad[0].y};
  for (const Point& corner : quad) {
    box.left = std::min(box.left, corner.x);
    box.right = std::max(box.right, corner.x);
    box.top = std::min(box.top, corner.y);
    box.bottom = std::max(box.bottom, corner.y);
  }
  return box;
}

bool overlap(const Box& a, const Box& b) {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

Point Homography::operator()(Point point) const {
  const auto& m = matrix;
  const double w = m[6] * point.x + m[7] * point.y + m[8];
  return {static_cast<float>((m[0] * point.x + m[1] * point.y + m[2]) / w),
          static_cast<float>((m[3] * point.x + m[4] * point.y + m[5]) / w)};
}

Homography Homography::inverse() const {
  const auto& m = matrix;
  // The adjugate is enough: a homography is defined up to a factor.
  return {{m[4] * m[8] - m[5] * m[7], m[2] * m[7] - m[1] * m[8], m[1] * m[5] - m[2] * m[4],
           m[5] * m[6] - m[3] * m[8], m[0] * m[8] - m[2] * m[6], m[2] * m[3] - m[0] * m[5],
           m[3] * m[7] - m[4] * m[6], m[1] * m[6] - m[0] * m[7], m[0] * m[4] - m[1] * m[3]}};
}

Homography Homography::from_rectangle(double width, double height, const Quad& quad) {
  const double dx1 = quad[1].x - quad[2].x, dy1 = quad[1].y - quad[2].y;
  const double dx2 = quad[3].x - quad[2].x, dy2 = quad[3].y - quad[2].y;
  const double sx = quad[0].x - quad[1].x + quad[2].x - quad[3].x;
  const double sy = quad[0].y - quad[1].y + quad[2].y - quad[3].y;
  const double denominator = dx1 * dy2 - dx2 * dy1;
  const double g = (sx * dy2 - dx2 * sy) / denominator;
  const double h = (dx1 * sy - sx * dy1) / denominator;
  return {{(quad[1].x - quad[0].x + g * quad[1].x) / width, (quad[3].x - quad[0].x + h * quad[3].x) / height,
           quad[0].x, (quad[1].y - quad[0].y + g * quad[1].y) / width,
           (quad[3].y - quad[0].y + h * quad[3].y) / height, quad[0].y, g / width, h / height, 1}};
}

}  // namespace imp::harness
