// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/sweep_spec.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "eval/benchmarks/benchmark.h"
#include "harness/data/rendered_benchmarks.h"
#include "harness/plan/config_reader.h"
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

/// Two texts of the same value, as far as the file can tell before types are known.
bool same_value(const YamlValue& a, const YamlValue& b) {
  return a.kind == b.kind && a.text == b.text &&
         std::equal(a.items.begin(), a.items.end(), b.items.begin(), b.items.end(), same_value) &&
         std::equal(a.entries.begin(), a.entries.end(), b.entries.begin(), b.entries.end(),
                    [](const YamlEntry& x, const YamlEntry& y) {
                      return x.key == y.key && same_value(x.value, y.value);
                    });
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

  /// The configuration keys of a map, unknown ones refused.
  std::vector<Setting> read_settings(const YamlValue& map, std::string_view where) {
    std::vector<Setting> settings;
    refuse_unknown_keys(map, key_names(), where, diagnostics_);
    for (const YamlEntry& entry : map.entries) {
      if (const KeyDescription* key = find_key(entry.key)) settings.push_back({key, entry.value});
    }
    return settings;
  }

  bool require_map(const YamlValue& value, std::string_view what) {
    if (value.is_map()) return true;
    diagnostics_.add(value.location, fmt::format("{} is {}; it must be a map", what, describe(value)));
    return false;
  }

  bool require_list(const YamlValue& value, std::string_view what) {
    if (value.is_sequence()) return true;
    diagnostics_.add(value.location,
                     fmt::format("{} is {}; it must be a list: [...]", what, describe(value)));
    return false;
  }

  void read_baseline() {
    spec_.baseline_location = file_.root.location;
    const YamlEntry* baseline = find("baseline");
    if (baseline == nullptr) return;
    spec_.baseline_location = baseline->location;
    if (require_map(baseline->value, "baseline")) spec_.baseline = read_settings(baseline->value, "baseline");
  }

  void read_vary() {
    spec_.vary_location = file_.root.location;
    const YamlEntry* vary = find("vary");
    if (vary == nullptr) return;
    spec_.vary_location = vary->location;
    if (!require_map(vary->value, "vary")) return;
    const std::vector<std::pair<std::string, VaryForm>> forms{
        {"grid", VaryForm::grid}, {"ofat", VaryForm::ofat}, {"zip", VaryForm::zip}, {"list", VaryForm::list}};
    refuse_unknown_keys(vary->value, {"grid", "ofat", "zip", "list"}, "vary", diagnostics_);
    const YamlEntry* chosen = nullptr;
    for (const auto& [name, form] : forms) {
      const YamlEntry* entry = vary->value.find(name);
      if (entry == nullptr) continue;
      if (chosen != nullptr) {
        diagnostics_.add(entry->location,
                         fmt::format("vary has {} and {}; keep exactly one of grid, ofat, zip, list",
                                     chosen->key, entry->key));
        return;
      }
      chosen = entry;
      spec_.form = form;
      spec_.vary_location = entry->location;
    }
    if (chosen == nullptr) {
      diagnostics_.add(vary->location, "vary is empty; give it one of grid, ofat, zip, list");
    } else if (spec_.form == VaryForm::list) {
      read_list(chosen->value);
    } else {
      read_factors(*chosen);
    }
  }

  void read_factors(const YamlEntry& form) {
    if (!require_map(form.value, form.key)) return;
    if (form.value.entries.empty()) {
      diagnostics_.add(
          form.value.location,
          fmt::format("{} is empty; give it a key with levels, for example lora_rank: [128, 256]", form.key));
    }
    refuse_unknown_keys(form.value, key_names(), form.key, diagnostics_);
    for (const YamlEntry& entry : form.value.entries) {
      const KeyDescription* key = find_key(entry.key);
      if (key == nullptr || !require_list(entry.value, entry.key) || refuse_seed(entry)) continue;
      if (entry.value.items.empty()) {
        diagnostics_.add(entry.value.location, fmt::format("{} has no levels; list at least one", entry.key));
        continue;
      }
      refuse_repeated_levels(entry);
      refuse_override(entry);
      spec_.factors.push_back({key, entry.location, entry.value.items});
    }
    if (spec_.form == VaryForm::zip) refuse_unequal_lengths();
  }

  bool refuse_seed(const YamlEntry& entry) {
    if (entry.key != "seed") return false;
    diagnostics_.add(entry.location,
                     "seed is no factor; list the seeds under 'seeds' at the top of the file");
    return true;
  }

  void refuse_repeated_levels(const YamlEntry& factor) {
    // Side by side, a level may well come twice: its neighbours differ.
    if (spec_.form == VaryForm::zip) return;
    const std::vector<YamlValue>& levels = factor.value.items;
    for (std::size_t i = 1; i < levels.size(); ++i) {
      const auto end = levels.begin() + static_cast<long>(i);
      if (std::any_of(levels.begin(), end,
                      [&](const YamlValue& level) { return same_value(level, levels[i]); })) {
        diagnostics_.add(levels[i].location, fmt::format("{} has the level {} twice; remove one", factor.key,
                                                         describe(levels[i])));
      }
    }
  }

  /// An override of a key that the cells set anyway would be without effect.
  void refuse_override(const YamlEntry& entry) {
    for (const Setting& setting : spec_.baseline) {
      if (setting.key->name != entry.key || !setting.value.location.file.starts_with("--set ")) continue;
      if (spec_.form == VaryForm::ofat) continue;
      diagnostics_.add(
          setting.value.location,
          fmt::format("{} is varied by the sweep; choose among its cells with --only \"{} == ...\"",
                      entry.key, entry.key));
    }
  }

  void refuse_unequal_lengths() {
    for (const Factor& factor : spec_.factors) {
      const Factor& first = spec_.factors.front();
      if (factor.levels.size() == first.levels.size()) continue;
      diagnostics_.add(factor.location,
                       fmt::format("{} has {} levels and {} has {}; zip needs equally many", factor.key->name,
                                   factor.levels.size(), first.key->name, first.levels.size()));
    }
  }

  void read_list(const YamlValue& list) {
    if (!require_list(list, "list")) return;
    if (list.items.empty()) {
      diagnostics_.add(list.location, "list is empty; give it cells, for example - {lora_rank: 128}");
    }
    for (const YamlValue& item : list.items) {
      if (!require_map(item, "a cell of the list")) continue;
      for (const YamlEntry& entry : item.entries) {
        refuse_seed(entry);
        refuse_override(entry);
      }
      spec_.cells.push_back({item.location, read_settings(item, "a cell of the list")});
    }
  }

  void read_exclude() {
    const YamlEntry* exclude = find("exclude");
    if (exclude == nullptr) return;
    spec_.exclude_location = exclude->location;
    if (!require_list(exclude->value, "exclude")) return;
    for (const YamlValue& item : exclude->value.items) {
      const auto text = read_text(item, "a condition of exclude", diagnostics_);
      if (!text) continue;
      try {
        spec_.exclude.push_back(
            Expression::parse_condition(*text, shifted(item.location, item.quoted ? 1 : 0)));
      } catch (const Error& error) {
        diagnostics_.add_lines(error.what());
      }
    }
  }

  void read_seeds() {
    const YamlEntry* seeds = find("seeds");
    if (seeds == nullptr || !require_list(seeds->value, "seeds")) return;
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
    if (benchmarks == nullptr || !require_list(benchmarks->value, "benchmarks")) return;
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
    if (retry == nullptr || !require_map(retry->value, "retry")) return;
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
