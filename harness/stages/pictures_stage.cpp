// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/data/llava_rows.h"
#include "harness/stages/asked_questions.h"
#include "harness/stages/left_out_rows.h"
#include "harness/stages/stage_context.h"
#include "harness/stages/training_rows.h"
#include "models/image/unreadable.h"
#include "models/io/error.h"
#include "models/io/file.h"

namespace imp::harness {
namespace {

namespace fs = std::filesystem;
using Unreadable = std::vector<models::UnreadablePicture>;

Unreadable look_at(const StageContext& context, const std::vector<fs::path>& files) {
  return models::find_unreadable(files, [&](size_t done) {
    context.check_stop();
    context.observer.on_units(static_cast<int64_t>(done), static_cast<int64_t>(files.size()), "pictures");
  });
}

/// The whole list lies with the sweep, since a stage that fails leaves no folder.
fs::path list_file(const StageContext& context) {
  const fs::path runs = context.store.folder("pictures", context.request.key).parent_path().parent_path();
  return runs / context.spec.name / fmt::format("unreadable-{}.jsonl", context.request.key.substr(0, 8));
}

std::string as_json_lines(const Unreadable& unreadable) {
  std::string lines;
  for (const models::UnreadablePicture& picture : unreadable) {
    lines += nlohmann::json{{"picture", picture.file.string()}, {"reason", picture.reason}}.dump(
                 -1, ' ', false, nlohmann::json::error_handler_t::replace) +
             "\n";
  }
  return lines;
}

/// One line that says how many and what to do, and one for each of the first pictures.
[[noreturn]] void refuse(const StageContext& context, const std::string& whose, size_t total,
                         const Unreadable& unreadable, const std::string& advice) {
  write_file_atomically(list_file(context), as_json_lines(unreadable));
  throw Error::of_lines(fmt::format("{}: {} of {} pictures cannot be read, listed in {}; {}{}", whose,
                                    unreadable.size(), total, list_file(context).string(), advice,
                                    models::as_lines(unreadable)));
}

/// Rows that show a picture of the set.
std::vector<int64_t> rows_showing(const LlavaFile& rows, const std::set<std::string>& pictures) {
  std::vector<int64_t> showing;
  if (pictures.empty()) return showing;
  for (int64_t i = 0; i < rows.size(); ++i) {
    const std::vector<std::string> shown = rows.row(i).images;
    if (std::any_of(shown.begin(), shown.end(),
                    [&](const std::string& name) { return pictures.contains(name); }))
      showing.push_back(i);
  }
  return showing;
}

void look_at_rows(const StageContext& context) {
  const RowsLocation location = rows_behind(context.input("data"));
  const LlavaFile rows(location.json, location.index);
  const std::vector<std::string> names = rows.pictures();
  std::vector<fs::path> files;
  for (const std::string& name : names) files.push_back(location.images / name);
  const Unreadable unreadable = look_at(context, files);
  if (!unreadable.empty() && !context.request.parameters["skip_unreadable"].get<bool>()) {
    refuse(context, location.json.string(), files.size(), unreadable,
           "mend them, or set skip_unreadable: true, which leaves their rows out of training");
  }
  LeftOut left_out;
  left_out.file = location.json.string();
  left_out.of_rows = rows.size();
  // Both lists have the files' order.
  auto next = unreadable.begin();
  for (size_t i = 0; i < files.size() && next != unreadable.end(); ++i) {
    if (next->file != files[i]) continue;
    left_out.pictures.insert(names[i]);
    ++next;
  }
  left_out.rows = rows_showing(rows, left_out.pictures);
  if (static_cast<int64_t>(left_out.rows.size()) == rows.size() && rows.size() > 0) {
    refuse(context, location.json.string(), files.size(), unreadable,
           "without their rows none is left; is 'images' the folder that the names begin in?");
  }
  write_left_out(context.folder, left_out);
  write_file_atomically(context.folder / "unreadable.jsonl", as_json_lines(unreadable));
}

void look_at_benchmark(const StageContext& context) {
  const eval::Benchmark benchmark = asked_questions(context);
  std::vector<fs::path> files;
  for (const eval::Question& question : benchmark.questions) files.push_back(question.image_path);
  std::sort(files.begin(), files.end());
  files.erase(std::unique(files.begin(), files.end()), files.end());
  const Unreadable unreadable = look_at(context, files);
  if (unreadable.empty()) return;
  refuse(context, "benchmark " + benchmark.name, files.size(), unreadable,
         "mend them; questions are never left out, since the scores would not compare");
}

}  // namespace

/// Looks whether every picture of the user's own rows, or of a benchmark's questions, can be decoded, and
/// lists all that cannot. They end the stage; with skip_unreadable the rows that show them are left out
/// instead.
void make_pictures_stage(const StageContext& context) {
  if (context.request.parameters.contains("benchmark")) {
    look_at_benchmark(context);
  } else {
    look_at_rows(context);
  }
  std::error_code ignored;
  fs::remove(list_file(context), ignored);
}

}  // namespace imp::harness
