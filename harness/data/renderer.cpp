// SPDX-License-Identifier: Apache-2.0
#include "harness/data/renderer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "models/io/error.h"

namespace imp::harness {
namespace {

constexpr int kSamples = 2;        // subsamples a pixel and axis
constexpr double kAtlasEm = 40;    // for 96-pixel pictures: 16-20 pixel text sampled at about one atlas pixel
constexpr int kQuantileBits = 10;  // of a random word, for one value of noise
constexpr std::size_t kQuantiles = 1U << kQuantileBits;

std::uint8_t to_byte(double value) {
  return static_cast<std::uint8_t>(std::clamp(value, 0.0, 255.0) + 0.5);
}

int checked_resolution(int resolution) {
  if (resolution < 16)
    throw Error(fmt::format("renderer: resolution {} is too small; at least 16", resolution));
  return resolution;
}

/// Quantiles of the standard normal distribution at the middles of kQuantiles equal shares, by bisection of
/// erfc.
std::vector<float> normal_quantiles() {
  std::vector<float> quantiles(kQuantiles);
  for (std::size_t i = 0; i < kQuantiles; ++i) {
    const double share = (static_cast<double>(i) + 0.5) / static_cast<double>(kQuantiles);
    double low = -6, high = 6;
    for (int step = 0; step < 40; ++step) {
      const double middle = (low + high) / 2;
      (0.5 * std::erfc(-middle / std::sqrt(2.0)) < share ? low : high) = middle;
    }
    quantiles[i] = static_cast<float>(low);
  }
  return quantiles;
}

/// Bilinear value of a mask at (x, y), where pixel (0, 0) covers [0, 1) x [0, 1); 0 outside.
float coverage_at(const Mask& mask, double x, double y) {
  const double left = x - 0.5, top = y - 0.5;
  if (left < 0 || top < 0) return 0;
  const int column = static_cast<int>(left), row = static_cast<int>(top);
  if (column + 1 >= mask.width || row + 1 >= mask.height) return 0;
  const auto u = static_cast<float>(left - column), v = static_cast<float>(top - row);
  const std::uint8_t* corner = mask.coverage.data() + static_cast<std::ptrdiff_t>(row) * mask.width + column;
  const int upper_left = corner[0], upper_right = corner[1];
  const int lower_left = corner[mask.width], lower_right = corner[mask.width + 1];
  // Most samples lie on bare plate.
  if ((upper_left | upper_right | lower_left | lower_right) == 0) return 0;
  const float upper = static_cast<float>(upper_left) + u * static_cast<float>(upper_right - upper_left);
  const float lower = static_cast<float>(lower_left) + u * static_cast<float>(lower_right - lower_left);
  return (upper + v * (lower - upper)) * (1.0F / 255);
}

/// Lays `plate` and on it `ink` over a pixel; both are shares of the pixel, ink at most plate.
void lay(std::uint8_t* pixel, float plate_share, float ink_share, Rgb plate, Rgb ink) {
  const std::array<std::uint8_t, 3> plates{plate.red, plate.green, plate.blue};
  const std::array<std::uint8_t, 3> inks{ink.red, ink.green, ink.blue};
  for (std::size_t c = 0; c < 3; ++c)
    pixel[c] =
        to_byte(pixel[c] * (1 - plate_share) + plates[c] * (plate_share - ink_share) + inks[c] * ink_share);
}

Quad scaled(const Quad& quad, double scale) {
  Quad result = quad;
  for (Point& corner : result) {
    corner.x = static_cast<float>(corner.x * scale);
    corner.y = static_cast<float>(corner.y * scale);
  }
  return result;
}

struct PixelRange {
  int left, top, right, bottom;
};

PixelRange pixels_of(const Box& box, int resolution) {
  return {std::max(0, static_cast<int>(std::floor(box.left))),
          std::max(0, static_cast<int>(std::floor(box.top))),
          std::min(resolution, static_cast<int>(std::ceil(box.right))),
          std::min(resolution, static_cast<int>(std::ceil(box.bottom)))};
}

Box box_of(const SceneObject& object, double scale) {
  const auto x = static_cast<float>(object.centre.x * scale), y = static_cast<float>(object.centre.y * scale);
  const auto radius = static_cast<float>(object.radius * scale);
  return {x - radius, y - radius, x + radius, y + radius};
}

}  // namespace

Renderer::Renderer(const Assets& assets, int resolution)
    : assets_(assets),
      resolution_(checked_resolution(resolution)),
      atlas_(assets, std::max(24, static_cast<int>(std::lround(kAtlasEm * resolution / 96)))),
      normal_quantiles_(normal_quantiles()) {}

std::size_t Renderer::bytes() const {
  return static_cast<std::size_t>(resolution_) * static_cast<std::size_t>(resolution_) * 3;
}

models::Image Renderer::render(const Scene& scene) const {
  models::Image image;
  image.width = resolution_;
  image.height = resolution_;
  image.pixels.resize(bytes());
  render_into(scene, image.pixels);
  return image;
}

void Renderer::render_into(const Scene& scene, std::span<std::uint8_t> pixels) const {
  if (pixels.size() != bytes())
    throw Error(
        fmt::format("renderer: a buffer of {} bytes was given; a picture has {}", pixels.size(), bytes()));
  const double scale = static_cast<double>(resolution_) / scene.size;
  draw_backdrop(scene, pixels.data());
  for (const SceneObject& object : scene.objects) draw_object(object, scale, pixels.data());
  for (const Sign& sign : scene.signs) draw_sign(sign, scale, pixels.data());
  if (scene.blur * scale > 0.1) blur(scene.blur * scale, pixels.data());
  if (scene.noise > 0) add_noise(scene, pixels.data());
}

void Renderer::draw_backdrop(const Scene& scene, std::uint8_t* pixels) const {
  const Backdrop& backdrop = scene.backdrop;
  if (backdrop.background < 0) {
    for (std::uint8_t* end = pixels + bytes(); pixels != end; pixels += 3) {
      pixels[0] = backdrop.color.red;
      pixels[1] = backdrop.color.green;
      pixels[2] = backdrop.color.blue;
    }
    return;
  }
  const models::Image& picture = assets_.backgrounds()[static_cast<std::size_t>(backdrop.background)].picture;
  const float step = backdrop.side / static_cast<float>(resolution_);
  struct Tap {
    int offset, weight;  // of the right neighbour, in 256ths
  };
  const auto tap_at = [](float at, int length) {
    const int first = std::clamp(static_cast<int>(at), 0, length - 2);
    const float share = std::clamp(at - static_cast<float>(first), 0.0F, 1.0F);
    return Tap{first, static_cast<int>(share * 256)};
  };
  std::vector<Tap> columns(static_cast<std::size_t>(resolution_));
  for (int x = 0; x < resolution_; ++x) {
    Tap tap = tap_at(backdrop.left + (static_cast<float>(x) + 0.5F) * step - 0.5F, picture.width);
    tap.offset *= 3;
    columns[static_cast<std::size_t>(backdrop.mirrored ? resolution_ - 1 - x : x)] = tap;
  }
  for (int y = 0; y < resolution_; ++y) {
    const Tap row = tap_at(backdrop.top + (static_cast<float>(y) + 0.5F) * step - 0.5F, picture.height);
    const std::uint8_t* upper =
        picture.pixels.data() + static_cast<std::ptrdiff_t>(row.offset) * picture.width * 3;
    const std::uint8_t* lower = upper + static_cast<std::ptrdiff_t>(picture.width) * 3;
    for (const Tap& tap : columns) {
      for (int c = tap.offset; c < tap.offset + 3; ++c) {
        const int above = upper[c] * 256 + tap.weight * (upper[c + 3] - upper[c]);
        const int below = lower[c] * 256 + tap.weight * (lower[c + 3] - lower[c]);
        *pixels++ = static_cast<std::uint8_t>((above * 256 + row.weight * (below - above) + 32768) >> 16);
      }
    }
  }
}

void Renderer::draw_object(const SceneObject& object, double scale, std::uint8_t* pixels) const {
  const Mask& symbol = atlas_.symbol(object.kind);
  const double radius = object.radius * scale;
  const double centre_x = object.centre.x * scale, centre_y = object.centre.y * scale;
  // The symbol's box fills a square inscribed in the badge with a little room.
  const double ratio = std::hypot(symbol.width, symbol.height) / (2 * 0.9 * radius);
  const PixelRange range = pixels_of(box_of(object, scale), resolution_);
  for (int y = range.top; y < range.bottom; ++y) {
    for (int x = range.left; x < range.right; ++x) {
      float badge = 0, ink = 0;
      for (int sample = 0; sample < kSamples * kSamples; ++sample) {
        const double dx = x + (sample % kSamples + 0.5) / kSamples - centre_x;
        const int row = sample / kSamples;
        const double dy = y + (row + 0.5) / kSamples - centre_y;
        if (dx * dx + dy * dy > radius * radius) continue;
        badge += 1;
        ink += coverage_at(symbol, dx * ratio + symbol.width / 2.0, dy * ratio + symbol.height / 2.0);
      }
      constexpr float kShare = 1.0F / (kSamples * kSamples);
      if (badge > 0)
        lay(pixels + (static_cast<std::ptrdiff_t>(y) * resolution_ + x) * 3, badge * kShare, ink * kShare,
            object.badge, object.ink);
    }
  }
}

void Renderer::draw_sign(const Sign& sign, double scale, std::uint8_t* pixels) const {
  const double ratio = atlas_.em_pixels() / static_cast<double>(sign.font_size);
  const FontFace& face = assets_.faces()[static_cast<std::size_t>(sign.face)];
  const Mask text = atlas_.text(face, sign.face, sign.text, static_cast<float>(sign.padding * ratio));
  const Quad corners = scaled(sign.corners, scale);
  const Homography to_plate =
      Homography::from_rectangle(sign.plate_width, sign.plate_height, corners).inverse();
  const auto& m = to_plate.matrix;
  const PixelRange range = pixels_of(bounding_box(corners), resolution_);
  constexpr double kStep = 1.0 / kSamples;
  for (int y = range.top; y < range.bottom; ++y) {
    for (int x = range.left; x < range.right; ++x) {
      float plate = 0, ink = 0;
      for (int sample = 0; sample < kSamples * kSamples; ++sample) {
        const int row = sample / kSamples;
        const double px = x + (sample % kSamples + 0.5) * kStep, py = y + (row + 0.5) * kStep;
        const double inverse_w = 1 / (m[6] * px + m[7] * py + m[8]);
        const double u = (m[0] * px + m[1] * py + m[2]) * inverse_w;
        const double v = (m[3] * px + m[4] * py + m[5]) * inverse_w;
        if (u < 0 || v < 0 || u > sign.plate_width || v > sign.plate_height) continue;
        plate += 1;
        ink += coverage_at(text, u * ratio, v * ratio);
      }
      constexpr float kShare = 1.0F / (kSamples * kSamples);
      if (plate > 0)
        lay(pixels + (static_cast<std::ptrdiff_t>(y) * resolution_ + x) * 3, plate * kShare, ink * kShare,
            sign.plate, sign.ink);
    }
  }
}

void Renderer::blur(double sigma, std::uint8_t* pixels) const {
  const int radius = std::max(1, static_cast<int>(std::ceil(2.5 * sigma)));
  std::vector<float> kernel(static_cast<std::size_t>(2 * radius + 1));
  float total = 0;
  for (int i = -radius; i <= radius; ++i)
    total += kernel[static_cast<std::size_t>(i + radius)] =
        static_cast<float>(std::exp(-0.5 * i * i / (sigma * sigma)));
  for (float& weight : kernel) weight /= total;
  const int row_bytes = resolution_ * 3;
  std::vector<float> line(static_cast<std::size_t>((resolution_ + 2 * radius) * 3));
  std::vector<float> rows(bytes());
  for (int y = 0; y < resolution_; ++y) {
    const std::uint8_t* source = pixels + static_cast<std::ptrdiff_t>(y) * row_bytes;
    for (int x = -radius; x < resolution_ + radius; ++x)
      for (int c = 0; c < 3; ++c)
        line[static_cast<std::size_t>((x + radius) * 3 + c)] =
            source[std::clamp(x, 0, resolution_ - 1) * 3 + c];
    float* target = rows.data() + static_cast<std::ptrdiff_t>(y) * row_bytes;
    for (std::size_t k = 0; k < kernel.size(); ++k)
      for (int i = 0; i < row_bytes; ++i) target[i] += kernel[k] * line[k * 3 + static_cast<std::size_t>(i)];
  }
  std::vector<float> sum(static_cast<std::size_t>(row_bytes));
  for (int y = 0; y < resolution_; ++y) {
    std::fill(sum.begin(), sum.end(), 0.5F);
    for (int k = -radius; k <= radius; ++k) {
      const float weight = kernel[static_cast<std::size_t>(k + radius)];
      const float* source =
          rows.data() + static_cast<std::ptrdiff_t>(std::clamp(y + k, 0, resolution_ - 1)) * row_bytes;
      for (int i = 0; i < row_bytes; ++i) sum[static_cast<std::size_t>(i)] += weight * source[i];
    }
    std::uint8_t* target = pixels + static_cast<std::ptrdiff_t>(y) * row_bytes;
    for (int i = 0; i < row_bytes; ++i)
      target[i] = static_cast<std::uint8_t>(std::min(255.0F, sum[static_cast<std::size_t>(i)]));
  }
}

void Renderer::add_noise(const Scene& scene, std::uint8_t* pixels) const {
  // The noise of each quantile, rounded once: what is left for a pixel is a look-up and an addition.
  std::array<std::int16_t, kQuantiles> steps{};
  for (std::size_t i = 0; i < kQuantiles; ++i)
    steps[i] = static_cast<std::int16_t>(std::lrint(scene.noise * normal_quantiles_[i]));
  const std::size_t count = bytes();
  const std::uint64_t stream = stream_of("noise", 0);
  constexpr std::size_t kDrawsPerWord = 64 / kQuantileBits;
  for (std::size_t i = 0, counter = 0; i < count; ++counter) {
    std::uint64_t bits = counter_random(scene.noise_seed, stream, counter);
    for (std::size_t draw = 0; draw < kDrawsPerWord && i < count; ++draw, ++i, bits >>= kQuantileBits)
      pixels[i] = static_cast<std::uint8_t>(std::clamp(pixels[i] + steps[bits % kQuantiles], 0, 255));
  }
}

Places Renderer::places(const Scene& scene) const {
  const double scale = static_cast<double>(resolution_) / scene.size;
  Places places;
  for (const Sign& sign : scene.signs) {
    SignPlace& place = places.signs.emplace_back();
    place.corners = scaled(sign.corners, scale);
    place.box = bounding_box(place.corners);
    const Homography to_picture =
        Homography::from_rectangle(sign.plate_width, sign.plate_height, place.corners);
    const TextExtent extent = measure(assets_.faces()[static_cast<std::size_t>(sign.face)], sign.text);
    for (const float centre : extent.centres)
      place.glyphs.push_back(to_picture({sign.padding + centre * sign.font_size, sign.plate_height / 2}));
  }
  for (const SceneObject& object : scene.objects) places.objects.push_back(box_of(object, scale));
  return places;
}

}  // namespace imp::harness
