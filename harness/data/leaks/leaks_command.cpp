// SPDX-License-Identifier: Apache-2.0
#include "harness/data/leaks/leaks_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "eval/run/benchmark_files.h"
#include "harness/data/leaks/leak_report.h"
#include "models/io/error.h"
#include "models/io/file.h"
#include "models/io/output_path.h"
#include "models/io/printable.h"

namespace imp::harness {
namespace {

namespace fs = std::filesystem;

eval::BenchmarkFiles files_of(const LeaksRequest& request) {
  if (!request.annotations.empty()) {
    if (request.benchmark_images.empty())
      throw Error("imp-data leaks: --annotations needs --benchmark-images, the folder of their pictures");
    return {request.benchmark, request.annotations, request.benchmark_images};
  }
  const fs::path folder(request.benchmark);
  eval::BenchmarkFiles files =
      fs::is_regular_file(folder / "test.json")
          ? eval::BenchmarkFiles{"scenetext", folder / "test.json", folder / "images" / "test"}
          : eval::find_benchmark_files(request.benchmark, request.data);
  if (!request.benchmark_images.empty()) files.images = request.benchmark_images;
  return files;
}

/// One line on stderr that is written over, on a terminal only.
class ProgressOnTerminal {
 public:
  ~ProgressOnTerminal() {
    if (is_terminal_) fmt::print(stderr, "\r\x1b[K");
  }
  void show(const char* what, std::size_t done, std::size_t total) {
    const auto now = std::chrono::steady_clock::now();
    if (!is_terminal_ || now - shown_ < std::chrono::milliseconds(200)) return;
    shown_ = now;
    fmt::print(stderr, "\r\x1b[K{}: {} of {}", what, done, total);
  }

 private:
  bool is_terminal_ = ::isatty(STDERR_FILENO) == 1;
  std::chrono::steady_clock::time_point shown_;
};

/// Pictures of which none can be read say nothing, least of all that there is no leak.
void require_readable(const Unreadable& unreadable, std::size_t count, std::string_view whose,
                      std::string_view option) {
  if (count == 0 || unreadable.count < count) return;
  throw Error(
      fmt::format("imp-data leaks: none of {} {} pictures can be read ({}); name their folder with {}", whose,
                  count, unreadable.first.front(), option));
}

LeakReport compare(const LeaksRequest& request) {
  const eval::BenchmarkFiles files = files_of(request);
  const std::vector<TrainingFile> training = training_files(request.train, request.images);
  const eval::Benchmark benchmark = eval::load_benchmark(files.name, files.annotations, files.images);
  eval::unpack_images(benchmark);
  ProgressOnTerminal progress;
  LeakReport report = find_leaks(
      training, benchmark, request.threads,
      [&](const char* what, std::size_t done, std::size_t total) { progress.show(what, done, total); });
  require_readable(report.found.benchmark, report.pictures, "the benchmark's", "--benchmark-images");
  require_readable(report.found.training, report.training_pictures, "the training data's", "--images");
  return report;
}

}  // namespace

int run_leaks(const LeaksRequest& request) {
  if (!request.output.empty()) require_output_file(request.output, {request.train, request.annotations});
  const LeakReport report = compare(request);
  if (!request.output.empty()) write_file_atomically(request.output, all_lines(report));
  const std::string text =
      request.json ? to_json(report, request.named)
                             .dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) +
                         "\n"
                   : to_text(report, request.named);
  fmt::print("{}", printable_lines(text));
  return report.has_leak() ? 1 : 0;
}

}  // namespace imp::harness
