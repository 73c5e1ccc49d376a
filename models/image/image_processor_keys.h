// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

#include "models/config/config_keys.h"

namespace imp::models {

/// The keys of transformers' image processors that their classes give another default or meaning.
extern const ConfigClass kSiglipImageProcessor, kClipImageProcessor, kVitImageProcessor, kLlavaImageProcessor;

/// Every class above.
[[nodiscard]] std::span<const ConfigClass* const> image_processor_classes();
/// The keys that all of them share.
[[nodiscard]] std::span<const ConfigKey> common_image_processor_keys();

/// The class of a preprocessor_config.json's `image_processor_type` or `feature_extractor_type`, whatever
/// marks its backend or age; nullptr for a class that imp does not read.
[[nodiscard]] const ConfigClass* image_processor_class(std::string_view type);

/// The class that transformers takes for a config.json of this `model_type` where no type is given; nullptr
/// for a model whose processor imp does not read.
[[nodiscard]] const ConfigClass* image_processor_of_model(std::string_view model_type);

}  // namespace imp::models
