// SPDX-License-Identifier: Apache-2.0
// What was asked: from the run folder where it says so, from the answers otherwise.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "results/ingest.h"
#include "results/results_database.h"
#include "tests/results/run_folder.h"

namespace imp::results {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::json;
using testing::SweepFolder;
using testing::TemporaryFolder;
using testing::write_file;

class Questions : public ::testing::Test {
 protected:
  /// Two ranks, one seed, two questions; rank 256 is asked about `picture_of_second` in its second.
  SweepFolder write_sweep(const std::string& picture_of_second) {
    SweepFolder sweep(runs_, "ranks");
    for (const char* rank : {"128", "256"}) {
      const std::string trial = sweep.add_trial(rank, 1);
      json outcome = sweep.outcome(trial, rank, 1);
      const std::string picture = rank == std::string("256") ? picture_of_second : "p2";
      sweep.add_answers(outcome, "scenetext", {{1, "p1", 0.5, 0.0}, {2, picture, 1.0, 0.25}});
      sweep.write_outcome(outcome);
    }
    sweep.write_plan();
    return sweep;
  }

  static void write_questions(const SweepFolder& sweep, const std::string& name,
                              const std::string& second_picture, const std::string& wording) {
    const auto folder = sweep.folder() / "questions" / "scenetext" / name;
    const auto line = [&](int id, const std::string& picture, const std::string& thumbnail) {
      json question{{"question_id", id},
                    {"image_id", picture},
                    {"family", "word"},
                    {"question", wording + std::to_string(id)},
                    {"references", {"stop", "it's"}}};
      if (!thumbnail.empty()) question["thumbnail"] = thumbnail;
      return question.dump() + "\n";
    };
    write_file(folder / "questions.jsonl", line(1, "p1", "1.jpg") + line(2, second_picture, ""));
    write_file(folder / "thumbnails" / "1.jpg", std::string("\xff\xd8\0jpeg", 7));
  }

  std::vector<std::string> column(const std::string& sql) {
    std::vector<std::string> values;
    Statement statement(database_, sql);
    while (statement.step()) values.push_back(statement.is_null(0) ? "NULL" : statement.text(0));
    return values;
  }

  TemporaryFolder folder_;
  std::filesystem::path runs_ = folder_.path() / "runs";
  Database database_ = open_results(folder_.path() / "imp.db", Access::write);
};

TEST_F(Questions, OfARunFolderHaveTheirTextReferencesAndPicture) {
  const SweepFolder sweep = write_sweep("p2");
  write_questions(sweep, "0123", "p2", "What is written, ");
  EXPECT_THAT(ingest_sweep(database_, runs_, "ranks"), IsEmpty());
  EXPECT_THAT(
      column("SELECT trial || question_id || question || references_json FROM v_answers WHERE blind = 0"),
      ElementsAre("lora_rank=128,seed=11What is written, 1[\"stop\",\"it's\"]",
                  "lora_rank=128,seed=12What is written, 2[\"stop\",\"it's\"]",
                  "lora_rank=256,seed=11What is written, 1[\"stop\",\"it's\"]",
                  "lora_rank=256,seed=12What is written, 2[\"stop\",\"it's\"]"));
  Statement picture(database_,
                    "SELECT image_id, jpeg FROM picture WHERE sweep_id = 1 AND benchmark = 'scenetext'");
  ASSERT_TRUE(picture.step());
  EXPECT_EQ(picture.text(0), "p1");
  EXPECT_EQ(picture.blob(1), std::string("\xff\xd8\0jpeg", 7));
  EXPECT_FALSE(picture.step());
  EXPECT_EQ(database_.integer("SELECT count(*) FROM question"), 2);
}

TEST_F(Questions, OfAnOlderRunFolderHaveNoText) {
  write_sweep("p2");
  EXPECT_THAT(ingest_sweep(database_, runs_, "ranks"), IsEmpty());
  EXPECT_THAT(column("SELECT DISTINCT question FROM v_answers"), ElementsAre("NULL"));
  EXPECT_EQ(database_.integer("SELECT count(*) FROM question"), 2);
}

TEST_F(Questions, GetTheirTextWhenItComesToBeKnown) {
  const SweepFolder sweep = write_sweep("p2");
  ingest_sweep(database_, runs_, "ranks");
  write_questions(sweep, "0123", "p2", "Read ");
  EXPECT_THAT(ingest_sweep(database_, runs_, "ranks"), IsEmpty());
  EXPECT_THAT(column("SELECT DISTINCT question FROM v_answers ORDER BY 1"), ElementsAre("Read 1", "Read 2"));
  EXPECT_THAT(column("SELECT name FROM question_set"), ElementsAre("0123")) << "the nameless one has gone";
}

TEST_F(Questions, WithOneIdButAnotherPictureAreDifferentOnes) {
  write_sweep("another");
  EXPECT_THAT(ingest_sweep(database_, runs_, "ranks"), IsEmpty());
  EXPECT_THAT(
      column("SELECT image_id FROM v_answers WHERE blind = 0 AND question_id = '2' ORDER BY seed, cell"),
      ElementsAre("p2", "another"));
  EXPECT_EQ(database_.integer("SELECT count(*) FROM question_set"), 2);
  EXPECT_THAT(column("SELECT questions || ' ' || questions_left_out FROM v_effects"), ElementsAre("2 0"))
      << "they are matched by question_id all the same";
}

TEST_F(Questions, ThatDifferInTheirWordingAloneAreToldApartByWhatTheTrialSays) {
  const SweepFolder sweep = write_sweep("p2");
  write_questions(sweep, "a", "p2", "Read ");
  write_questions(sweep, "b", "p2", "Lies ");
  const auto file = sweep.trial_folder("lora_rank=256,seed=1") / "outcome.json";
  json outcome = json::parse(testing::read_file(file));
  outcome["questions"] = {{"scenetext", "b"}};
  write_file(file, outcome.dump());
  EXPECT_THAT(ingest_sweep(database_, runs_, "ranks"), IsEmpty());
  EXPECT_THAT(column("SELECT cell || ': ' || question FROM v_answers WHERE blind = 1 ORDER BY 1"),
              ElementsAre("lora_rank=128: Read 1", "lora_rank=128: Read 2", "lora_rank=256: Lies 1",
                          "lora_rank=256: Lies 2"));
  EXPECT_EQ(database_.integer("SELECT count(*) FROM picture WHERE image_id = 'p1'"), 2) << "one a set";
}

TEST_F(Questions, OfABrokenFileAreToldAndTheAnswersStay) {
  const SweepFolder sweep = write_sweep("p2");
  write_questions(sweep, "0123", "p2", "Read ");
  const auto folder = sweep.folder() / "questions" / "scenetext" / "0123";
  std::filesystem::remove(folder / "thumbnails" / "1.jpg");
  EXPECT_THAT(ingest_sweep(database_, runs_, "ranks"), ElementsAre(HasSubstr("thumbnails/1.jpg")));
  EXPECT_THAT(column("SELECT DISTINCT question FROM v_answers ORDER BY 1"), ElementsAre("Read 1", "Read 2"));
  write_file(sweep.folder() / "questions" / "scenetext" / "odd" / "questions.jsonl",
             "{\"question_id\": 1, \"image_id\": 1, \"question\": \"a\", \"thumbnail\": \"../../x\"}\n");
  EXPECT_THAT(
      ingest_sweep(database_, runs_, "ranks"),
      ElementsAre(HasSubstr("odd/questions.jsonl:1: thumbnail '../../x' should be the name of a file")));
  EXPECT_EQ(database_.integer("SELECT count(*) FROM answer"), 2 * 2 * 2);
}

}  // namespace
}  // namespace imp::results
