// SPDX-License-Identifier: Apache-2.0
#include "models/image/image_processor_keys.h"

#include <array>
#include <utility>

namespace imp::models {
namespace {

constexpr KeyMeaning kNone = KeyMeaning::no_effect, kOnly = KeyMeaning::default_only;

constexpr std::string_view kColours = "pictures are RGB here from the start";
constexpr std::string_view kCall = "how transformers is called or what it returns";
constexpr std::string_view kOneSize = "pads the pictures of a batch to the largest; all have one size here";

constexpr std::string_view kHalf = "[0.5, 0.5, 0.5]";
constexpr std::string_view kClipMean = "[0.48145466, 0.4578275, 0.40821073]";
constexpr std::string_view kClipDeviation = "[0.26862954, 0.26130258, 0.27577711]";
constexpr std::string_view kSquare = R"({"height": 224, "width": 224})";
constexpr std::string_view kShortest = R"({"shortest_edge": 224})";

constexpr auto kCommon = std::to_array<ConfigKey>({
    {"do_resize", "true"},
    {"do_rescale", "true"},
    {"rescale_factor", "0.00392156862745098"},
    {"do_normalize", "true"},
    {"pad_size", "null", kOnly, "transformers 5 pads to it and 4 does not; resize or crop instead"},
    {"use_square_size", "false", kOnly, "give 'size' as height and width instead"},
    {"auto_map", "null"},  // refused where it alone says which class is meant
    {"image_processor_type", "null"},
    {"feature_extractor_type", "null"},
    {"data_format", "\"channels_first\"", kNone, kCall},
    {"input_data_format", "null", kNone, kCall},
    {"return_tensors", "null", kNone, kCall},
    {"device", "null", kNone, kCall},
    {"disable_grouping", "null", kNone, kCall},
    {"image_seq_length", "null", kNone, "follows from the vision tower"},
    {"processor_class", "null", kNone, kCall},
    {"_processor_class", "null", kNone, kCall},
    {"_valid_processor_keys", "null", kNone, kCall},
});

constexpr auto kSiglip = std::to_array<ConfigKey>({
    {"size", kSquare},
    {"default_to_square", "false"},
    {"resample", "3"},
    {"do_center_crop", "false"},
    {"crop_size", "null"},
    {"image_mean", kHalf},
    {"image_std", kHalf},
    {"do_convert_rgb", "true", kNone, kColours},
    {"do_pad", "false", kNone, kOneSize},
});

constexpr auto kVit = std::to_array<ConfigKey>({
    {"size", kSquare},
    {"default_to_square", "true"},
    {"resample", "2"},
    {"do_center_crop", "false"},
    {"crop_size", "null"},
    {"image_mean", kHalf},
    {"image_std", kHalf},
    {"do_convert_rgb", "null", kNone, kColours},
    {"do_pad", "false", kNone, kOneSize},
});

constexpr auto kClip = std::to_array<ConfigKey>({
    {"size", kShortest},
    {"default_to_square", "false"},
    {"resample", "3"},
    {"do_center_crop", "true"},
    {"crop_size", kSquare},
    {"image_mean", kClipMean},
    {"image_std", kClipDeviation},
    {"do_convert_rgb", "true", kNone, kColours},
    {"do_pad", "false", kNone, kOneSize},
});

constexpr auto kLlava = std::to_array<ConfigKey>({
    {"size", kShortest},
    {"default_to_square", "false"},
    {"resample", "3"},
    {"do_center_crop", "true"},
    {"crop_size", kSquare},
    {"image_mean", kClipMean},
    {"image_std", kClipDeviation},
    {"do_convert_rgb", "true", kNone, kColours},
    {"do_pad", "false"},  // to a square of the mean colour, before all else
});

constexpr std::array<const ConfigClass*, 4> kClasses{&kSiglipImageProcessor, &kClipImageProcessor,
                                                     &kVitImageProcessor, &kLlavaImageProcessor};

std::string_view without_suffix(std::string_view name, std::string_view suffix) {
  return name.ends_with(suffix) ? name.substr(0, name.size() - suffix.size()) : name;
}

/// "CLIPImageProcessorFast", "CLIPImageProcessorPil" and "CLIPFeatureExtractor" -> "CLIP".
std::string_view family_of(std::string_view type) {
  for (const char* suffix : {"Fast", "Pil", "ImageProcessor", "FeatureExtractor"})
    type = without_suffix(type, suffix);
  return type;
}

}  // namespace

const ConfigClass kSiglipImageProcessor{"SiglipImageProcessor", kSiglip};
const ConfigClass kClipImageProcessor{"CLIPImageProcessor", kClip};
const ConfigClass kVitImageProcessor{"ViTImageProcessor", kVit};
const ConfigClass kLlavaImageProcessor{"LlavaImageProcessor", kLlava};

std::span<const ConfigClass* const> image_processor_classes() {
  return kClasses;
}

std::span<const ConfigKey> common_image_processor_keys() {
  return kCommon;
}

const ConfigClass* image_processor_class(std::string_view type) {
  for (const ConfigClass* known : kClasses) {
    if (family_of(known->name) == family_of(type)) return known;
  }
  return nullptr;
}

const ConfigClass* image_processor_of_model(std::string_view model_type) {
  constexpr std::pair<std::string_view, const ConfigClass*> kModels[] = {
      {"llava", &kLlavaImageProcessor},
      {"clip", &kClipImageProcessor},
      {"clip_vision_model", &kClipImageProcessor},
      {"siglip", &kSiglipImageProcessor},
      {"siglip_vision_model", &kSiglipImageProcessor},
      {"vit", &kVitImageProcessor}};
  for (const auto& [name, known] : kModels) {
    if (name == model_type) return known;
  }
  return nullptr;
}

}  // namespace imp::models
