// SPDX-License-Identifier: Apache-2.0
#include "harness/data/scene_sampler.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "harness/data/catalog.h"
#include "models/io/error.h"

namespace imp::harness {
namespace {

constexpr double kReferenceSize = 96;
constexpr double kMargin = 1;   // between a plate and the picture's edge, in pixels of a 96-pixel picture
constexpr double kPadding = 4;  // between the ink and the plate's edges, same pixels
constexpr int kAttempts = 60;
constexpr double kObjectContrast = 3.5;  // of a symbol to its badge

/// One draw of a scene: what is shared by its steps.
class Draw {
 public:
  Draw(const Assets& assets, const Vocabulary& vocabulary, const SceneParameters& parameters,
       std::uint64_t index, double difficulty)
      : assets_(assets),
        vocabulary_(vocabulary),
        parameters_(parameters),
        difficulty_(difficulty),
        scale_(parameters.size / kReferenceSize),
        random_(parameters.seed, stream_of(name_of(parameters.split), index)) {}

  Scene scene() {
    Scene scene;
    scene.size = parameters_.size;
    scene.backdrop = backdrop();
    const std::vector<TextKind> kinds = layout();
    std::vector<Slot> slots{Slot::top, Slot::middle, Slot::bottom};
    std::array<int, kSignStyles.size()> styles{0, 1, 2, 3, 4, 5};
    shuffle(slots, random_);
    shuffle(styles, random_);
    std::sort(slots.begin(), slots.begin() + static_cast<std::ptrdiff_t>(kinds.size()));
    for (std::size_t i = 0; i < kinds.size(); ++i) add_sign(scene, kinds[i], styles[i], slots[i]);
    if (scene.signs.empty() && !kinds.empty())
      throw Error("scenetext: no text fits a picture with these parameters; try a smaller font_size_max");
    std::sort(slots.begin() + static_cast<std::ptrdiff_t>(kinds.size()), slots.end());
    for (std::size_t i = kinds.size(); i < slots.size(); ++i)
      if (random_.chance(parameters_.object_share)) add_objects(scene, slots[i]);
    if (scene.signs.empty() && scene.objects.empty()) add_objects(scene, slots.front());
    if (random_.chance(parameters_.blur_share * difficulty_))
      scene.blur = static_cast<float>(random_.uniform(0, 0.7) * scale_);
    scene.noise = static_cast<float>(random_.uniform(0, parameters_.max_noise) * difficulty_);
    scene.noise_seed = random_.bits();
    return scene;
  }

 private:
  Rgb jittered(Rgb color) {
    const auto level = [&](std::uint8_t value) {
      return static_cast<std::uint8_t>(std::clamp(value + random_.below(25) - 12, 0, 255));
    };
    const std::uint8_t red = level(color.red), green = level(color.green);
    return {red, green, level(color.blue)};
  }

  Rgb any_color() {
    const auto red = static_cast<std::uint8_t>(random_.below(256));
    const auto green = static_cast<std::uint8_t>(random_.below(256));
    return {red, green, static_cast<std::uint8_t>(random_.below(256))};
  }

  Backdrop backdrop() {
    Backdrop result;
    result.color = any_color();
    const auto choices = assets_.backgrounds(parameters_.split);
    if (choices.empty() || !random_.chance(difficulty_)) return result;
    result.background = one_of(choices, random_);
    const models::Image& picture = assets_.backgrounds()[static_cast<std::size_t>(result.background)].picture;
    const int longest = std::min(picture.width, picture.height);
    result.side = static_cast<float>(longest * random_.uniform(0.5, 1));
    result.left = static_cast<float>(random_.uniform(0, picture.width - result.side));
    result.top = static_cast<float>(random_.uniform(0, picture.height - result.side));
    result.mirrored = random_.chance(0.5);
    return result;
  }

  std::vector<TextKind> layout() {
    const LayoutWeights& weights = parameters_.layouts;
    const bool single = !random_.chance(difficulty_);
    const std::array<double, 6> shares{weights.no_sign,
                                       weights.one_word,
                                       weights.one_figure,
                                       single ? 0 : weights.word_and_figure,
                                       single ? 0 : weights.two_words,
                                       single ? 0 : weights.three_signs};
    double total = 0;
    for (const double share : shares) total += share;
    if (total <= 0) return {TextKind::word};
    double rest = random_.uniform(0, total);
    std::size_t choice = 0;
    while (choice + 1 < shares.size() && rest >= shares[choice]) rest -= shares[choice++];
    switch (choice) {
      case 0:
        return {};
      case 1:
        return {TextKind::word};
      case 2:
        return {figure()};
      case 3: {
        std::vector<TextKind> kinds{TextKind::word, figure()};
        if (random_.chance(0.5)) std::swap(kinds[0], kinds[1]);
        return kinds;
      }
      case 4:
        return {TextKind::word, TextKind::word};
      default:
        std::vector<TextKind> kinds(3);
        for (TextKind& kind : kinds) kind = random_.chance(0.6) ? TextKind::word : figure();
        return kinds;
    }
  }

  TextKind figure() { return random_.chance(parameters_.price_share) ? TextKind::price : TextKind::number; }

  void choose_text(Sign& sign) {
    const auto& open_words = vocabulary_.open_words(parameters_.open_split);
    if (sign.kind == TextKind::number) {
      sign.text = random_number(random_, parameters_.min_digits, parameters_.max_digits);
    } else if (sign.kind == TextKind::price) {
      sign.text = "$" + random_number(random_, 2, 2);
    } else if (sign.kind == TextKind::open_word && !open_words.empty()) {
      sign.text = one_of(open_words, random_);
    } else {
      sign.text = one_of(sign_words(), random_);
    }
  }

  /// Tries texts, faces, sizes and tilts until one is legible where it stands; a picture that has a sign
  /// already does without this one if none is.
  void add_sign(Scene& scene, TextKind kind, int style, Slot slot) {
    if (kind == TextKind::word && random_.chance(parameters_.open_share)) kind = TextKind::open_word;
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      Sign sign;
      sign.kind = kind;
      sign.style = style;
      sign.slot = slot;
      choose_text(sign);
      const SignStyle& colors = kSignStyles[static_cast<std::size_t>(style)];
      sign.plate = jittered(colors.plate);
      sign.ink = jittered(colors.ink);
      if (contrast_ratio(sign.plate, sign.ink) < parameters_.contrast_min) continue;
      if (set_text(sign) && place(sign) && is_free(scene, sign)) {
        scene.signs.push_back(std::move(sign));
        return;
      }
    }
  }

  /// Chooses face and size; false if the text is too wide or a glyph too low.
  bool set_text(Sign& sign) {
    const auto faces = assets_.faces(parameters_.split);
    sign.face = one_of(faces, random_);
    sign.font_size =
        static_cast<float>(random_.uniform(parameters_.font_size_min, parameters_.font_size_max) * scale_);
    const FontFace& face = assets_.faces()[static_cast<std::size_t>(sign.face)];
    float lowest = 1;
    for (const char c : sign.text) {
      const GlyphMetrics& glyph = face.glyphs[static_cast<std::size_t>(glyph_index(c))];
      lowest = std::min(lowest, glyph.top - glyph.bottom);
    }
    if (lowest * sign.font_size < parameters_.glyph_height_min * scale_) return false;
    const TextExtent extent = measure(face, sign.text);
    sign.padding = static_cast<float>(kPadding * scale_);
    sign.plate_width = extent.width * sign.font_size + 2 * sign.padding;
    sign.plate_height = (extent.top - extent.bottom) * sign.font_size + 2 * sign.padding;
    return sign.plate_width <= parameters_.size - 2 * kMargin * scale_;
  }

  /// Tilts the plate and puts it into its slot; false if it leaves the picture.
  bool place(Sign& sign) {
    const double angle =
        random_.uniform(-1, 1) * parameters_.max_rotation * difficulty_ * std::numbers::pi / 180;
    const double shift = parameters_.max_perspective * difficulty_ * sign.plate_height;
    const double half_width = sign.plate_width / 2, half_height = sign.plate_height / 2;
    const std::array<std::array<double, 2>, 4> signs{{{-1, -1}, {1, -1}, {1, 1}, {-1, 1}}};
    for (std::size_t i = 0; i < 4; ++i) {
      const double x = signs[i][0] * half_width + random_.uniform(-shift, shift);
      const double y = signs[i][1] * half_height + random_.uniform(-shift, shift);
      sign.corners[i] = {static_cast<float>(x * std::cos(angle) - y * std::sin(angle)),
                         static_cast<float>(x * std::sin(angle) + y * std::cos(angle))};
    }
    const Box box = bounding_box(sign.corners);
    const double margin = kMargin * scale_, size = parameters_.size;
    const double low_x = margin - box.left, high_x = size - margin - box.right;
    const double band = size / 3 * static_cast<int>(sign.slot);
    const double low_y = std::max(margin, band) - box.top;
    const double high_y = std::min(size - margin, band + size / 3 + 2 * scale_) - box.bottom;
    if (low_x > high_x || low_y > high_y) return false;
    const double x = random_.uniform(low_x, high_x), y = random_.uniform(low_y, high_y);
    for (Point& corner : sign.corners) {
      corner.x += static_cast<float>(x);
      corner.y += static_cast<float>(y);
    }
    return true;
  }

  static bool is_free(const Scene& scene, const Sign& sign) {
    return std::none_of(scene.signs.begin(), scene.signs.end(), [&](const Sign& other) {
      return other.text == sign.text || overlap(bounding_box(other.corners), bounding_box(sign.corners));
    });
  }

  void add_objects(Scene& scene, Slot slot) {
    if (!random_.chance(parameters_.pair_share)) {
      scene.objects.push_back(object(scene, slot, Side::alone));
      return;
    }
    scene.objects.push_back(object(scene, slot, Side::left));
    scene.objects.push_back(object(scene, slot, Side::right));
  }

  /// Draws badge and ink until the symbol stands out from its badge; the ink keeps its named colour.
  void paint(SceneObject& object) {
    object.color = random_.below(static_cast<int>(kSignStyles.size()));
    const Rgb named = kSignStyles[static_cast<std::size_t>(object.color)].plate;
    const auto grey = [&](int base) {
      const auto level = static_cast<std::uint8_t>(base + random_.below(30));
      return Rgb{level, level, level};
    };
    const bool dark_badge = contrast_ratio(named, {0, 0, 0}) > contrast_ratio(named, {255, 255, 255});
    object.ink = named;
    object.badge = grey(dark_badge ? 30 : 225);
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      const Rgb ink = jittered(named);
      if (contrast_ratio(ink, object.badge) < std::max(kObjectContrast, parameters_.contrast_min)) continue;
      object.ink = ink;
      return;
    }
  }

  /// A kind that the scene does not show yet.
  SceneObject object(const Scene& scene, Slot slot, Side side) {
    SceneObject result;
    const auto shown = [&] {
      return std::any_of(scene.objects.begin(), scene.objects.end(),
                         [&](const SceneObject& other) { return other.kind == result.kind; });
    };
    do result.kind = random_.below(static_cast<int>(kObjects.size()));
    while (shown());
    result.slot = slot;
    result.side = side;
    paint(result);
    const double radius = random_.uniform(12, 15) * scale_, size = parameters_.size;
    const double band = size / 3 * static_cast<int>(slot);
    const double from = side == Side::right ? size / 2 : 0, to = side == Side::left ? size / 2 : size;
    result.radius = static_cast<float>(radius);
    result.centre.x = static_cast<float>(random_.uniform(from + radius, to - radius));
    result.centre.y = static_cast<float>(random_.uniform(band + radius, band + size / 3 - radius));
    return result;
  }

  const Assets& assets_;
  const Vocabulary& vocabulary_;
  const SceneParameters& parameters_;
  double difficulty_;
  double scale_;
  Random random_;
};

}  // namespace

SceneParameters SceneParameters::pretraining(std::uint64_t seed) {
  SceneParameters parameters;
  parameters.seed = seed;
  parameters.layouts = {.no_sign = 0.1,
                        .one_word = 0.15,
                        .one_figure = 0.1,
                        .word_and_figure = 0.25,
                        .two_words = 0.2,
                        .three_signs = 0.2};
  parameters.open_share = 0.3;
  parameters.object_share = 0.85;
  parameters.max_digits = 3;
  return parameters;
}

SceneParameters SceneParameters::held_out_words(std::uint64_t seed) {
  SceneParameters parameters;
  parameters.seed = seed;
  parameters.split = Split::test;
  parameters.layouts = {
      .no_sign = 0, .one_word = 1, .one_figure = 0, .word_and_figure = 0, .two_words = 0, .three_signs = 0};
  parameters.open_share = 1;
  parameters.open_split = Split::test;
  return parameters;
}

SceneSampler::SceneSampler(const Assets& assets, const Vocabulary& vocabulary, SceneParameters parameters)
    : assets_(assets), vocabulary_(vocabulary), parameters_(parameters) {
  const LayoutWeights& weights = parameters.layouts;
  if (weights.no_sign + weights.one_word + weights.one_figure + weights.word_and_figure + weights.two_words +
          weights.three_signs <=
      0)
    throw Error("scenetext: no layout has a weight; give one of LayoutWeights a positive one");
  if (parameters.size < 16) throw Error("scenetext: a picture of fewer than 16 pixels holds no legible text");
  if (parameters.min_digits < 1 || parameters.max_digits < parameters.min_digits || parameters.max_digits > 9)
    throw Error("scenetext: digits of numbers must be 1 <= min_digits <= max_digits <= 9");
}

Scene SceneSampler::sample(std::uint64_t index, double difficulty) const {
  return Draw(assets_, vocabulary_, parameters_, index, std::clamp(difficulty, 0.0, 1.0)).scene();
}

}  // namespace imp::harness
