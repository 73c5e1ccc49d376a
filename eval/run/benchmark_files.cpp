// SPDX-License-Identifier: Apache-2.0
#include "eval/run/benchmark_files.h"

#include <optional>

#include "eval/benchmarks/benchmark.h"
#include "models/io/error.h"

namespace imp::eval {
namespace {

/// Official names, the first that exists counts; "." is the folder itself. An absolute one is where a Debian
/// package puts the pictures.
struct Layout {
  std::string_view name;
  std::vector<std::string_view> annotations;
  std::vector<std::string_view> images;
};

const std::vector<Layout>& layouts() {
  static const std::vector<Layout> all = {
      {"chartqa", {"test_human.json"}, {"png", "images"}},
      {"docvqa", {"val_v1.0_withQT.json", "test_v1.0.json"}, {"images", "."}},
      {"gqa", {"testdev_balanced_questions.json"}, {"images"}},
      {"infovqa",
       {"infographicsVQA_val_v1.0_withQT.json", "infographicsVQA_test_v1.0.json"},
       {"images", "infographicsvqa_images"}},
      {"mmbench", {"mmbench_dev.tsv", "mmbench_dev_20230712.tsv", "mmbench_test.tsv"}, {"images"}},
      {"mme", {"OCR"}, {"."}},
      {"ocrbench", {"OCRBench.json"}, {"images", "OCRBench_Images"}},
      {"photographs", {"questions.json"}, {"images", "/usr/share/doc/opencv-doc"}},
      {"pope", {"coco_pope_random.json"}, {"val2014", "images"}},
      {"sceneobjects", {"test_objects.json"}, {"images/test", "images"}},
      {"scenepresence", {"test_presence.json"}, {"images/test", "images"}},
      {"scenetext", {"test.json"}, {"images/test", "images"}},
      {"scienceqa", {"problems.json"}, {"images/test", "images", "test"}},
      {"stvqa", {"test_task_3.json", "train_task_3.json"}, {"images", "."}},
      {"textvqa",
       {"TextVQA_0.5.1_val.json", "TextVQA_0.5.1_test.json"},
       {"train_images", "test_images", "images"}},
      {"vizwiz", {"val.json", "test.json"}, {"val", "test", "images"}},
      {"vqav2",
       {"v2_OpenEnded_mscoco_val2014_questions.json", "v2_OpenEnded_mscoco_test-dev2015_questions.json"},
       {"val2014", "test2015", "images"}},
  };
  return all;
}

const Layout& layout_of(std::string_view name) {
  for (const Layout& layout : layouts())
    if (layout.name == name) return layout;
  std::string names;
  for (const Layout& layout : layouts()) names += (names.empty() ? "" : ", ") + std::string(layout.name);
  throw Error("benchmark '" + std::string(name) + "' is unknown; one of: " + names);
}

std::optional<std::filesystem::path> first_there(const std::filesystem::path& folder,
                                                 const std::vector<std::string_view>& names) {
  for (const std::string_view name : names) {
    const std::filesystem::path path = name == "." ? folder : folder / name;
    if (std::filesystem::exists(path)) return path;
  }
  return std::nullopt;
}

std::string listed(const std::vector<std::string_view>& names) {
  std::string text;
  for (const std::string_view name : names) text += (text.empty() ? "" : ", ") + std::string(name);
  return text;
}

/// These are read as folders.
bool is_folder_format(std::string_view name) {
  return name == "chartqa" || name == "mme" || name == "pope";
}

}  // namespace

BenchmarkFiles find_benchmark_files(std::string_view name, const std::filesystem::path& data) {
  const Layout& layout = layout_of(name);
  const std::filesystem::path folder = data / name;
  const auto annotations = first_there(folder, layout.annotations);
  if (!annotations)
    throw Error(folder.string() + ": no annotations of " + std::string(name) + "; one of " +
                listed(layout.annotations) + " is needed");
  const auto images = first_there(folder, layout.images);
  return {std::string(name), is_folder_format(name) ? folder : *annotations, images.value_or(folder)};
}

std::vector<BenchmarkFiles> find_all_benchmarks(const std::filesystem::path& data) {
  std::vector<BenchmarkFiles> found;
  for (const Layout& layout : layouts())
    if (std::filesystem::is_directory(data / layout.name))
      found.push_back(find_benchmark_files(layout.name, data));
  if (found.empty())
    throw Error(data.string() + ": no benchmark's folder; one such as " + (data / "textvqa").string() +
                " is needed");
  return found;
}

}  // namespace imp::eval
