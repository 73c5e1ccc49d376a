// SPDX-License-Identifier: Apache-2.0
// How long programs take that people wait for at a prompt: a filter's start, a report's, the plan of a
// thousand cells. Needs the programs beside it in build/<preset>/bin, and the current folder to be the
// repository's root.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace {

const std::string kBin = IMP_BIN "/";

void run(benchmark::State& state, const std::string& command) {
  for (auto _ : state) {
    if (std::system((command + " >/dev/null").c_str()) != 0) state.SkipWithError("the program failed");
  }
}

void start_of_a_metric(benchmark::State& state) {
  run(state, "printf '{\"text\": \"a\"}\\n' | '" + kBin + "imp-eval' metric vqa_normalize");
}

void start_of_a_report(benchmark::State& state) {
  run(state, "'" + kBin + "imp-report' --version");
}

/// range: cells, each with a data, features, connector, finetune and eval stage.
void plan_of_cells(benchmark::State& state) {
  const std::filesystem::path file = std::filesystem::temp_directory_path() / "imp-plan-benchmark.yaml";
  std::string ranks;
  for (int rank = 1; rank <= state.range(0); ++rank) ranks += (rank > 1 ? ", " : "") + std::to_string(rank);
  std::ofstream(file) << "version: 1\nname: planned\nextends: " IMP_SOURCE
                         "/sweeps/profiles/embedded.yaml\nvary:\n"
                      << "  grid: {lora_rank: [" << ranks << "]}\nseeds: [1]\nbenchmarks: [scenetext]\n";
  run(state, "'" + kBin + "imp-sweep' plan '" + file.string() + "' --runs /nowhere");
  std::filesystem::remove(file);
}

BENCHMARK(start_of_a_metric)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(start_of_a_report)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(plan_of_cells)->Arg(1)->Arg(500)->Arg(1000)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
