// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "models/config/refused_keys.h"
#include "models/image/image_processor.h"
#include "models/image/image_processor_keys.h"
#include "models/io/error.h"
#include "models/io/file.h"

namespace imp::models {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// Larger sides are surely a mistake, and would only exhaust the memory.
constexpr std::int64_t kLargestSide = 16384;

/// The settings of one processor by the table of its class; every error names file and key.
class Settings {
 public:
  Settings(const json& object, std::string where, const ConfigClass& processor)
      : object_(object), where_(std::move(where)), class_(processor) {
    refuse_keys(object_, where_, class_.keys);
    refuse_keys(object_, where_, common_image_processor_keys());
  }

  /// The key's value, or the table's default where it is absent or null.
  [[nodiscard]] json value(std::string_view key) const {
    const auto found = object_.find(key);
    if (found != object_.end() && !found->is_null()) return *found;
    for (const auto keys : {class_.keys, common_image_processor_keys()}) {
      for (const ConfigKey& known : keys) {
        if (known.name == key) return json::parse(known.default_value);
      }
    }
    throw std::logic_error(fmt::format("{} has no key {} in its table", class_.name, key));
  }

  [[nodiscard]] bool flag(std::string_view key) const {
    const json found = value(key);
    if (!found.is_boolean()) wrong(key, found, "true or false");
    return found.get<bool>();
  }

  [[nodiscard]] double number(std::string_view key) const {
    const json found = value(key);
    if (!found.is_number()) wrong(key, found, "a number");
    return found.get<double>();
  }

  /// One number for all channels, or three.
  [[nodiscard]] std::array<double, 3> channels(std::string_view key) const {
    const json found = value(key);
    const json list = found.is_number() ? json{found, found, found} : found;
    const auto is_number = [](const json& item) { return item.is_number(); };
    if (!list.is_array() || list.size() != 3 || !std::all_of(list.begin(), list.end(), is_number))
      wrong(key, found, "a number or three");
    return {list[0].get<double>(), list[1].get<double>(), list[2].get<double>()};
  }

  /// {height, width}, {shortest_edge}, [height, width] or a number, which means a square or the shorter edge.
  [[nodiscard]] ResizeTarget size(std::string_view key, bool number_is_square) const {
    const json found = value(key);
    const auto side = [&](const json& edge) {
      if (!edge.is_number_integer() || edge < 1 || edge > kLargestSide)
        wrong(key, found, fmt::format("of whole numbers from 1 to {}", kLargestSide));
      return edge.get<std::int32_t>();
    };
    if (found.is_object() && found.size() == 2 && found.contains("height") && found.contains("width"))
      return {side(found["height"]), side(found["width"]), 0};
    if (found.is_object() && found.size() == 1 && found.contains("shortest_edge"))
      return {0, 0, side(found["shortest_edge"])};
    if (found.is_array() && found.size() == 2) return {side(found[0]), side(found[1]), 0};
    if (!found.is_number())
      wrong(key, found, "{height, width}, {shortest_edge}, [height, width] or a number");
    const std::int32_t edge = side(found);
    return number_is_square ? ResizeTarget{edge, edge, 0} : ResizeTarget{0, 0, edge};
  }

  [[noreturn]] void wrong(std::string_view key, const json& found, std::string_view wanted) const {
    throw Error(fmt::format("{}: '{}' must be {}, found {}", where_, key, wanted, found.dump()));
  }

 private:
  const json& object_;
  std::string where_;
  const ConfigClass& class_;
};

Filter filter_of(const Settings& settings) {
  const json value = settings.value("resample");
  if (!value.is_number_integer() || value < 1 || value > 5) {
    settings.wrong("resample", value,
                   "Pillow's 1 (lanczos), 2 (bilinear), 3 (bicubic), 4 (box) or 5 (hamming)");
  }
  return static_cast<Filter>(value.get<int>());
}

ImageProcessorConfig read_config(const Settings& settings) {
  ImageProcessorConfig config;
  config.pad_to_square = settings.flag("do_pad");
  config.do_resize = settings.flag("do_resize");
  config.do_center_crop = settings.flag("do_center_crop");
  config.do_rescale = settings.flag("do_rescale");
  config.do_normalize = settings.flag("do_normalize");
  config.size = settings.size("size", settings.flag("default_to_square"));
  if (config.do_center_crop) {
    const ResizeTarget crop = settings.size("crop_size", true);
    if (crop.shortest_edge > 0)
      settings.wrong("crop_size", settings.value("crop_size"), "{height, width} or a number");
    config.crop_height = crop.height;
    config.crop_width = crop.width;
  }
  config.filter = filter_of(settings);
  config.rescale_factor = settings.number("rescale_factor");
  config.mean = settings.channels("image_mean");
  config.standard_deviation = settings.channels("image_std");
  for (const double deviation : config.standard_deviation) {
    if (deviation == 0.0) settings.wrong("image_std", settings.value("image_std"), "other than 0");
  }
  for (const double mean : config.mean) {
    if (config.pad_to_square && (mean < 0 || mean > 1)) {
      settings.wrong("image_mean", settings.value("image_mean"),
                     "from 0 to 1 where do_pad fills up with that colour");
    }
  }
  return config;
}

json read_object(const fs::path& path) {
  json root = json::parse(read_file(path), nullptr, false);
  if (!root.is_object()) throw Error(path.string() + ": is no JSON object; a processor's settings are one");
  return root;
}

std::string known_types() {
  std::vector<std::string_view> names;
  for (const ConfigClass* known : image_processor_classes()) names.push_back(known->name);
  return fmt::format("{}", fmt::join(names, ", "));
}

/// The class that the settings name, or else the one of the model beside them (transformers:
/// AutoImageProcessor).
const ConfigClass& class_of(const json& settings, const std::string& where, const fs::path& directory) {
  for (const char* key : {"image_processor_type", "feature_extractor_type"}) {
    const auto type = settings.find(key);
    if (type == settings.end() || type->is_null()) continue;
    const ConfigClass* known = type->is_string() ? image_processor_class(type->get<std::string>()) : nullptr;
    if (known != nullptr) return *known;
    throw Error(fmt::format("{}: {} is {}; {} are known", where, key, type->dump(), known_types()));
  }
  const fs::path config = directory / "config.json";
  if (settings.contains("auto_map")) {
    throw Error(
        fmt::format("{}: auto_map names code of its own and no image_processor_type stands beside it; "
                    "{} are known",
                    where, known_types()));
  }
  if (fs::exists(config)) {
    const json model_type = read_object(config).value("model_type", json());
    const ConfigClass* known =
        model_type.is_string() ? image_processor_of_model(model_type.get<std::string>()) : nullptr;
    if (known != nullptr) return *known;
  }
  throw Error(
      fmt::format("{}: has no image_processor_type, and no config.json of a model beside it says "
                  "which is meant; {} are known",
                  where, known_types()));
}

}  // namespace

ImageProcessor ImageProcessor::load(const fs::path& directory) {
  const fs::path own = directory / "preprocessor_config.json", joint = directory / "processor_config.json";
  std::optional<json> settings;
  std::string where;
  // transformers 5 nests the settings in a processor's own file, and takes these before the others.
  if (fs::exists(joint)) {
    const json root = read_object(joint);
    const auto nested = root.find("image_processor");
    if (nested != root.end() && nested->is_object()) {
      settings = *nested;
      where = joint.string() + ": image_processor";
    }
  }
  if (!settings && fs::exists(own)) {
    json root = read_object(own);
    const auto nested = root.find("image_processor");
    settings = nested != root.end() && nested->is_object() ? json(*nested) : std::move(root);
    where = own.string();
  }
  if (!settings) {
    throw Error(directory.string() +
                ": has neither preprocessor_config.json nor a processor_config.json with an image_processor");
  }
  return ImageProcessor(read_config(Settings(*settings, where, class_of(*settings, where, directory))));
}

}  // namespace imp::models
