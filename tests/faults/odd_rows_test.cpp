// SPDX-License-Identifier: Apache-2.0
// Rows of the user's own that LLaVA's trainer bears, or that no trainer should crash on, through imp-sweep:
// one step on rows of one shape each.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "models/io/file.h"
#include "results/results_database.h"
#include "tests/faults/process.h"
#include "tests/faults/tiny_zoo.h"

namespace imp::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;

json row_of(const std::vector<std::string>& messages, const std::string& first = "human") {
  json turns = json::array();
  std::string from = first;
  for (const std::string& message : messages) {
    turns.push_back({{"from", from}, {"value", message}});
    from = from == "human" ? "gpt" : "human";
  }
  return {{"id", "odd"}, {"conversations", turns}};
}

const json kGood = row_of({"Name a colour.", "red"});

/// A sweep of one trial on rows, without connector, pictures' questions and benchmarks.
class OddRows {
 public:
  using Settings = std::map<std::string, std::string>;

  explicit OddRows(const std::vector<json>& rows, const Settings& settings = {})
      : OddRows(RowsText{json(rows).dump(1)}, settings) {}
  /// A file's text as it is.
  struct RowsText {
    std::string text;
  };
  explicit OddRows(const RowsText& rows, const Settings& settings = {}) {
    write_tiny_zoo(folder_.path() / "zoo");
    fs::create_directories(folder_.path() / "pictures");
    fs::copy(fs::path(IMP_TEST_DATA) / "images/alpha.png", folder_.path() / "pictures/a.png");
    write_file_atomically(json_file(), rows.text);
    Settings all{{"llm", (folder_.path() / "zoo/phi").string()},
                 {"encoder", (folder_.path() / "zoo/siglip").string()},
                 {"connector_epochs", "0"},
                 {"conversation", "llava_v1"},
                 {"finetune", "lora"},
                 {"lora_rank", "4"},
                 {"lora_alpha", "4"},
                 {"max_steps", "1"},
                 {"batch_size", "2"},
                 {"micro_batch", "2"},
                 {"sampler", "sequential"},
                 {"max_length", "512"},
                 {"dtype", "float32"},
                 {"connector_data", source()},
                 {"finetune_data", source()}};
    for (const auto& [key, value] : settings) all[key] = value;
    std::string text = "version: 1\nname: odd\nbaseline:\n";
    for (const auto& [key, value] : all) text += "  " + key + ": " + value + "\n";
    write_file_atomically(folder_.path() / "odd.yaml", text + "seeds: [1]\nbenchmarks: []\n");
  }

  [[nodiscard]] fs::path json_file() const { return folder_.path() / "rows.json"; }
  [[nodiscard]] fs::path database() const { return folder_.path() / "results.db"; }
  [[nodiscard]] Finished run(const std::vector<std::string>& command = {"run"}) const {
    std::vector<std::string> all{"imp-sweep"};
    all.insert(all.end(), command.begin(), command.end());
    all.insert(all.end(),
               {folder_.path() / "odd.yaml", "--runs", folder_.path() / "runs", "--db", database()});
    return run_program(all);
  }
  [[nodiscard]] fs::path trial() const {
    for (const fs::directory_entry& entry : fs::directory_iterator(folder_.path() / "runs/odd")) {
      if (entry.is_directory()) return entry.path();
    }
    ADD_FAILURE() << "no trial";
    return {};
  }
  /// The losses of train.jsonl, null where a step has none.
  [[nodiscard]] std::vector<json> losses() const {
    std::vector<json> all;
    std::istringstream log(read_file(trial() / "train.jsonl"));
    for (std::string line; std::getline(log, line);) all.push_back(json::parse(line).at("loss"));
    return all;
  }

 private:
  [[nodiscard]] std::string source() const {
    return "{json: " + json_file().string() + ", images: " + (folder_.path() / "pictures").string() + "}";
  }
  TemporaryFolder folder_;
};

/// The losses of a run that must end well.
std::vector<json> losses_of(const std::vector<json>& list, const OddRows::Settings& settings = {}) {
  const OddRows rows(list, settings);
  const Finished finished = rows.run();
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  return finished.exit_code == 0 ? rows.losses() : std::vector<json>{};
}

TEST(ImageWord, InARowWithoutAPictureCrashesNothing) {
  const std::vector<json> odd{row_of({"Which tag shows a picture?", "The old tag was <image> there."}),
                              row_of({"Hello", "hi", "Which tag?", "<image>"}),
                              row_of({"<image>\n<image>", "<image> <image>\n"})};
  for (const char* conversation : {"llava_v1", "imp", "bare_v1"}) {
    for (const char* turns : {"conversation", "isolated"}) {
      std::vector<json> rows{kGood};
      rows.insert(rows.end(), odd.begin(), odd.end());
      const std::vector<json> losses =
          losses_of(rows, {{"conversation", conversation}, {"turns", turns}, {"batch_size", "4"}});
      ASSERT_EQ(losses.size(), 1U) << conversation << turns;
      EXPECT_TRUE(losses[0].is_number_float());
    }
  }
  EXPECT_EQ(losses_of({kGood, odd[0]},
                      {{"conversation", "{system: '', user: 'Q: ', assistant: ' A: ', turn_end: ''}"}})
                .size(),
            1U);
}

TEST(ImageWord, InAQuestionOfARowWithoutAPictureIsLearnedFrom) {
  const auto loss = [](const char* question, const char* conversation) {
    return losses_of({kGood, row_of({question, "a picture"})}, {{"conversation", conversation}}).at(0);
  };
  for (const char* conversation : {"llava_v1", "mobilevlm", "bare_v1"}) {
    EXPECT_NE(loss("What does <image> mean in XML?", conversation),
              loss("What does  mean in XML?", conversation))
        << conversation;
  }
}

TEST(ImageWord, BesideRowsWithPicturesLeavesTheirsToThem) {
  json shown = row_of({"<image>\nWhat is it?", "a sign"});
  shown["image"] = "a.png";
  json answered = row_of({"What is it?", "<image> a sign"});
  answered["image"] = "a.png";
  json unmarked = row_of({"What is it?", "a sign"});
  unmarked["image"] = "a.png";
  const json word = row_of({"Which tag?", "<image>"});
  EXPECT_EQ(losses_of({word, shown, answered, unmarked}, {{"batch_size", "4"}, {"micro_batch", "3"}}).size(),
            1U);
  // A picture that no turn shows is none, as in LLaVA's trainer.
  const json text = row_of({"What is it?", "a sign"});
  EXPECT_EQ(losses_of({kGood, unmarked}), losses_of({kGood, text}));
  EXPECT_NE(losses_of({kGood, shown}), losses_of({kGood, text}));
}

TEST(NotAlternating, RowsAreLearnedAsLlavasTrainerDoes) {
  const std::vector<json> alone = losses_of({kGood, kGood});
  const json welcomed = row_of({"Welcome!", "Name a colour.", "red"}, "gpt");
  EXPECT_EQ(losses_of({kGood, welcomed}), alone);
  // Masked or left out, a row changes nothing about the mean over the other's tokens.
  const auto turn = [](const char* from, const json& value) {
    return json{{"from", from}, {"value", value}};
  };
  json system = kGood, twice = kGood, null = kGood;
  system["conversations"].insert(system["conversations"].begin(), turn("system", "Be brief."));
  twice["conversations"].push_back(turn("gpt", "or blue"));
  null["conversations"][1] = turn("gpt", nullptr);
  const std::vector<json> odd{row_of({"Name a colour.", "red", "Another?"}),
                              row_of({"Name a colour."}),
                              row_of({"Welcome!", "Name a colour.", "red", "Another?"}, "gpt"),
                              row_of({"Welcome!"}, "gpt"),
                              row_of({"Name a colour.", ""}),
                              row_of({"Name a colour.", "red ASSISTANT: blue"}),
                              json{{"conversations", json::array()}},
                              system,
                              twice,
                              null};
  for (const json& row : odd) {
    const OddRows sweep(std::vector<json>{kGood, row});
    const Finished finished = sweep.run();
    EXPECT_EQ(finished.exit_code, 0) << row << finished.err;
    EXPECT_THAT(finished.err, AllOf(HasSubstr("warning: " + sweep.json_file().string() + ":"),
                                    HasSubstr(": row 2"), HasSubstr("1 of 2 rows are so and teach nothing")))
        << row;
    ASSERT_EQ(sweep.losses().size(), 1U);
    EXPECT_NEAR(sweep.losses()[0].get<double>(), alone.at(0).get<double>(), 1e-5) << row;
  }
}

TEST(LossOverNothing, IsNoNumberAndSpoilsNothing) {
  const json lone = row_of({"Why?"});
  for (const char* normalization : {"global_batch", "micro_batch"}) {
    const OddRows sweep(
        {lone, lone, kGood, lone, lone, lone, kGood, kGood},
        {{"max_steps", "0"}, {"epochs", "1"}, {"micro_batch", "1"}, {"loss_normalization", normalization}});
    const Finished finished = sweep.run();
    ASSERT_EQ(finished.exit_code, 0) << finished.err;
    EXPECT_THAT(finished.err, HasSubstr("2 of 4 steps had no token to learn; their loss is null"));
    const std::vector<json> losses = sweep.losses();
    ASSERT_EQ(losses.size(), 4U);
    EXPECT_TRUE(losses[0].is_null());
    EXPECT_TRUE(losses[2].is_null());
    // An empty micro-batch is no part of the mean that is logged.
    EXPECT_NEAR(losses[1].get<double>(), losses_of({kGood, kGood}).at(0).get<double>(), 1e-5);
    EXPECT_TRUE(losses[3].is_number_float());
    results::Database database = results::open_results(sweep.database(), results::Access::read);
    EXPECT_EQ(database.integer("SELECT count(*) FROM train_step WHERE loss IS NULL"), 2);
    EXPECT_EQ(
        database.integer("SELECT rows FROM v_row_kinds WHERE kind = 'unanswered' AND stage = 'finetune'"), 5);
    EXPECT_EQ(database.integer("SELECT first_row FROM v_row_kinds"), 1);
    EXPECT_THAT(finished.out, AllOf(HasSubstr("5 of 8 rows are so and teach nothing"),
                                    HasSubstr("without a token to learn, so without a loss: ")));
  }
}

TEST(LossOverNothing, OfAllRowsIsRefusedByPlanAndRun) {
  const OddRows sweep(std::vector<json>{row_of({"Why?"}), row_of({"How?", ""})});
  const Finished planned = sweep.run({"plan"});
  EXPECT_EQ(planned.exit_code, 2);
  EXPECT_THAT(planned.err, HasSubstr("none of its 2 rows has a token to learn; 2: a question has no answer"));
  const Finished finished = sweep.run();
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_THAT(finished.err, HasSubstr("none of its 2 rows has a token to learn"));
}

TEST(OddRowsInAPlan, AreToldByKindWithFileLineAndRow) {
  const OddRows sweep({kGood, row_of({"Why?"}), row_of({"q", "one ASSISTANT: two"}), kGood, row_of({"How?"}),
                       row_of({std::string(4000, 'x'), "too late"})});
  const Finished planned = sweep.run({"plan"});
  EXPECT_EQ(planned.exit_code, 0) << planned.err;
  const std::string file = sweep.json_file();
  EXPECT_THAT(planned.out, HasSubstr("note: finetune rows: " + file +
                                     ":15:2: row 2 (id 'odd'): a question has no "
                                     "answer; 2 of 6 rows are so and teach nothing\n"));
  EXPECT_THAT(planned.out, HasSubstr("row 3 (id 'odd'): the tokens of its rounds"));
  EXPECT_THAT(planned.out, HasSubstr("row 6 (id 'odd'): is cut at max_length before its first answer"));
  const json plan = json::parse(sweep.run({"plan", "--json"}).out);
  EXPECT_EQ(plan.at("notes").size(), 3U);
}

TEST(OddRowsInAPlan, OfALargeFileAreThoseOfItsFront) {
  std::vector<json> rows{row_of({"Why?"})};
  while (rows.size() < 30000) rows.push_back(row_of({"Name a colour.", std::string(100, 'x')}));
  rows.push_back(row_of({"How?"}));
  const Finished planned = OddRows(rows).run({"plan"});
  EXPECT_EQ(planned.exit_code, 0) << planned.err;
  EXPECT_THAT(planned.out, HasSubstr("note: finetune rows: "));
  EXPECT_THAT(planned.out, testing::ContainsRegex("; 1 of the first [0-9]+ rows are so and teach nothing"));
}

TEST(OddRowsInAPlan, OfAnotherSchemaAreAllListedByPlanAndRunBeforeAnyStage) {
  const OddRows sweep(OddRows::RowsText{"[{\"id\": 1},\n" + kGood.dump() +
                                        ",\n {\"conversations\": [{\"from\": \"human\"}]}]"});
  for (const char* command : {"plan", "run"}) {
    const Finished finished = sweep.run({command});
    EXPECT_EQ(finished.exit_code, 2) << command;
    const std::string file = sweep.json_file();
    EXPECT_THAT(finished.err, AllOf(HasSubstr(file + ":1:2: row 1: 'conversations' must be a list of turns"),
                                    HasSubstr(file + ":3:2: row 3: turn 1: 'value' must be a text")))
        << command;
    EXPECT_FALSE(fs::exists(sweep.json_file().parent_path() / "runs/stages"));
  }
}

TEST(ImpDataStats, TellsOfAFileOfRows) {
  const OddRows sweep({kGood, row_of({"Why?"}), row_of({"q", "one ASSISTANT: two"})});
  const Finished plain = run_program({"imp-data", "stats", sweep.json_file()});
  EXPECT_EQ(plain.exit_code, 0) << plain.err;
  EXPECT_THAT(plain.out,
              AllOf(HasSubstr("| 3 | 0 | 0 | 3 |"), HasSubstr("row 2 (id 'odd'): a question has no answer"),
                    Not(HasSubstr("row 3"))));
  const Finished encoded = run_program({"imp-data", "stats", sweep.json_file(), "--json", "--model",
                                        (sweep.json_file().parent_path() / "zoo/phi").string()});
  EXPECT_EQ(encoded.exit_code, 0) << encoded.err;
  const json record = json::parse(encoded.out);
  EXPECT_EQ(record.at("teaching"), 1);
  EXPECT_EQ(record.at("kinds").at(1).at("kind"), "mismatched");
}

}  // namespace
}  // namespace imp::test
