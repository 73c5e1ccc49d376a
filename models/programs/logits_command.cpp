// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>

#include "models/device/upload.h"
#include "models/io/output_path.h"
#include "models/programs/loaded_model.h"

namespace imp::models {
namespace {

/// Logits at the last token of each prompt, [requests, vocab].
at::Tensor last_logits(const LoadedModel& loaded, std::span<const Request> requests,
                       const std::filesystem::path& images) {
  std::vector<int64_t> ids, lengths, last;
  std::vector<std::string> pictures;
  for (const Request& request : requests) {
    const EncodedRow row = loaded.prompt(request);
    ids.insert(ids.end(), row.ids.begin(), row.ids.end());
    lengths.push_back(static_cast<int64_t>(row.ids.size()));
    last.push_back(static_cast<int64_t>(ids.size()) - 1);
    if (!request.image.empty()) pictures.push_back(request.image);
  }
  const TextModel& model = *loaded.llava.text_model;
  const at::Tensor embeds = splice_image_features(model, upload(ids, loaded.device), kImagePlaceholder,
                                                  loaded.projected(pictures, images));
  const SequenceLayout layout = pack_sequences(lengths, {}, embeds.options());
  return model.logits(model.hidden_states(embeds, layout, nullptr, upload(last, loaded.device))).to(at::kCPU);
}

}  // namespace

int logits_command(const ModelOptions& options) {
  const at::NoGradGuard no_grad;
  require_output_file(options.output, {options.requests, options.projector, options.directory,
                                       options.adapter, options.encoder});
  const std::vector<Request> requests = read_requests(options.requests);
  const LoadedModel loaded = load_model(options);
  std::vector<at::Tensor> parts;
  const auto batch = static_cast<size_t>(options.batch);
  for (size_t start = 0; start < requests.size(); start += batch) {
    const size_t count = std::min(batch, requests.size() - start);
    parts.push_back(last_logits(loaded, std::span(requests).subspan(start, count), options.images));
  }
  save_tensors(options.output, {{"logits", at::cat(parts)}});
  return 0;
}

}  // namespace imp::models
