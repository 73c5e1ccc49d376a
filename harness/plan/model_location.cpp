// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/model_location.h"

#include <fmt/format.h>

#include "harness/plan/published_inputs.h"
#include "models/io/error.h"
#include "models/weights/gguf.h"

namespace imp::harness {
namespace fs = std::filesystem;

namespace {

/// The folder above the one that holds the running program: `<prefix>` of `<prefix>/bin/imp-sweep`.
fs::path install_prefix() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  return error ? fs::path() : program.parent_path().parent_path();
}

bool is_model(const fs::path& path) {
  std::error_code error;
  if (fs::is_regular_file(path / "config.json", error)) return true;
  const std::optional<fs::path> gguf = models::find_gguf(path);
  return gguf && fs::is_regular_file(*gguf, error);
}

/// Why `path` is no model.
std::string absence(const fs::path& path) {
  std::error_code error;
  return fs::is_directory(path, error) ? "which has no config.json"
                                       : "which is no directory" + below_working_directory(path);
}

}  // namespace

std::string below_working_directory(const fs::path& path) {
  return path.is_absolute() ? "" : " below " + fs::current_path().string();
}

std::vector<fs::path> zoo_folders(const fs::path& sweep_file) {
  const fs::path folder = sweep_file.parent_path();
  std::vector<fs::path> folders{folder / "zoo", (folder / ".." / "zoo").lexically_normal(),
                                fs::path("sweeps") / "zoo"};
  const fs::path prefix = install_prefix();
  if (!prefix.empty()) folders.push_back(prefix / "share" / "imp" / "zoo");
  return folders;
}

fs::path find_model(std::string_view key, const std::string& value, const fs::path& sweep_file,
                    const Location& origin) {
  if (value.find('/') != std::string::npos) {
    if (is_model(value)) return value;
    const std::string_view source = published_source(value);
    throw Error(fmt::format(
        "{}: {} names {}, {}; put a Hugging Face model directory (config.json, tokenizer, "
        "*.safetensors) there{}",
        to_string(origin), key, value, absence(value), source.empty() ? "" : fmt::format(" ({})", source)));
  }
  const std::vector<fs::path> folders = zoo_folders(sweep_file);
  for (const fs::path& folder : folders) {
    if (is_model(folder / value)) return folder / value;
  }
  throw Error(
      fmt::format("{}: {} is '{}', and there is no {}/config.json; put the model's Hugging Face directory "
                  "(config.json, *.safetensors) at {}, or give {} a path with a '/'",
                  to_string(origin), key, value, (folders.front() / value).string(),
                  (folders.front() / value).string(), key));
}

}  // namespace imp::harness
