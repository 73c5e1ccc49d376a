// SPDX-License-Identifier: Apache-2.0
// Pictures of the user's own rows and benchmarks that cannot be read, through imp-sweep: all are listed
// before a step of training, or their rows are left out and counted.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "models/io/file.h"
#include "tests/faults/process.h"
#include "tests/faults/tiny_zoo.h"

namespace imp::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

/// Files that hold no picture, by name, and what is said of each.
const std::map<std::string, std::pair<std::string, std::string>> kBroken{
    {"page.jpg", {"<!DOCTYPE html><html>404</html>", "is a web page"}},
    {"empty.png", {"", "is empty"}},
    {"pointer.jpg", {"version https://git-lfs.github.com/spec/v1\n", "is a pointer of Git LFS"}},
    {"new.jpg",
     {std::string("\0\0\0\x1c"
                  "ftypavif",
                  12),
      "is an AVIF picture"}},
    {"cut.gif", {"GIF89a\x05", "the GIF is cut off"}},
};

json row_of(const std::string& id, const std::vector<std::string>& pictures) {
  std::string question = "What is it?";
  for (size_t i = 0; i < pictures.size(); ++i) question = "<image>\n" + question;
  json row{{"id", id},
           {"conversations",
            {{{"from", "human"}, {"value", question}}, {{"from", "gpt"}, {"value", "Answer " + id}}}}};
  if (pictures.size() == 1) row["image"] = pictures.front();
  if (pictures.size() > 1) row["image"] = pictures;
  return row;
}

/// A sweep without connector on rows and, if wanted, a benchmark of the user's own.
class PictureSweep {
 public:
  explicit PictureSweep(const std::vector<json>& rows, const std::string& settings = "") {
    write_tiny_zoo(folder_.path() / "zoo");
    fs::create_directories(images() / "sub");
    for (const char* name : {"alpha.png", "cmyk.jpg", "palette.png", "field/cover.gif", "field/scan.tif"})
      fs::copy(fs::path(IMP_TEST_DATA) / "images" / name, images() / fs::path(name).filename());
    fs::copy(images() / "alpha.png", images() / "sub/alpha.png");
    for (const auto& [name, broken] : kBroken) write_file_atomically(images() / name, broken.first);
    write_file_atomically(folder_.path() / "rows.json", json(rows).dump(1));
    settings_ = settings;
    write_sweep("");
  }

  void write_sweep(const std::string& benchmarks, const std::string& vary = "") const {
    const std::string text = fmt::format(
        "version: 1\nname: tiny\nbaseline:\n  llm: {0}/zoo/phi\n  encoder: {0}/zoo/siglip\n  "
        "connector_epochs: 0\n"
        "  conversation: bare_v1\n  finetune: projector\n  max_steps: 3\n  batch_size: 2\n  micro_batch: 2\n"
        "  dtype: float32\n  finetune_data: {{json: {0}/rows.json, images: {0}/pictures}}\n{1}{3}benchmarks: "
        "[{2}]\n",
        folder_.path().string(), settings_, benchmarks, vary);
    write_file_atomically(folder_.path() / "tiny.yaml", text);
  }
  /// A TextVQA of one question a picture.
  [[nodiscard]] std::string benchmark(const std::vector<std::string>& pictures) const {
    json data = json::array();
    for (size_t i = 0; i < pictures.size(); ++i)
      data.push_back({{"question_id", i},
                      {"image_id", fs::path(pictures[i]).stem().string()},
                      {"question", "What?"},
                      {"answers", std::vector<std::string>(10, "that")}});
    write_file_atomically(folder_.path() / "questions.json", json{{"data", data}}.dump());
    return fmt::format("{{name: textvqa, annotations: {0}/questions.json, images: {0}/pictures}}",
                       folder_.path().string());
  }

  [[nodiscard]] Finished run() const {
    return run_program({"imp-sweep", "run", folder_.path() / "tiny.yaml", "--runs", runs(), "--db",
                        folder_.path() / "results.db"});
  }
  [[nodiscard]] Finished report() const {
    return run_program({"imp-report", "--db", folder_.path() / "results.db"});
  }
  [[nodiscard]] fs::path images() const { return folder_.path() / "pictures"; }
  [[nodiscard]] fs::path runs() const { return folder_.path() / "runs"; }
  /// The losses of all logs, in the order of their paths.
  [[nodiscard]] std::vector<json> losses() const {
    std::vector<json> all;
    for (const fs::path& log : files_named("train.jsonl")) {
      std::istringstream lines(read_file(log));
      for (std::string line; std::getline(lines, line);) all.push_back(json::parse(line).at("loss"));
    }
    return all;
  }
  [[nodiscard]] json outcome() const {
    const std::vector<fs::path> found = files_named("outcome.json");
    return found.empty() ? json() : json::parse(read_file(found.front()));
  }
  /// Names in the lists of unreadable pictures that lie with the sweep.
  [[nodiscard]] std::vector<std::string> listed() const {
    std::vector<std::string> names;
    for (const fs::directory_entry& entry : fs::directory_iterator(runs() / "tiny")) {
      if (!entry.path().filename().string().starts_with("unreadable-")) continue;
      std::istringstream lines(read_file(entry.path()));
      for (std::string line; std::getline(lines, line);)
        names.push_back(fs::path(json::parse(line)["picture"].get<std::string>()).filename());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

 private:
  [[nodiscard]] std::vector<fs::path> files_named(const std::string& name) const {
    std::vector<fs::path> found;
    if (!fs::exists(runs() / "tiny")) return found;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(runs() / "tiny"))
      if (entry.path().filename() == name) found.push_back(entry.path());
    std::sort(found.begin(), found.end());
    return found;
  }

  TemporaryFolder folder_;
  std::string settings_;
};

const std::vector<json> kGood{
    row_of("a", {"alpha.png"}), row_of("b", {"cover.gif"}),     row_of("c", {}),
    row_of("d", {"scan.tif"}),  row_of("e", {"sub/alpha.png"}), row_of("f", {"cmyk.jpg"})};

/// The good rows with one for each broken picture between them, and one for a picture that is absent.
std::vector<json> with_broken_rows() {
  std::vector<json> rows = kGood;
  for (const auto& [name, broken] : kBroken) rows.insert(rows.begin() + 1, row_of(name, {name}));
  rows.insert(rows.begin() + 3, row_of("absent", {"no/such.jpg"}));
  return rows;
}

constexpr const char* kSkip = "  skip_unreadable: true\n";

TEST(UnreadablePictures, AreAllListedBeforeAnyTraining) {
  const PictureSweep sweep(with_broken_rows());
  write_file_atomically(sweep.images() / "asked.jpg", "no picture");
  sweep.write_sweep(sweep.benchmark({"cmyk.jpg", "asked.jpg"}));
  const Finished finished = sweep.run();
  EXPECT_EQ(finished.exit_code, 2) << finished.err;
  EXPECT_THAT(finished.err, AllOf(HasSubstr("rows.json: 6 of 11 pictures cannot be read"),
                                  HasSubstr("skip_unreadable: true"), HasSubstr("no/such.jpg: is absent")));
  for (const auto& [name, broken] : kBroken)
    EXPECT_THAT(finished.err, HasSubstr(name + ": " + broken.second));
  EXPECT_THAT(finished.err, AllOf(HasSubstr("benchmark textvqa: 1 of 2 pictures cannot be read"),
                                  HasSubstr("asked.jpg: is text"), HasSubstr("scores would not compare")));
  EXPECT_THAT(finished.err, Not(HasSubstr("finetune")));
  EXPECT_TRUE(sweep.losses().empty());
  EXPECT_EQ(sweep.listed().size(), 7U);

  // Mended, they are looked at again.
  for (const auto& [name, broken] : kBroken)
    fs::copy_file(sweep.images() / "alpha.png", sweep.images() / name, fs::copy_options::overwrite_existing);
  write_file_atomically(sweep.images() / "no/such.jpg", read_file(sweep.images() / "cmyk.jpg"));
  fs::copy_file(sweep.images() / "alpha.png", sweep.images() / "asked.jpg",
                fs::copy_options::overwrite_existing);
  const Finished again = sweep.run();
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(sweep.losses().size(), 3U);
  EXPECT_TRUE(sweep.listed().empty());
}

TEST(UnreadablePictures, AreListedWithANumberOfLinesThatCanBeRead) {
  std::vector<json> rows = kGood;
  for (int i = 0; i < 30; ++i) rows.push_back(row_of("x", {fmt::format("absent{:02}.jpg", i)}));
  const PictureSweep sweep(rows);
  const Finished finished = sweep.run();
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_THAT(finished.err, AllOf(HasSubstr("30 of 35 pictures"), HasSubstr("absent19.jpg"),
                                  HasSubstr("and 10 more"), Not(HasSubstr("absent20.jpg"))));
  EXPECT_EQ(sweep.listed().size(), 30U);
}

TEST(UnreadablePictures, LeaveTheirRowsOutWhereThatIsWanted) {
  std::vector<json> rows = with_broken_rows();
  rows.push_back(row_of("one of two", {"alpha.png", "page.jpg"}));
  const PictureSweep skipping(rows, kSkip), good(kGood);
  const Finished finished = skipping.run();
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_THAT(finished.err, AllOf(HasSubstr("6 pictures cannot be read, listed in"),
                                  HasSubstr("shows a picture that cannot be read; 7 of 13 rows are so")));
  EXPECT_EQ(good.run().exit_code, 0);
  EXPECT_EQ(skipping.losses(), good.losses());
  EXPECT_EQ(skipping.losses().size(), 3U);

  const json rows_of_stage = skipping.outcome()["rows"];
  ASSERT_EQ(rows_of_stage.size(), 1U);
  EXPECT_EQ(rows_of_stage[0]["rows"], 13);
  EXPECT_EQ(rows_of_stage[0]["teaching"], 6);
  const json kind = rows_of_stage[0]["kinds"].at(0);
  EXPECT_EQ(kind["kind"], "unreadable_picture");
  EXPECT_EQ(kind["rows"], 7);
  EXPECT_EQ(kind["row"], 2);
  EXPECT_EQ(kind["teaches_nothing"], true);
  EXPECT_EQ(good.outcome()["rows"][0]["kinds"], json::array());
  const Finished report = skipping.report();
  EXPECT_THAT(report.out,
              HasSubstr("7 of 13 rows are so and teach nothing, being left out (skip_unreadable)"));
}

TEST(UnreadablePictures, OfABenchmarkAreNeverLeftOut) {
  const PictureSweep sweep(kGood, kSkip);
  sweep.write_sweep(sweep.benchmark({"cmyk.jpg", "page.jpg"}));
  const Finished finished = sweep.run();
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_THAT(finished.err, HasSubstr("page.jpg: is a web page"));
  EXPECT_TRUE(sweep.losses().empty());
}

TEST(UnreadablePictures, ThatLeaveNoRowAreRefused) {
  const PictureSweep sweep({row_of("a", {"page.jpg"}), row_of("b", {"empty.png"})}, kSkip);
  const Finished finished = sweep.run();
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_THAT(finished.err, HasSubstr("without their rows none is left"));
}

TEST(UnreadablePictures, AreLookedForOnceForAllCells) {
  const PictureSweep sweep(kGood);
  sweep.write_sweep("", "vary: {grid: {projector_learning_rate: [0.1, 0.2]}}\n");
  const Finished finished = sweep.run();
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  const std::string begun = "[before the first cell] pictures\n";
  const size_t first = finished.err.find(begun);
  EXPECT_LT(first, finished.err.find("finetune")) << finished.err;
  EXPECT_EQ(finished.err.rfind("] pictures\n"), first + begun.size() - std::string("] pictures\n").size())
      << finished.err;
  EXPECT_EQ(sweep.losses().size(), 6U);
}

}  // namespace
}  // namespace imp::test
