// SPDX-License-Identifier: Apache-2.0
// imp-data: renders scenetext data sets and tells what is in data sets.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "harness/data/dataset.h"
#include "harness/data/leaks/leaks_command.h"
#include "harness/data/mixes.h"
#include "harness/data/profiles.h"
#include "harness/data/rows_command.h"
#include "harness/data/statistics.h"
#include "imp_version.h"
#include "models/conversation/conversation_template.h"
#include "models/io/error.h"
#include "models/io/output_path.h"
#include "models/io/printable.h"

namespace {

using imp::harness::PartStatistics;

/// What the command line says of `imp-data render`; a negative number leaves the profile's.
struct RenderOptions {
  std::string profile;
  std::string folder;
  int pictures = -1;
  int test_pictures = -1;
  int questions = -1;
  int size = -1;
  std::uint64_t seed = 1;
  int threads = 2;
};

void print(const std::map<std::string, PartStatistics>& parts) {
  fmt::print(
      "| part | pictures | family | questions | answers | commonest answer |\n|---|---|---|---|---|---|\n");
  for (const auto& [part, statistics] : parts) {
    for (const auto& [family, of_family] : statistics.families)
      fmt::print("| {} | {} | {} | {} | {} | {:.1f} % |\n", part, statistics.pictures, imp::printable(family),
                 of_family.questions, of_family.distinct_answers, 100 * of_family.share_of_commonest);
  }
}

void print_json(const std::map<std::string, PartStatistics>& parts) {
  nlohmann::ordered_json out;
  for (const auto& [part, statistics] : parts) {
    out[part] = {{"pictures", statistics.pictures}, {"questions", statistics.questions}};
    for (const auto& [family, of_family] : statistics.families)
      out[part]["families"][family] = {{"questions", of_family.questions},
                                       {"distinct_answers", of_family.distinct_answers},
                                       {"share_of_commonest", of_family.share_of_commonest}};
  }
  fmt::print("{}\n", imp::printable_lines(out.dump(1)));
}

imp::harness::SceneTextParameters parameters_of(const RenderOptions& options) {
  imp::harness::SceneTextParameters parameters = imp::harness::scenetext_profile(options.profile);
  if (options.pictures >= 0) parameters.train_pictures = options.pictures;
  if (options.test_pictures >= 0) parameters.test_pictures = options.test_pictures;
  if (options.questions >= 0) parameters.questions_per_picture = options.questions;
  if (options.size >= 0) parameters.image_size = options.size;
  parameters.seed = options.seed;
  parameters.threads = options.threads;
  return parameters;
}

void render(const RenderOptions& options) {
  imp::require_output_folder(options.folder);
  imp::harness::write_scenetext(options.folder, parameters_of(options));
  print(imp::harness::scenetext_statistics(options.folder));
}

void write_mix(const std::string& name, const RenderOptions& options) {
  imp::require_output_folder(options.folder);
  imp::harness::write_mix(options.folder, *imp::harness::find_mix(name), parameters_of(options));
  print(imp::harness::scenetext_statistics(options.folder));
}

/// What both commands that draw pictures take.
void add_render_options(CLI::App& command, RenderOptions& options) {
  command.add_option("-o,--output", options.folder, "folder to write")->required();
  command.add_option("--pictures", options.pictures, "training pictures with questions")
      ->check(CLI::NonNegativeNumber);
  command.add_option("--test-pictures", options.test_pictures, "test pictures")
      ->check(CLI::NonNegativeNumber);
  command.add_option("--questions", options.questions, "questions a training picture")
      ->check(CLI::PositiveNumber);
  command.add_option("--size", options.size, "width and height of pictures, in pixels")
      ->check(CLI::Range(32, 4096));
  command.add_option("--seed", options.seed, "seed of everything random");
  command.add_option("--threads", options.threads, "threads; they do not change the result")
      ->check(CLI::Range(1, 256));
}

void add_mix(CLI::App& app, std::string& name, RenderOptions& options) {
  options.profile = "embedded";
  std::vector<std::string> names;
  for (const imp::harness::Mix& mix : imp::harness::kMixes) names.emplace_back(mix.name);
  CLI::App* const command =
      app.add_subcommand("mix", "write a training mix, as the key finetune_data names it, into a folder");
  command
      ->add_option("NAME", name, "665k, 643k, 675k, 705k or 1m: harness/data/README.md says what is in each")
      ->required()
      ->check(CLI::IsMember(names));
  add_render_options(*command, options);
  command->callback([&] { write_mix(name, options); });
}

void add_leaks(CLI::App& app, imp::harness::LeaksRequest& request, int& exit_code) {
  CLI::App* const command = app.add_subcommand(
      "leaks",
      "find the pictures and texts that training data and a benchmark have in common; exit code 0: no "
      "picture in common, 1: some");
  command->add_option("TRAIN", request.train, "a JSON file of LLaVA's rows, or a folder that imp-data wrote")
      ->required();
  command
      ->add_option("BENCHMARK", request.benchmark,
                   "a benchmark's name, such as textvqa, or a folder that imp-data render wrote")
      ->required();
  command->add_option("--images", request.images,
                      "folders of the training pictures, searched in this order (default: the file's own)");
  command->add_option("--data", request.data, "folder with a folder a benchmark, as imp-eval run takes it")
      ->capture_default_str();
  command->add_option("--annotations", request.annotations,
                      "the benchmark's annotations, if not below --data");
  command->add_option("--benchmark-images", request.benchmark_images, "folder of the benchmark's pictures");
  command->add_option("-o,--output", request.output, "file for all pairs, JSON lines");
  command->add_option("--named", request.named, "pairs to print")->capture_default_str();
  command->add_option("--threads", request.threads, "threads; they do not change the result")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  command->add_flag("--json", request.json, "print JSON instead of a table");
  command->callback([&] { exit_code = imp::harness::run_leaks(request); });
}

int run(int argc, char** argv) {
  CLI::App app("Renders scenetext data sets and tells what is in them.", "imp-data");
  app.require_subcommand(1);
  app.set_version_flag("--version", imp::version_line("imp-data"));

  RenderOptions options;
  CLI::App* const render_command =
      app.add_subcommand("render", "render a data set of a profile into a folder");
  render_command->add_option("PROFILE", options.profile, "embedded or crowded")->required();
  add_render_options(*render_command, options);
  render_command->callback([&] { render(options); });

  std::string mix;
  RenderOptions mix_options;
  add_mix(app, mix, mix_options);

  int exit_code = 0;
  imp::harness::LeaksRequest leaks;
  leaks.threads = static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1U, 256U));
  add_leaks(app, leaks, exit_code);

  imp::harness::RowStatisticsOptions rows;
  std::string turns = "conversation";
  bool as_json = false;
  CLI::App* const stats_command =
      app.add_subcommand("stats", "tell what is in a rendered folder, or in a file of LLaVA's rows");
  stats_command->add_option("DATA", rows.json, "a folder that imp-data render wrote, or a JSON file of rows")
      ->required();
  stats_command->add_flag("--json", as_json, "print JSON instead of a table");
  stats_command->add_option("--model", rows.model, "of a file: whose tokenizer encodes the rows");
  stats_command->add_option("--conversation", rows.conversation, "of a file, with --model: the template")
      ->check(CLI::IsMember(imp::models::conversation_names()))
      ->capture_default_str();
  stats_command->add_option("--turns", turns, "of a file, with --model: conversation or isolated")
      ->check(CLI::IsMember({"conversation", "isolated"}))
      ->capture_default_str();
  stats_command
      ->add_option("--image-tokens", rows.image_tokens, "of a file, with --model: tokens of a picture")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  stats_command->add_option("--max-length", rows.max_length, "of a file, with --model: where rows are cut")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  stats_command->callback([&] {
    rows.isolated = turns == "isolated";
    if (std::filesystem::is_regular_file(rows.json)) {
      fmt::print("{}", imp::harness::row_statistics(rows, as_json));
      return;
    }
    const auto parts = imp::harness::scenetext_statistics(rows.json);
    as_json ? print_json(parts) : print(parts);
  });

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    fmt::print(stderr, "imp-data: {}; `imp-data --help` lists commands and options\n",
               imp::printable(error.what()));
    return static_cast<int>(imp::ErrorKind::usage);
  }
  return exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const imp::Error& error) {
    fmt::print(stderr, "{}\n", imp::printable_lines(error.what()));
    return error.exit_code();
  } catch (const std::exception& error) {
    fmt::print(stderr, "imp-data: {}; please report this\n", imp::printable(error.what()));
    return static_cast<int>(imp::ErrorKind::environment);
  }
}
