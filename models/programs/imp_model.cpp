// SPDX-License-Identifier: Apache-2.0
// imp-model: looks into Hugging Face directories, and runs, compares and exports the models in them.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "imp_version.h"
#include "models/device/subnormals.h"
#include "models/io/error.h"
#include "models/io/printable.h"
#include "models/programs/model_options.h"

namespace {

using imp::models::ModelOptions;

enum class Takes { directory, picture, requests, answers, text, folder };

struct Command {
  const char* name;
  const char* help;
  Takes takes;
  int (*function)(const ModelOptions&);
};

constexpr Command kCommands[] = {
    {"inspect", "Say what a directory holds", Takes::directory, imp::models::inspect_command},
    {"tokenize", "Lines of stdin to JSON lists of token ids", Takes::directory,
     imp::models::tokenize_command},
    {"preprocess", "A picture to its pixel_values", Takes::picture, imp::models::preprocess_command},
    {"logits", "Logits at the last position of each prompt", Takes::requests, imp::models::logits_command},
    {"generate", "Answers, greedy or by beams, a JSON line a request", Takes::answers,
     imp::models::generate_command},
    {"perplexity", "How well a language model predicts a text", Takes::text, imp::models::perplexity_command},
    {"export", "Merge an adapter; write a Hugging Face directory", Takes::folder,
     imp::models::export_command},
};

void add_options(CLI::App& app, const Command& command, ModelOptions& options) {
  app.add_option("DIR", options.directory, "A Hugging Face model directory, or a GGUF file")->required();
  if (command.takes == Takes::picture)
    app.add_option("IMAGE", options.image, "A JPEG, PNG, GIF, WebP, BMP or TIFF")->required();
  if (command.takes == Takes::requests || command.takes == Takes::answers) {
    app.add_option("--requests", options.requests, "Lines of {question_id, image, question}")->required();
    app.add_option("--images", options.images, "Folder of the requests' pictures");
    app.add_option("--batch", options.batch, "Requests at once")->check(CLI::PositiveNumber);
  }
  if (command.takes == Takes::answers) {
    app.add_option("--max-new-tokens", options.max_new_tokens, "Longest answer")->check(CLI::PositiveNumber);
    app.add_option("--beams", options.beams, "Beam search with so many")->check(CLI::PositiveNumber);
  } else if (command.takes == Takes::text) {
    app.add_option("--text", options.text, "A text file")->required();
    app.add_option("--window", options.window, "Tokens that see each other")->capture_default_str();
  } else if (command.takes != Takes::directory) {
    app.add_option("-o,--output", options.output, "What to write")->required();
  }
  app.add_option("--encoder", options.encoder,
                 "A vision tower's directory: with --projector it makes a LLaVA of the language model DIR");
  app.add_option("--adapter", options.adapter, "A PEFT directory, or a LLaVA run's, to merge into the model");
  app.add_option("--projector", options.projector,
                 "A safetensors file in place of the checkpoint's projector");
  app.add_option("--conversation", options.conversation, "Prompt format")->capture_default_str();
  app.add_option("--dtype", options.dtype, "float32 or bfloat16")->capture_default_str();
  if (command.takes == Takes::requests || command.takes == Takes::answers || command.takes == Takes::text)
    app.add_option("--device", options.device, "auto, cpu or cuda")->capture_default_str();
  if (command.function == imp::models::inspect_command) app.add_flag("--json", options.json, "Print JSON");
}

}  // namespace

int main(int argc, char** argv) {
  imp::models::flush_subnormals();
  CLI::App app("Looks into Hugging Face model directories, runs, compares and exports their models.",
               "imp-model");
  app.require_subcommand(1);
  app.set_version_flag("--version", imp::version_line_with_torch("imp-model"));
  ModelOptions options;
  int code = 0;
  for (const Command& command : kCommands) {
    CLI::App* sub = app.add_subcommand(command.name, command.help);
    add_options(*sub, command, options);
    sub->callback([&options, &code, &command] { code = command.function(options); });
  }
  try {
    app.parse(argc, argv);
    return code;
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    fmt::print(stderr, "imp-model: {}; `imp-model --help` lists commands and options\n",
               imp::printable(error.what()));
    return 2;
  } catch (const imp::Error& error) {
    fmt::print(stderr, "{}\n", imp::printable_lines(error.what()));
    return error.exit_code();
  } catch (const std::exception& error) {
    fmt::print(
        stderr, "imp-model: {}\n",
        imp::printable(std::string_view(error.what()).substr(0, std::string_view(error.what()).find('\n'))));
    return 3;
  }
}
