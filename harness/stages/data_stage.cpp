// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "harness/data/dataset.h"
#include "harness/data/mixes.h"
#include "harness/plan/input_hash.h"
#include "harness/stages/stage_context.h"
#include "harness/stages/training_rows.h"
#include "models/io/error.h"
#include "models/io/file.h"

namespace imp::harness {
namespace {

/// scenetext, with the further rows of `mix` where that is not null.
void render(const StageContext& context, const Mix* mix) {
  const TrialConfig& config = context.trial.config;
  SceneTextParameters parameters;
  parameters.train_pictures = static_cast<int>(config.train_pictures);
  parameters.test_pictures = static_cast<int>(config.test_pictures);
  parameters.questions_per_picture = static_cast<int>(config.questions_per_picture);
  parameters.seed = static_cast<uint64_t>(config.data_seed);
  parameters.test_seed = static_cast<uint64_t>(config.test_seed);
  parameters.test_split = config.test_split == "validation" ? Split::validation : Split::test;
  const QuestionCounts counts = mix == nullptr ? write_scenetext(context.folder, parameters)
                                               : write_mix(context.folder, *mix, parameters);
  nlohmann::json record = counts;
  write_file_atomically(context.folder / "question_counts.json", record.dump(2) + "\n");
}

/// Data of the user's own stay where they are; the stage checks the rows once and remembers where that was.
void check_llava_json(const StageContext& context) {
  for (const DataSource* source :
       {&context.trial.config.connector_data, &context.trial.config.finetune_data}) {
    // The two training stages may have rows of their own, each with a data stage.
    if (source->json.empty() || source->images != context.request.parameters["images"]) continue;
    if (InputHashes().file(source->json) != context.request.parameters["json_hash"]) continue;
    const LlavaFile rows(source->json, context.folder / kRowsIndex);
    write_file_atomically(context.folder / "source.json", nlohmann::json{{"json", source->json},
                                                                         {"images", source->images},
                                                                         {"rows", rows.size()},
                                                                         {"pictures", rows.pictures().size()}}
                                                                  .dump(2) +
                                                              "\n");
  }
}

}  // namespace

void make_data_stage(const StageContext& context) {
  const nlohmann::json& parameters = context.request.parameters;
  if (!parameters.contains("dataset")) return check_llava_json(context);
  const auto dataset = parameters["dataset"].get<std::string>();
  const Mix* const mix = find_mix(dataset);
  if (mix == nullptr && dataset != "scenetext") {
    throw Error("data set '" + dataset +
                "' is not known; imp renders scenetext and its mixes, other data is given as {json, images}");
  }
  render(context, mix);
}

}  // namespace imp::harness
