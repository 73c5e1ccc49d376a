// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/sweep_spec.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "eval/benchmarks/benchmark.h"
#include "harness/data/rendered_benchmarks.h"
#include "harness/plan/config_reader.h"
#include "harness/plan/vary_reader.h"
#include "models/io/error.h"

namespace imp::harness {

namespace {

constexpr std::int64_t kLargestSeed = 9007199254740991;
constexpr std::int64_t kMostQuestions = 1'000'000'000;

bool safe_name(std::string_view name) {
  if (name.empty() || name.size() > 100 || name.front() == '.' || name.front() == '-') return false;
  return std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  });
}

/// A benchmark's name with the part of the data set after it, such as lmms-eval's textvqa_val, is near too.
std::string unknown_benchmark(const std::string& name, const std::vector<std::string>& known) {
  std::string near = closest(name, known);
  for (const std::string& candidate : known)
    if (name.starts_with(candidate)) near = candidate;
  return fmt::format("the benchmark '{}' is not known{} one of: {}", name,
                     near.empty() ? "; it is" : fmt::format("; did you mean '{}'? It is", near),
                     fmt::join(known, ", "));
}

class SpecReader {
 public:
  explicit SpecReader(const SweepFile& file) : file_(file) {}

  SweepSpec read() {
    spec_.file = file_.path;
    spec_.text = file_.text;
    refuse_unknown_keys(file_.root,
                        {"version", "name", "about", "claims", "extends", "baseline", "vary", "exclude",
                         "seeds", "benchmarks", "retry"},
                        "a sweep file", diagnostics_);
    read_head();
    read_baseline();
    read_vary();
    read_exclude();
    read_seeds();
    read_benchmarks();
    read_retry();
    diagnostics_.throw_if_any();
    return std::move(spec_);
  }

 private:
  [[nodiscard]] const YamlEntry* find(std::string_view key) const { return file_.root.find(key); }

  void read_head() {
    const YamlEntry* version = find("version");
    if (version == nullptr) {
      diagnostics_.add(file_.root.location, "version is missing; add 'version: 1'");
    } else if (!version->value.is_scalar() || version->value.text != "1") {
      diagnostics_.add(version->value.location,
                       fmt::format("version is {}; this program reads version 1", describe(version->value)));
    }
    const YamlEntry* name = find("name");
    if (name == nullptr) {
      diagnostics_.add(file_.root.location,
                       fmt::format("name is missing; add 'name: {}'", file_.path.stem().string()));
    } else if (const auto text = read_text(name->value, "name", diagnostics_)) {
      spec_.name = *text;
      if (!safe_name(*text)) {
        diagnostics_.add(
            name->value.location,
            fmt::format("name is '{}'; it becomes a folder: use letters, digits, '_', '-' and '.', at most "
                        "100 of them",
                        *text));
      } else if (*text == "stages") {
        diagnostics_.add(name->value.location,
                         "name is 'stages', which is the folder of shared stages; choose another");
      }
    }
    if (const YamlEntry* about = find("about")) {
      spec_.about = read_text(about->value, "about", diagnostics_).value_or("");
    }
    if (const YamlEntry* claims = find("claims")) {
      spec_.claims_location = claims->value.location;
      const std::string named = read_text(claims->value, "claims", diagnostics_).value_or("");
      if (!named.empty()) spec_.claims = (file_.path.parent_path() / named).lexically_normal();
    }
  }

  void read_baseline() {
    spec_.baseline_location = file_.root.location;
    const YamlEntry* baseline = find("baseline");
    if (baseline == nullptr) return;
    spec_.baseline_location = baseline->location;
    if (require_map(baseline->value, "baseline", diagnostics_))
      spec_.baseline = read_settings(baseline->value, "baseline", diagnostics_);
  }

  void read_vary() {
    const YamlEntry* vary = find("vary");
    spec_.vary_location = vary == nullptr ? file_.root.location : vary->location;
    spec_.vary = vary == nullptr ? std::vector{VaryBlock{.location = file_.root.location}}
                                 : read_vary_blocks(*vary, spec_.baseline, diagnostics_);
  }

  void read_exclude() {
    const YamlEntry* exclude = find("exclude");
    if (exclude == nullptr) return;
    spec_.exclude_location = exclude->location;
    spec_.exclude = read_conditions(*exclude, diagnostics_);
  }

  void read_seeds() {
    const YamlEntry* seeds = find("seeds");
    if (seeds == nullptr || !require_list(seeds->value, "seeds", diagnostics_)) return;
    if (seeds->value.items.empty()) {
      diagnostics_.add(seeds->value.location, "seeds is empty; list at least one, for example [1, 2]");
    }
    for (const YamlValue& item : seeds->value.items) {
      const auto seed = read_whole_number(item, "a seed", 0, kLargestSeed, diagnostics_);
      if (!seed) continue;
      if (std::find(spec_.seeds.begin(), spec_.seeds.end(), *seed) != spec_.seeds.end()) {
        diagnostics_.add(item.location, fmt::format("seed {} is listed twice; remove one", *seed));
      }
      spec_.seeds.push_back(*seed);
    }
  }

  void read_benchmarks() {
    const YamlEntry* benchmarks = find("benchmarks");
    if (benchmarks == nullptr || !require_list(benchmarks->value, "benchmarks", diagnostics_)) return;
    for (const YamlValue& item : benchmarks->value.items) {
      Benchmark benchmark;
      if (item.is_map()) {
        read_benchmark_fields(item, benchmark);
      } else if (const auto name = read_text(item, "a benchmark", diagnostics_)) {
        benchmark.name = *name;
      }
      if (!benchmark.name.empty()) add_benchmark(item, std::move(benchmark));
    }
  }

  void read_benchmark_fields(const YamlValue& item, Benchmark& benchmark) {
    refuse_unknown_keys(item, {"name", "annotations", "images", "limit"}, "a benchmark", diagnostics_);
    Location unused;
    const auto field = [&](std::string_view name, Location& location) {
      const YamlEntry* entry = item.find(name);
      if (entry == nullptr) return std::string();
      location = entry->value.location;
      return read_text(entry->value, name, diagnostics_).value_or("");
    };
    benchmark.name = field("name", unused);
    benchmark.annotations = field("annotations", benchmark.annotations_location);
    benchmark.images = field("images", benchmark.images_location);
    if (benchmark.name.empty()) diagnostics_.add(item.location, "a benchmark lacks its name; add name: ...");
    if (const YamlEntry* limit = item.find("limit")) {
      benchmark.limit = read_whole_number(limit->value, "limit", 0, kMostQuestions, diagnostics_).value_or(0);
    }
  }

  void add_benchmark(const YamlValue& item, Benchmark benchmark) {
    const std::string& name = benchmark.name;
    benchmark.location = item.location;
    if (!safe_name(name)) {
      diagnostics_.add(item.location,
                       fmt::format("the benchmark '{}' becomes a file's name; use letters, digits, '_', "
                                   "'-' and '.'",
                                   name));
      return;
    }
    if (std::any_of(spec_.benchmarks.begin(), spec_.benchmarks.end(),
                    [&](const Benchmark& earlier) { return earlier.name == name; })) {
      diagnostics_.add(item.location, fmt::format("the benchmark '{}' is listed twice; remove one", name));
      return;
    }
    const std::vector<std::string> known = eval::benchmark_names();
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      diagnostics_.add(item.location, unknown_benchmark(name, known));
      return;
    }
    const bool rendered = rendered_benchmark(name) != nullptr;
    if (!rendered && (benchmark.annotations.empty() || benchmark.images.empty())) {
      diagnostics_.add(
          item.location,
          fmt::format("the benchmark '{}' needs its files: {{name: {}, annotations: FILE, images: FOLDER}}",
                      name, name));
      return;
    }
    if (rendered && !(benchmark.annotations.empty() && benchmark.images.empty())) {
      diagnostics_.add(item.location,
                       fmt::format("the benchmark '{}' is rendered; remove annotations and images", name));
      return;
    }
    spec_.benchmarks.push_back(std::move(benchmark));
  }

  void read_retry() {
    const YamlEntry* retry = find("retry");
    if (retry == nullptr || !require_map(retry->value, "retry", diagnostics_)) return;
    refuse_unknown_keys(retry->value, {"attempts", "oom"}, "retry", diagnostics_);
    if (const YamlEntry* attempts = retry->value.find("attempts")) {
      spec_.retry.attempts = read_whole_number(attempts->value, "attempts", 1, 100, diagnostics_).value_or(1);
    }
    if (const YamlEntry* oom = retry->value.find("oom")) {
      spec_.retry.oom = read_text(oom->value, "oom", diagnostics_).value_or("");
      if (spec_.retry.oom != "halve_micro_batch" && spec_.retry.oom != "fail") {
        diagnostics_.add(oom->value.location, fmt::format("oom is {}; it must be halve_micro_batch or fail",
                                                          describe(oom->value)));
      }
    }
  }

  const SweepFile& file_;
  SweepSpec spec_;
  Diagnostics diagnostics_;
};

}  // namespace

SweepSpec read_sweep_spec(const SweepFile& file) {
  return SpecReader(file).read();
}

}  // namespace imp::harness
