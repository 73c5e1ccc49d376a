// SPDX-License-Identifier: Apache-2.0
// imp-data: renders scenetext data sets and tells what is in data sets.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "harness/data/dataset.h"
#include "harness/data/profiles.h"
#include "harness/data/rows_command.h"
#include "harness/data/statistics.h"
#include "models/conversation/conversation_template.h"
#include "models/io/error.h"

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
  for (const char* part : {"train", "validation", "test"}) {
    const PartStatistics& statistics = parts.at(part);
    for (const auto& [family, of_family] : statistics.families)
      fmt::print("| {} | {} | {} | {} | {} | {:.1f} % |\n", part, statistics.pictures, family,
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
  fmt::print("{}\n", out.dump(1));
}

void render(const RenderOptions& options) {
  imp::harness::SceneTextParameters parameters = imp::harness::scenetext_profile(options.profile);
  if (options.pictures >= 0) parameters.train_pictures = options.pictures;
  if (options.test_pictures >= 0) parameters.test_pictures = options.test_pictures;
  if (options.questions >= 0) parameters.questions_per_picture = options.questions;
  if (options.size >= 0) parameters.image_size = options.size;
  parameters.seed = options.seed;
  parameters.threads = options.threads;
  imp::harness::write_scenetext(options.folder, parameters);
  print(imp::harness::scenetext_statistics(options.folder));
}

int run(int argc, char** argv) {
  CLI::App app("Renders scenetext data sets and tells what is in them.", "imp-data");
  app.require_subcommand(1);

  RenderOptions options;
  CLI::App* const render_command =
      app.add_subcommand("render", "render a data set of a profile into a folder");
  render_command->add_option("PROFILE", options.profile, "embedded or crowded")->required();
  render_command->add_option("-o,--output", options.folder, "folder to write")->required();
  render_command->add_option("--pictures", options.pictures, "training pictures")
      ->check(CLI::NonNegativeNumber);
  render_command->add_option("--test-pictures", options.test_pictures, "test pictures")
      ->check(CLI::NonNegativeNumber);
  render_command->add_option("--questions", options.questions, "questions a training picture")
      ->check(CLI::PositiveNumber);
  render_command->add_option("--size", options.size, "width and height of pictures, in pixels")
      ->check(CLI::Range(32, 4096));
  render_command->add_option("--seed", options.seed, "seed of everything random");
  render_command->add_option("--threads", options.threads, "threads; they do not change the result")
      ->check(CLI::Range(1, 256));
  render_command->callback([&] { render(options); });

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
    return app.exit(error) == 0 ? 0 : static_cast<int>(imp::ErrorKind::usage);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const imp::Error& error) {
    fmt::print(stderr, "{}\n", error.what());
    return error.exit_code();
  } catch (const std::exception& error) {
    fmt::print(stderr, "imp-data: {}; please report this\n", error.what());
    return static_cast<int>(imp::ErrorKind::environment);
  }
}
