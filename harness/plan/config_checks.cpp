// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/config_checks.h"

#include <fmt/format.h>

namespace imp::harness {

void check_together(const TrialConfig& config, bool has_benchmarks,
                    const std::function<Location(std::string_view key)>& locate, Diagnostics& diagnostics) {
  if (!config.pretrain.empty()) return;
  if (config.micro_batch > config.batch_size) {
    diagnostics.add(locate("micro_batch"),
                    fmt::format("micro_batch {} is larger than batch_size {}; set micro_batch "
                                "to {} or less",
                                config.micro_batch, config.batch_size, config.batch_size));
  }
  if (config.connector_micro_batch > config.connector_batch_size) {
    diagnostics.add(
        locate("connector_micro_batch"),
        fmt::format("connector_micro_batch {} is larger than connector_batch_size {}; set "
                    "connector_micro_batch to {} or less",
                    config.connector_micro_batch, config.connector_batch_size, config.connector_batch_size));
  }
  if (config.encoder_weights == "random" && !config.checkpoint.empty()) {
    diagnostics.add(
        locate("encoder_weights"),
        "encoder_weights is random, but checkpoint brings its own tower; name an encoder instead");
  }
  if (config.pretrain_text == "raw" &&
      (!config.checkpoint.empty() || config.llm.find('/') != std::string::npos)) {
    diagnostics.add(
        locate("pretrain_text"),
        fmt::format("pretrain_text is raw, but {} is no language model of the zoo; leave pretrain_text out",
                    config.checkpoint.empty() ? config.llm : config.checkpoint));
  }
  if (config.finetune == "lora" && config.lora_rank == 0) {
    diagnostics.add(locate("lora_rank"),
                    "lora_rank is 0 while finetune is lora; set a rank of 1 or more, or finetune: projector");
  }
  if (has_benchmarks && config.conversation.name == "plain") {
    diagnostics.add(
        locate("conversation"),
        "conversation: plain has no question, so its prompts leave nothing to answer; choose another, "
        "or leave benchmarks empty");
  }
  if (!config.init_adapter.empty() && config.finetune != "lora") {
    diagnostics.add(
        locate("init_adapter"),
        fmt::format("init_adapter is set while finetune is {}; set finetune: lora", config.finetune));
  }
}

}  // namespace imp::harness
