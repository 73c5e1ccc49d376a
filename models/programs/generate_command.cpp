// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <fmt/format.h>

#include "models/conversation/row_styles.h"
#include "models/generation/beam_search.h"
#include "models/generation/generator.h"
#include "models/io/error.h"
#include "models/programs/loaded_model.h"

namespace imp::models {
namespace {

std::vector<std::vector<int64_t>> by_beams(TextModel& model, const std::vector<PromptGroup>& groups,
                                           const GenerationOptions& options, const BeamOptions& beams) {
  std::vector<std::vector<int64_t>> all;
  for (const PromptGroup& group : groups) {
    for (std::vector<int64_t>& answer : beam_search(model, group, options, beams))
      all.push_back(std::move(answer));
  }
  return all;
}

void answer(const LoadedModel& loaded, const GenerationConfig& settings, std::span<const Request> requests,
            const ModelOptions& options) {
  std::vector<PromptGroup> groups;
  std::string picture_of_group;  // neighbouring questions about one picture share its prefix
  for (const Request& request : requests) {
    PromptGroup group = prompt_group(loaded.prompt(request));
    if (group.tails.front().empty()) {
      throw Error(request.where + ": its prompt ends with the picture in the conversation '" +
                  options.conversation + "', which leaves nothing to answer; choose another --conversation");
    }
    const bool shares = !groups.empty() && !request.image.empty() && request.image == picture_of_group &&
                        group.prefix_ids == groups.back().prefix_ids;
    picture_of_group = request.image;
    if (shares) {
      groups.back().tails.push_back(std::move(group.tails.front()));
      continue;
    }
    if (!request.image.empty()) group.projected = loaded.projected({request.image}, options.images);
    groups.push_back(std::move(group));
  }
  GenerationOptions greedy;
  greedy.image_token = kImagePlaceholder;
  greedy.end_tokens = settings.end_tokens;
  greedy.max_new_tokens = options.max_new_tokens;
  const auto answers = options.beams > 1 ? by_beams(*loaded.llava.text_model, groups, greedy,
                                                    {options.beams, settings.length_penalty})
                                         : generate(*loaded.llava.text_model, groups, greedy);
  for (size_t i = 0; i < requests.size(); ++i) {
    const std::vector<int32_t> ids(answers[i].begin(), answers[i].end());
    const nlohmann::ordered_json line = {{"question_id", requests[i].question_id},
                                         {"tokens", ids},
                                         {"prediction", strip(loaded.tokenizer->decode(ids, true))}};
    fmt::print("{}\n", line.dump());
  }
}

}  // namespace

int generate_command(const ModelOptions& options) {
  const at::NoGradGuard no_grad;
  const std::vector<Request> requests = read_requests(options.requests);
  const LoadedModel loaded = load_model(options);
  const GenerationConfig settings = loaded.answer_settings(options.beams);
  const auto batch = static_cast<size_t>(options.batch);
  for (size_t start = 0; start < requests.size(); start += batch) {
    answer(loaded, settings, std::span(requests).subspan(start, std::min(batch, requests.size() - start)),
           options);
  }
  return 0;
}

}  // namespace imp::models
