// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/published_inputs.h"

#include <algorithm>
#include <array>
#include <string>

namespace imp::harness {
namespace {

struct Published {
  std::string_view name;
  std::string_view source;
};

constexpr std::array kPublished{
    Published{"phi-2", "the Hugging Face Hub's microsoft/phi-2"},
    Published{"vicuna-7b-v1.5", "the Hugging Face Hub's lmsys/vicuna-7b-v1.5, converted to safetensors"},
    Published{"MobileLLaMA-1.4B-Base", "the Hugging Face Hub's mtgv/MobileLLaMA-1.4B-Base"},
    Published{"MobileLLaMA-2.7B-Base", "the Hugging Face Hub's mtgv/MobileLLaMA-2.7B-Base"},
    Published{"siglip-so400m-patch14-384", "the Hugging Face Hub's google/siglip-so400m-patch14-384"},
    Published{"siglip-base-patch16-224", "the Hugging Face Hub's google/siglip-base-patch16-224"},
    Published{"clip-vit-large-patch14-336",
              "the Hugging Face Hub's openai/clip-vit-large-patch14-336, converted to safetensors"},
    Published{"vit-large-patch16-384", "the Hugging Face Hub's google/vit-large-patch16-384"},
    Published{"blip_laion_cc_sbu_558k.json",
              "the Hugging Face Hub's data set liuhaotian/LLaVA-Pretrain, whose images.zip has the pictures"},
    Published{
        "llava_v1_5_mix665k.json",
        "the Hugging Face Hub's data set liuhaotian/LLaVA-Instruct-150K; its pictures are in "
        "coco/train2017, gqa/images, ocr_vqa/images, textvqa/train_images, vg/VG_100K and vg/VG_100K_2"},
    Published{"TextVQA_0.5.1_val.json", "textvqa.org, with the pictures of its training set"},
};

}  // namespace

std::string_view published_source(const std::filesystem::path& input) {
  const std::string name = (input.has_filename() ? input : input.parent_path()).filename().string();
  const auto found = std::find_if(kPublished.begin(), kPublished.end(),
                                  [&](const Published& known) { return known.name == name; });
  return found == kPublished.end() ? std::string_view() : found->source;
}

}  // namespace imp::harness
