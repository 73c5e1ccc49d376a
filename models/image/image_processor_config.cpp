// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>

#include "models/image/image_processor.h"
#include "models/io/error.h"
#include "models/io/file.h"

namespace imp::models {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// Larger sides are surely a mistake, and would only exhaust the memory.
constexpr std::int64_t kLargestSide = 16384;

/// Name of a processor's class without what marks its backend or age.
std::string family_of(const json& config) {
  for (const char* key : {"image_processor_type", "feature_extractor_type"}) {
    if (!config.contains(key)) continue;
    std::string name = config[key].get<std::string>();
    for (const char* suffix : {"Fast", "Pil", "ImageProcessor", "FeatureExtractor"}) {
      if (name.ends_with(suffix)) name.resize(name.size() - std::char_traits<char>::length(suffix));
    }
    return name;
  }
  throw Error(
      "'image_processor_type' is missing; SiglipImageProcessor, CLIPImageProcessor and ViTImageProcessor are "
      "known");
}

/// The defaults of transformers' classes.
ImageProcessorConfig defaults_of(const std::string& family) {
  ImageProcessorConfig config;
  config.size = {224, 224, 0};
  config.crop_height = config.crop_width = 224;
  if (family == "Siglip") return config;
  if (family == "ViT") {
    config.filter = Filter::bilinear;
    return config;
  }
  if (family == "CLIP") {
    config.do_center_crop = true;
    config.size = {0, 0, 224};
    config.mean = {0.48145466, 0.4578275, 0.40821073};
    config.standard_deviation = {0.26862954, 0.26130258, 0.27577711};
    return config;
  }
  throw Error(
      fmt::format("unknown image processor '{}'; the families Siglip, CLIP and ViT are known", family));
}

std::int32_t side(const json& value, const std::string& key) {
  if (!value.is_number_integer() || value.get<std::int64_t>() < 1 ||
      value.get<std::int64_t>() > kLargestSide) {
    throw Error(
        fmt::format("'{}' must be a whole number from 1 to {}, found {}", key, kLargestSide, value.dump()));
  }
  return value.get<std::int32_t>();
}

/// {"height", "width"}, {"shortest_edge"} or a number, which means the shorter edge but for ViT's square.
ResizeTarget target(const json& value, const std::string& key, bool number_is_square) {
  if (!value.is_object()) {
    const std::int32_t edge = side(value, key);
    return number_is_square ? ResizeTarget{edge, edge, 0} : ResizeTarget{0, 0, edge};
  }
  if (value.contains("height") && value.contains("width")) {
    return {side(value["height"], key + ".height"), side(value["width"], key + ".width"), 0};
  }
  if (value.contains("shortest_edge") && !value.contains("longest_edge")) {
    return {0, 0, side(value["shortest_edge"], key + ".shortest_edge")};
  }
  throw Error(fmt::format("'{}' must be {{height, width}}, {{shortest_edge}} or a number, found {}", key,
                          value.dump()));
}

/// One number for all channels, or three.
std::array<double, 3> channels(const json& value, const std::string& key) {
  if (value.is_number()) return {value.get<double>(), value.get<double>(), value.get<double>()};
  if (!value.is_array() || value.size() != 3)
    throw Error(fmt::format("'{}' must be three numbers, found {}", key, value.dump()));
  return {value[0].get<double>(), value[1].get<double>(), value[2].get<double>()};
}

Filter filter_of(const json& value) {
  const auto code = value.is_number_integer() ? value.get<std::int64_t>() : -1;
  if (code < 1 || code > 5) {
    throw Error(
        fmt::format("'resample' must be Pillow's 1 (lanczos), 2 (bilinear), 3 (bicubic), 4 (box) or 5 "
                    "(hamming), found {}",
                    value.dump()));
  }
  return static_cast<Filter>(code);
}

ImageProcessorConfig read_config(const json& root) {
  if (!root.is_object()) throw Error("must be a JSON object");
  const std::string family = family_of(root);
  ImageProcessorConfig config = defaults_of(family);
  const auto given = [&](const char* key) { return root.contains(key) && !root[key].is_null(); };
  const std::pair<const char*, bool*> switches[] = {{"do_resize", &config.do_resize},
                                                    {"do_center_crop", &config.do_center_crop},
                                                    {"do_rescale", &config.do_rescale},
                                                    {"do_normalize", &config.do_normalize}};
  for (const auto& [key, value] : switches) {
    if (given(key)) *value = root[key].get<bool>();
  }
  if (given("do_pad") && root["do_pad"].get<bool>())
    throw Error("'do_pad': true is not known for this family; false is");
  if (given("size")) config.size = target(root["size"], "size", family == "ViT");
  if (given("crop_size")) {
    const ResizeTarget crop = target(root["crop_size"], "crop_size", true);
    if (crop.shortest_edge > 0) throw Error("'crop_size' must be {height, width} or a number");
    config.crop_height = crop.height;
    config.crop_width = crop.width;
  }
  if (given("resample")) config.filter = filter_of(root["resample"]);
  if (given("rescale_factor")) config.rescale_factor = root["rescale_factor"].get<double>();
  if (given("image_mean")) config.mean = channels(root["image_mean"], "image_mean");
  if (given("image_std")) config.standard_deviation = channels(root["image_std"], "image_std");
  for (const double deviation : config.standard_deviation) {
    if (deviation == 0.0) throw Error("'image_std' must not be 0");
  }
  return config;
}

}  // namespace

ImageProcessor ImageProcessor::load(const fs::path& directory) {
  const fs::path own = directory / "preprocessor_config.json", joint = directory / "processor_config.json";
  const fs::path path = fs::exists(own) ? own : joint;
  if (!fs::exists(path))
    throw Error(directory.string() + ": has neither preprocessor_config.json nor processor_config.json");
  const std::string content = read_file(path);
  try {
    const json root = json::parse(content);
    const bool nested = root.is_object() && root.contains("image_processor");
    return ImageProcessor(read_config(nested ? root["image_processor"] : root));
  } catch (const Error& error) {
    throw Error(fmt::format("{}: {}", path.string(), error.what()), error.kind());
  } catch (const json::exception& error) {
    throw Error(fmt::format("{}: {}", path.string(), error.what()));
  }
}

}  // namespace imp::models
