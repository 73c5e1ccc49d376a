// SPDX-License-Identifier: Apache-2.0
// rows_probe JSON INDEX SAMPLE: opens a file of LLaVA's rows and prints seconds, peak memory, and length and
// id of the rows whose numbers SAMPLE lists.
#include <fmt/format.h>
#include <sys/resource.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "harness/data/llava_rows.h"
#include "models/io/error.h"
#include "models/io/file.h"

int main(int argc, char** argv) {
  using Clock = std::chrono::steady_clock;
  const auto seconds = [](Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
  };
  try {
    if (argc != 4) throw imp::Error("usage: rows_probe JSON INDEX SAMPLE");
    auto start = Clock::now();
    const imp::harness::LlavaFile file(argv[1], argv[2]);
    const double opened = seconds(start);
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    start = Clock::now();
    auto sample = nlohmann::json::array();
    for (const auto& number : nlohmann::json::parse(imp::read_file(argv[3]))) {
      const auto row = number.get<std::int64_t>();
      sample.push_back({file.modality_length(row), file.row(row).id});
    }
    const double reading = seconds(start);
    fmt::print("{}\n", nlohmann::json{{"seconds", opened},
                                      {"found", file.index_was_found()},
                                      {"rows", file.size()},
                                      {"pictures", file.pictures().size()},
                                      {"peak_mebibytes", static_cast<double>(usage.ru_maxrss) / 1024.0},
                                      {"rows_per_second", static_cast<double>(sample.size()) / reading},
                                      {"sample", sample}}
                           .dump());
  } catch (const imp::Error& error) {
    fmt::print(stderr, "{}\n", error.what());
    return error.exit_code();
  }
}
