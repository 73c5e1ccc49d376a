// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/sweep_file.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/plan/trial_config.h"
#include "models/io/error.h"
#include "models/io/file.h"

namespace imp::harness {
namespace fs = std::filesystem;

namespace {

YamlEntry* find_entry(YamlValue& map, std::string_view key) {
  const auto found = std::find_if(map.entries.begin(), map.entries.end(),
                                  [&](const YamlEntry& entry) { return entry.key == key; });
  return found == map.entries.end() ? nullptr : &*found;
}

void set_entry(YamlValue& map, YamlEntry entry) {
  if (YamlEntry* present = find_entry(map, entry.key)) {
    *present = std::move(entry);
  } else {
    map.entries.push_back(std::move(entry));
  }
}

/// The child's entries over the parent's; maps of both are merged in turn.
YamlValue merge(YamlValue parent, const YamlValue& child) {
  parent.location = child.location;
  for (const YamlEntry& entry : child.entries) {
    YamlEntry* inherited = find_entry(parent, entry.key);
    const bool both_maps = inherited != nullptr && inherited->value.is_map() && entry.value.is_map();
    if (both_maps && entry.key != "vary") {
      YamlEntry merged = entry;
      merged.value = merge(std::move(inherited->value), entry.value);
      *inherited = std::move(merged);
    } else {
      set_entry(parent, entry);
    }
  }
  return parent;
}

void remove_entries(YamlValue& map, const std::vector<std::string>& keys) {
  std::erase_if(map.entries, [&](const YamlEntry& entry) {
    return std::find(keys.begin(), keys.end(), entry.key) != keys.end();
  });
}

/// Also for two names of one file (through links, or `..`).
bool same_file(const fs::path& a, const fs::path& b) {
  std::error_code error;
  return a == b || fs::equivalent(a, b, error);
}

std::string parse_root(const fs::path& path, YamlValue& root) {
  std::string text = read_file(path);
  Diagnostics diagnostics;
  root = parse_yaml(text, path.string(), diagnostics);
  if (diagnostics.empty() && !root.is_map()) {
    diagnostics.add(root.location,
                    fmt::format("a sweep file is a map of keys, and this is {}; start with 'version: 1'",
                                describe(root)));
  }
  diagnostics.throw_if_any();
  return text;
}

void refuse_cycle(const std::vector<fs::path>& chain, const fs::path& parent, const Location& location) {
  const auto seen = std::find_if(chain.begin(), chain.end(),
                                 [&](const fs::path& earlier) { return same_file(earlier, parent); });
  if (seen == chain.end()) return;
  std::string cycle;
  for (auto file = seen; file != chain.end(); ++file) cycle += file->filename().string() + " -> ";
  throw Error(fmt::format("{}: 'extends' runs in a cycle: {}{}; remove one of them", to_string(location),
                          cycle, parent.filename().string()));
}

/// Reads one file of the chain and merges it over its parents. `chain` holds the files that led here.
YamlValue load_merged(const fs::path& path, std::vector<fs::path>& chain, std::string* text) {
  YamlValue root;
  const std::string content = parse_root(path, root);
  if (text != nullptr) *text = content;
  chain.push_back(path);

  const YamlEntry* extends = root.find("extends");
  if (extends == nullptr) return root;
  const YamlValue& named = extends->value;
  if (!named.is_scalar() || named.text.empty()) {
    throw Error(fmt::format("{}: extends is {}; it must be the path of one sweep file, relative to this file",
                            to_string(named.location), describe(named)));
  }
  const fs::path parent = (path.parent_path() / named.text).lexically_normal();
  refuse_cycle(chain, parent, named.location);
  if (!fs::is_regular_file(parent)) {
    throw Error(
        fmt::format("{}: extends names {}, which is no file; the path is relative to this file's folder",
                    to_string(named.location), parent.string()));
  }
  YamlValue inherited = load_merged(parent, chain, nullptr);
  remove_entries(inherited, {"name", "about", "claims", "extends"});
  return merge(std::move(inherited), root);
}

/// An option has no lines: its values stand at the option as a whole.
void relocate(YamlValue& value, const Location& location) {
  value.location = location;
  for (YamlValue& item : value.items) relocate(item, location);
  for (YamlEntry& entry : value.entries) {
    entry.location = location;
    relocate(entry.value, location);
  }
}

void apply_override(const std::string& option, YamlValue& root) {
  const Location location{"--set " + option, 0, 0};
  const std::size_t equals = option.find('=');
  if (equals == std::string::npos || equals == 0) {
    throw Error(to_string(location) + ": an override is key=value, for example --set lora_rank=128");
  }
  const std::string key = option.substr(0, equals);
  if (key == "seed")
    throw Error(to_string(location) + ": the seeds of a sweep are a list; write --set seeds=[1]");
  Diagnostics diagnostics;
  YamlValue value = parse_yaml(option.substr(equals + 1), location.file, diagnostics);
  diagnostics.throw_if_any();
  relocate(value, location);
  if (value.kind == YamlValue::Kind::null) {
    value.kind = YamlValue::Kind::scalar;
    value.quoted = true;
  }

  std::vector<std::string> known{"seeds", "benchmarks", "retry"};
  if (std::find(known.begin(), known.end(), key) != known.end()) {
    set_entry(root, {key, location, std::move(value)});
    return;
  }
  if (find_key(key) == nullptr) {
    known.insert(known.end(), key_names().begin(), key_names().end());
    throw Error(fmt::format("{}: unknown key '{}'{}", location.file, key, suggestion(key, known)));
  }
  if (root.find("baseline") == nullptr) {
    YamlValue map;
    map.kind = YamlValue::Kind::map;
    map.location = location;
    set_entry(root, {"baseline", location, std::move(map)});
  }
  YamlValue& baseline = find_entry(root, "baseline")->value;
  if (baseline.is_map()) set_entry(baseline, {key, location, std::move(value)});
}

}  // namespace

SweepFile load_sweep_file(const fs::path& path, const std::vector<std::string>& overrides) {
  SweepFile file;
  file.path = path;
  std::vector<fs::path> chain;
  file.root = load_merged(path, chain, &file.text);
  for (const std::string& option : overrides) apply_override(option, file.root);
  return file;
}

}  // namespace imp::harness
