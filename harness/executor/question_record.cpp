// SPDX-License-Identifier: Apache-2.0
#include "harness/executor/question_record.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "models/image/codec.h"
#include "models/image/resize.h"
#include "models/io/error.h"
#include "models/io/file.h"
#include "models/io/hash.h"

namespace imp::harness {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

/// A picture's small JPEG; nothing for one that cannot be read or made small enough.
std::optional<std::string> thumbnail_of(const fs::path& picture) {
  try {
    models::Image image = models::read_image(picture);
    const int side = std::max(image.width, image.height);
    if (side > kThumbnailSide) {
      const auto scaled = [&](int length) {
        return std::max(1, static_cast<int>(static_cast<long long>(length) * kThumbnailSide / side));
      };
      image = models::resize(image, scaled(image.width), scaled(image.height), models::Filter::bilinear);
    }
    for (const int quality : {85, 70, 50, 30, 10}) {
      std::string jpeg = models::encode_jpeg(image, quality);
      if (jpeg.size() <= kThumbnailBytes) return jpeg;
    }
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::environment) throw;
  }
  return std::nullopt;
}

/// By image id: the file's name and its bytes.
using Thumbnails = std::map<std::string, std::pair<std::string, std::string>>;

Thumbnails make_thumbnails(const eval::Benchmark& benchmark) {
  std::map<std::pair<std::string, std::string>, fs::path> pictures;  // by hash of the id, and the id
  for (const eval::Question& question : benchmark.questions) {
    const std::string& id = question.image_id.text;
    if (!question.image_path.empty()) pictures.emplace(std::pair(content_hash(id), id), question.image_path);
  }
  Thumbnails thumbnails;
  for (const auto& [hash_and_id, path] : pictures) {
    if (thumbnails.size() == kMostThumbnails) break;
    auto jpeg = thumbnail_of(path);
    if (jpeg) thumbnails[hash_and_id.second] = {hash_and_id.first + ".jpg", std::move(*jpeg)};
  }
  return thumbnails;
}

Json id_value(const eval::Identifier& id) {
  if (id.is_number) return Json::parse(id.text, nullptr, false);
  return id.text;
}

/// The question as the data set words it, with the options that it is asked with below.
std::string wording(const eval::Question& question) {
  std::string text = question.question;
  for (std::size_t i = 0; i < question.choices.size(); ++i)
    text += fmt::format("\n{}. {}", static_cast<char>('A' + i % 26), question.choices[i]);
  return text;
}

std::string question_lines(const eval::Benchmark& benchmark, const Thumbnails& thumbnails) {
  std::string lines;
  for (const eval::Question& question : benchmark.questions) {
    Json line{{"question_id", id_value(question.question_id)}, {"image_id", id_value(question.image_id)}};
    if (!question.family.empty()) line["family"] = question.family;
    line["question"] = wording(question);
    line["references"] = question.answers;
    const auto thumbnail = thumbnails.find(question.image_id.text);
    if (thumbnail != thumbnails.end()) line["thumbnail"] = thumbnail->second.first;
    lines += line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  }
  return lines;
}

/// A folder that is gone at the end, whatever happens, unless it was renamed.
struct AsideFolder {
  explicit AsideFolder(fs::path where) : path(std::move(where)) { remove(); }
  ~AsideFolder() { remove(); }
  AsideFolder(const AsideFolder&) = delete;
  AsideFolder& operator=(const AsideFolder&) = delete;
  void remove() const {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  const fs::path path;
};

}  // namespace

std::string write_question_record(const fs::path& sweep_folder, const eval::Benchmark& benchmark) {
  const Thumbnails thumbnails = make_thumbnails(benchmark);
  const std::string lines = question_lines(benchmark, thumbnails);
  std::string all = content_hash(lines);
  for (const auto& [id, file] : thumbnails) all += content_hash(file.second);
  const std::string name = content_hash(all);
  const fs::path questions = sweep_folder / "questions";
  const fs::path target = questions / benchmark.name / name;
  if (fs::exists(target / "questions.jsonl")) return name;
  const AsideFolder aside(questions / fmt::format(".new-{}", ::getpid()));
  for (const auto& [id, file] : thumbnails)
    write_file_atomically(aside.path / "thumbnails" / file.first, file.second);
  write_file_atomically(aside.path / "questions.jsonl", lines);
  std::error_code error;  // told by publish_directory
  fs::create_directories(target.parent_path(), error);
  try {
    publish_directory(aside.path, target);
  } catch (const Error&) {  // another process may have recorded the same in the meantime
    if (!fs::exists(target / "questions.jsonl")) throw;
  }
  return name;
}

}  // namespace imp::harness
