// SPDX-License-Identifier: Apache-2.0
#include "eval/run/run_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>

#include "models/io/file.h"
#include "models/io/hash.h"

namespace imp::eval {
namespace {

/// Name and content of the files that make a checkpoint; of large ones size and time of the last change.
std::string checkpoint_hash(const std::filesystem::path& path) {
  constexpr std::uintmax_t kLarge = std::uintmax_t{256} << 20;
  if (path.empty()) return "";
  std::set<std::filesystem::path> files;
  if (std::filesystem::is_directory(path)) {
    for (const auto& entry : std::filesystem::directory_iterator(path))
      if (entry.is_regular_file()) files.insert(entry.path());
  } else {
    files.insert(path);
  }
  std::string all;
  for (const std::filesystem::path& file : files) {
    const std::uintmax_t size = std::filesystem::file_size(file);
    all += file.filename().string() + ' ';
    all += size < kLarge ? file_hash(file)
                         : fmt::format("{} {}", size,
                                       std::filesystem::last_write_time(file).time_since_epoch().count());
    all += '\n';
  }
  return content_hash(all);
}

}  // namespace

nlohmann::json run_settings(const RunRequest& request, at::Device device) {
  const AskOptions& ask = request.ask;
  nlohmann::json settings{{"checkpoint", checkpoint_hash(request.model.directory)},
                          {"encoder", checkpoint_hash(request.model.encoder)},
                          {"adapter", checkpoint_hash(request.model.adapter)},
                          {"projector", checkpoint_hash(request.model.projector)},
                          {"conversation", request.model.conversation},
                          {"dtype", request.model.dtype},
                          {"max_new_tokens", ask.max_new_tokens},
                          {"beams", ask.beams},
                          {"temperature", ask.choice.temperature},
                          {"seed", ask.choice.temperature > 0 ? ask.choice.seed : 0},
                          {"stop", ask.stop},
                          {"likelihood", request.likelihood}};
  if (!device.is_cpu()) settings["device"] = "cuda";
  return settings;
}

std::string model_name(const std::filesystem::path& directory) {
  const std::filesystem::path path = std::filesystem::absolute(directory).lexically_normal();
  std::string name = path.has_filename() ? path.filename().string() : path.parent_path().filename().string();
  std::replace_if(
      name.begin(), name.end(),
      [](char c) { return std::string_view("\"<>:|\\?*[]").find(c) != std::string_view::npos; }, '_');
  return name.empty() ? "model" : name;
}

}  // namespace imp::eval
