// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "harness/data/dataset.h"

namespace imp::harness {

/// A training mix of stage 2 that stands for one of the Imp paper's (arXiv 2405.12107v2, table 2), under its
/// name. Every mix has the questions of `scenetext`, which stand for the 643 thousand rows that all of them
/// share.
struct Mix {
  std::string_view name;
  bool benchmark_captions =
      false;  ///< captions of the benchmark's own pictures: TextCaps, whose pictures TextVQA has
  bool charts =
      false;  ///< questions about bar charts and tables: DVQA, ChartQA, DocVQA, AI2D, InfographicVQA
  bool captions = false;      ///< captions of other pictures: ShareGPT-4V, LAION-GPT-V
  bool descriptions = false;  ///< long descriptions of other pictures: ALLaVA
};

inline constexpr std::array<Mix, 5> kMixes{{
    {.name = "665k", .benchmark_captions = true},
    {.name = "643k"},
    {.name = "675k", .charts = true},
    {.name = "705k", .charts = true, .captions = true},
    {.name = "1m", .charts = true, .captions = true, .descriptions = true},
}};

/// The mix of that name, or null.
[[nodiscard]] const Mix* find_mix(std::string_view name);

/// Names of data sets that stage 2 can be trained on: scenetext and the mixes.
[[nodiscard]] inline std::vector<std::string> finetune_data_names() {
  std::vector<std::string> names{"scenetext"};
  for (const Mix& mix : kMixes) names.emplace_back(mix.name);
  return names;
}

/// Rows of a mix beside the `base` rows of scenetext, in the paper's proportions: 22, 32, 30 and 300 to 643.
/// There are no more captions of the benchmark's pictures than it has pictures.
struct MixCounts {
  int benchmark_captions = 0, charts = 0, captions = 0, descriptions = 0;
};
[[nodiscard]] MixCounts counts_of(const Mix& mix, int base, int benchmark_pictures);

/// Writes a data set as write_scenetext does, with the mix's further rows in train.json and
/// train_families.json and their pictures in images/charts and images/more; captions of the benchmark's
/// pictures name images/test. Throws as write_scenetext.
QuestionCounts write_mix(const std::filesystem::path& folder, const Mix& mix,
                         const SceneTextParameters& parameters);

}  // namespace imp::harness
