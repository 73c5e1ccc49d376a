// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "harness/data/assets.h"
#include "harness/data/glyph_atlas.h"
#include "harness/data/scene.h"
#include "models/image/image.h"

namespace imp::harness {

/// Where a sign stands in a rendered picture, in pixels.
struct SignPlace {
  Quad corners{};
  Box box;                    ///< around the corners
  std::vector<Point> glyphs;  ///< centre of each character, in reading order
};

/// Where everything stands in a rendered picture: the supervision of grounded pretraining.
struct Places {
  std::vector<SignPlace> signs;  ///< in the order of Scene::signs
  std::vector<Box> objects;      ///< in the order of Scene::objects
};

/// Draws scenes as square RGB pictures. Immutable after construction: threads share one.
class Renderer {
 public:
  /// Prepares pictures of `resolution` x `resolution` pixels of scenes of any nominal size. `assets` must
  /// outlive the renderer. Throws imp::Error (usage) for a resolution below 16, (environment) for unreadable
  /// fonts.
  Renderer(const Assets& assets, int resolution);

  [[nodiscard]] int resolution() const { return resolution_; }
  /// Bytes of a picture: resolution * resolution * 3.
  [[nodiscard]] std::size_t bytes() const;

  [[nodiscard]] models::Image render(const Scene& scene) const;
  /// Draws into `pixels`, RGB rows of `bytes()` bytes. Throws imp::Error (usage) if the span has another
  /// length.
  void render_into(const Scene& scene, std::span<std::uint8_t> pixels) const;
  /// Places of a scene's texts and objects; needs no drawing.
  [[nodiscard]] Places places(const Scene& scene) const;

 private:
  void draw_backdrop(const Scene& scene, std::uint8_t* pixels) const;
  void draw_object(const SceneObject& object, double scale, std::uint8_t* pixels) const;
  void draw_sign(const Sign& sign, double scale, std::uint8_t* pixels) const;
  void blur(double sigma, std::uint8_t* pixels) const;
  void add_noise(const Scene& scene, std::uint8_t* pixels) const;

  const Assets& assets_;
  int resolution_;
  GlyphAtlas atlas_;
  std::vector<float> normal_quantiles_;
};

}  // namespace imp::harness
