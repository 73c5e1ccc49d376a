// SPDX-License-Identifier: Apache-2.0
// imp-eval-run: `imp-eval run`, a program of its own because it needs LibTorch.
#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <malloc.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <csignal>
#include <string_view>
#include <thread>

#include "eval/run/run_benchmarks.h"
#include "imp_version.h"
#include "models/device/subnormals.h"
#include "models/io/error.h"
#include "models/io/output_path.h"
#include "models/io/printable.h"

namespace {

std::atomic<bool> stopped = false;  // what a signal handler can reach

/// The first signal asks for an end, the second takes it.
extern "C" void on_signal(int signal) {
  stopped = true;
  std::signal(signal, SIG_DFL);
}

void add_options(CLI::App& app, imp::eval::RunRequest& request) {
  app.add_option("CHECKPOINT", request.model.directory, "A Hugging Face LLaVA directory")->required();
  app.add_option("--benchmark", request.benchmarks, "Benchmarks, or all that --data has")->required();
  app.add_option("--data", request.data, "Folder with a folder a benchmark, in its official layout");
  app.add_option("--annotations", request.annotations, "Annotations of the one benchmark");
  app.add_option("--images", request.images, "Pictures of the one benchmark");
  app.add_option("-o,--output", request.output, "Folder of predictions and results")->required();
  app.add_option("--limit", request.limit, "First so many questions of each benchmark");
  app.add_option("--conversation", request.model.conversation, "Prompt format")->capture_default_str();
  app.add_option(
      "--encoder", request.model.encoder,
      "A vision tower's directory: with --projector it makes a LLaVA of the language model CHECKPOINT");
  app.add_option("--adapter", request.model.adapter,
                 "A PEFT directory, or a LLaVA run's, to merge into the model");
  app.add_option("--projector", request.model.projector, "A safetensors file in place of the projector");
  app.add_option("--dtype", request.model.dtype, "float32 or bfloat16")->capture_default_str();
  app.add_option("--device", request.model.device, "auto, cpu or cuda")->capture_default_str();
  app.add_option("--prompts", request.prompts, "YAML: a benchmark's name: a text with {question}");
  app.add_option("--ocr-tokens", request.ocr_tokens, "TextVQA's OCR tokens, for its prompt");
  app.add_option("--max-new-tokens", request.ask.max_new_tokens, "Longest answer")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--beams", request.ask.beams, "Beam search with so many")->check(CLI::PositiveNumber);
  app.add_option("--temperature", request.ask.choice.temperature, "Above 0: sample")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--seed", request.ask.choice.seed, "Seed of sampling");
  app.add_option("--stop", request.ask.stop, "An answer ends before this text");
  app.add_flag("--likelihood", request.likelihood, "Take the likeliest option where a question has some");
  app.add_option("--kv-memory", request.ask.kv_bytes,
                 "Most memory for keys and values (1 GiB, or half of a GPU's free memory)")
      ->transform(CLI::AsSizeValue(false));
  app.add_option("--batch", request.ask.rows,
                 "Tokens that go through the model together (512, on a GPU 16384)")
      ->check(CLI::PositiveNumber);
  app.add_option("--jobs", request.ask.jobs, "Threads")->check(CLI::PositiveNumber)->capture_default_str();
  app.add_flag("--json", request.json, "Print results.json");
}

/// Lets the C library keep freed memory. By default each large tensor's pages go back to the kernel, which
/// clears them again for the next one.
void keep_freed_memory() {
  constexpr int kNever = 1 << 30;
  (void)mallopt(M_MMAP_THRESHOLD, kNever);
  (void)mallopt(M_TRIM_THRESHOLD, kNever);
}

}  // namespace

int main(int argc, char** argv) {
  imp::models::flush_subnormals();
  constexpr int kUsageError = 2;
  CLI::App app("Ask a checkpoint the questions of benchmarks and score its answers", "imp-eval run");
  imp::eval::RunRequest request;
  request.ask.jobs = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  add_options(app, request);
  app.set_version_flag("--version", imp::version_line_with_torch("imp-eval run"));
  try {
    app.parse(argc, argv);
    imp::require_output_folder(request.output);
    std::signal(SIGINT, on_signal);
    std::signal(SIGTERM, on_signal);
    keep_freed_memory();
    at::set_num_threads(1);  // answers' bits must not depend on how LibTorch cuts its loops among threads
    return imp::eval::run_benchmarks(request, stopped);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    fmt::print(stderr, "imp-eval run: {}; `imp-eval run --help` lists the options\n",
               imp::printable(error.what()));
    return kUsageError;
  } catch (const imp::Error& error) {
    fmt::print(stderr, "{}\n", imp::printable_lines(error.what()));
    return error.exit_code();
  } catch (const std::exception& error) {
    const std::string_view message(error.what());
    fmt::print(stderr, "imp-eval run: {}\n", imp::printable(message.substr(0, message.find('\n'))));
    return static_cast<int>(imp::ErrorKind::environment);
  }
}
