// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string_view>
#include <thread>

#include "harness/data/leaks/leak_report.h"
#include "harness/stages/asked_questions.h"
#include "harness/stages/stage_context.h"
#include "harness/stages/training_rows.h"
#include "models/io/file.h"

namespace imp::harness {
namespace {

/// The rows of the inputs of kind data; the first of them is the benchmark's own if it is a rendered one.
std::vector<TrainingFile> learned_files(const StageContext& context) {
  bool is_benchmark = !context.request.parameters.contains("annotations_hash");
  std::vector<TrainingFile> files;
  for (const StageInput& input : context.request.inputs) {
    const RowsLocation rows = rows_behind(context.store.folder(input.kind, input.key));
    if (!is_benchmark) files.push_back({rows.json, {rows.images}});
    is_benchmark = false;
  }
  return files;
}

}  // namespace

/// Looks which pictures and texts of a benchmark the training data hold: leaks.json says how many,
/// leaks.jsonl all of them. Stops nothing: what a leak is worth may be what the sweep asks.
void make_leaks_stage(const StageContext& context) {
  const eval::Benchmark benchmark = asked_questions(context);
  const int threads = static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1U, 256U));
  const LeakReport report = find_leaks(
      learned_files(context), benchmark, threads, [&](const char* what, std::size_t done, std::size_t total) {
        context.check_stop();
        const bool of_texts = std::string_view(what) == kComparingTexts;
        context.observer.on_units(static_cast<std::int64_t>(done), static_cast<std::int64_t>(total),
                                  of_texts ? "rows" : "pictures");
      });
  constexpr std::size_t kNamed = 10;
  write_file_atomically(
      context.folder / "leaks.json",
      to_json(report, kNamed).dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
  write_file_atomically(context.folder / "leaks.jsonl", all_lines(report));
  if (report.has_leak())
    context.observer.on_warning(
        benchmark.name + " is " + leak_sentence(report) +
        "; which: " + (context.store.folder("leaks", context.request.key) / "leaks.jsonl").string());
}

}  // namespace imp::harness
