// SPDX-License-Identifier: Apache-2.0
// imp-eval: metrics and scores. It links no LibTorch, so that it starts at once; `run`, which needs it, is
// the program imp-eval-run beside this one, and this one only hands its arguments on.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <string_view>

#include "eval/programs/commands.h"
#include "models/io/error.h"

namespace {

constexpr int kUsageError = 2;

/// Replaces this process by imp-eval-run with the arguments after `run`. Throws imp::Error (environment) if
/// it is absent.
[[noreturn]] void hand_on_to_run(char** arguments) {
  const std::filesystem::path program =
      std::filesystem::read_symlink("/proc/self/exe").parent_path() / "imp-eval-run";
  ::execv(program.c_str(), arguments);
  throw imp::Error(program.string() + ": cannot start: " + std::strerror(errno) +
                       "; build target imp-eval-run (it needs LibTorch, preset release)",
                   imp::ErrorKind::environment);
}

void add_metric(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("metric", "Read JSON lines, write them with the metric's keys added");
  auto name = std::make_shared<std::string>();
  command->add_option("name", *name, "Metric, such as vqa_accuracy")->required();
  command->callback([name] { imp::eval::run_metric(*name, std::cin, std::cout); });
}

void add_score(CLI::App& app) {
  CLI::App* command = app.add_subcommand("score", "Score a predictions file");
  auto request = std::make_shared<imp::eval::ScoreRequest>();
  command->add_option("--benchmark", request->benchmark, "Benchmark, such as textvqa")->required();
  command->add_option("--annotations", request->annotations, "The benchmark's annotations")->required();
  command
      ->add_option("--predictions", request->predictions,
                   "Answers: JSON lines of question_id and prediction, or as other programs write them")
      ->required();
  command->add_flag("--json", request->json, "Print one JSON object");
  command->add_flag("--partial", request->partial, "Score an incomplete file instead of refusing it");
  command->callback([request] { imp::eval::run_score(*request, std::cout, std::cerr); });
}

int run(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "run") hand_on_to_run(argv + 1);
  CLI::App app("Metrics and scores of vision-language benchmarks", "imp-eval");
  app.require_subcommand(1);
  app.add_subcommand("run", "Ask a checkpoint a benchmark's questions (imp-eval run --help)");
  add_metric(app);
  add_score(app);
  try {
    app.parse(argc, argv);
    std::cout.flush();
    return 0;
  } catch (const CLI::ParseError& error) {
    return app.exit(error, std::cout, std::cerr) == 0 ? 0 : kUsageError;
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  std::cin.tie(nullptr);
  try {
    return run(argc, argv);
  } catch (const imp::Error& error) {
    std::cout.flush();
    std::cerr << error.what() << '\n';
    return error.exit_code();
  } catch (const std::exception& error) {
    std::cerr << "imp-eval: " << error.what() << '\n';
    return static_cast<int>(imp::ErrorKind::environment);
  }
}
