// SPDX-License-Identifier: Apache-2.0
#include "harness/executor/outcome.h"

#include <gtest/gtest.h>

#include <functional>

#include "models/io/error.h"
#include "models/io/file.h"
#include "tests/harness/plan/temporary_folder.h"

namespace imp::harness {
namespace {

/// A trial with a finished finetune and eval stage below a runs folder.
class Outcomes : public testing::Test {
 protected:
  Outcomes() {
    planned_.trial.name = "lora_rank=8,seed=1";
    planned_.trial.config.lora_rank = 8;
    make(
        "finetune", finetune_,
        {{"summary.json",
          R"({"steps":2,"tokens":600,"seconds":3.0,"trained_parameters":77,"flops":9e12,"final_loss":1.5,"dtype":"float32"})"},
         {"train.jsonl", "{\"step\":1}\n"}});
    make("eval", eval_,
         {{"scores.json",
           R"([{"benchmark":"scenetext","metric":"vqa_accuracy","value":0.5,"standard_error":0.1,"n":4}])"},
          {"scenetext.jsonl", "{\"question_id\":1}\n"},
          {"scenetext.blind.jsonl", "{\"question_id\":2}\n"}});
    planned_.stages = {finetune_, eval_};
  }
  void make(const std::string&, const StageRequest& request,
            const std::map<std::string, std::string>& files) {
    const Lease lease = store_.claim(request, false);
    for (const auto& [name, content] : files)
      write_file_atomically(store_.begin(request, lease, true) / name, content);
    store_.publish(request, lease, {.seconds = 4.0, .peak_memory_bytes = peak_});
  }
  void write(const std::string& status, int64_t attempt_micro_batch = 16) const {
    TrialOutcome outcome;
    outcome.status = status;
    outcome.stages = {{finetune_, false, 4.0}};
    if (status == "done") outcome.stages.push_back({eval_, true, 0.0});
    outcome.attempts = {{1, "2026-01-01T00:00:00Z", "2026-01-01T00:00:09Z", status,
                         status == "done" ? "" : "eval", "", "", attempt_micro_batch}};
    if (status == "done") outcome.question_sets = {{"scenetext", "0123"}};
    write_outcome(trial_, "study", planned_, store_, outcome);
  }

  const TemporaryFolder folder_;
  const StageStore store_{folder_.path()};
  const StageRequest finetune_ = make_request("finetune", {{"rank", 8}}, {});
  const StageRequest eval_ = make_request("eval", {{"benchmark", "scenetext"}}, {});
  const std::filesystem::path trial_ = folder_.path() / "study" / "lora_rank=8,seed=1";
  PlannedTrial planned_;
  static constexpr std::int64_t peak_ = std::int64_t{1} << 50;  // more than this process has
};

TEST_F(Outcomes, OfADoneTrialHoldScoresCostAndFiles) {
  write("done");
  const nlohmann::json outcome = read_outcome(trial_);
  EXPECT_EQ(outcome["schema"], 1);
  EXPECT_EQ(outcome["questions"], nlohmann::json({{"scenetext", "0123"}}));
  EXPECT_EQ(outcome["status"], "done");
  EXPECT_EQ(outcome["config"]["lora_rank"], 8);
  EXPECT_EQ(outcome["scores"][0]["value"], 0.5);
  EXPECT_EQ(outcome["cost"]["train_tokens"], 600);
  EXPECT_EQ(outcome["cost"]["tokens_per_second"], 200.0);
  EXPECT_EQ(outcome["cost"]["trained_parameters"], 77);
  EXPECT_EQ(outcome["cost"]["flops"], 9e12);
  EXPECT_EQ(outcome["cost"]["wall_seconds"], 8.0);
  EXPECT_EQ(outcome["cost"]["eval_seconds"], 4.0);
  EXPECT_EQ(outcome["cost"]["peak_memory_bytes"], peak_) << "of its stages, whenever they were made";
  EXPECT_EQ(outcome["provenance"]["dtype"], "float32");
  EXPECT_EQ(outcome["provenance"]["started"], "2026-01-01T00:00:00Z");
  for (const char* key :
       {"imp_version", "git_commit", "torch_version", "compiler", "host", "os", "cpu", "threads"}) {
    EXPECT_TRUE(outcome["provenance"].contains(key)) << key;
  }
  EXPECT_EQ(read_file(trial_ / "train.jsonl"), "{\"step\":1}\n");
  EXPECT_EQ(read_file(trial_ / "predictions" / "scenetext.blind.jsonl"), "{\"question_id\":2}\n");
  EXPECT_NE(read_file(trial_ / "resolved.yaml").find("lora_rank: 8"), std::string::npos);
}

TEST_F(Outcomes, KeepEarlierAttemptsAndCountThem) {
  write("failed", 16);
  EXPECT_TRUE(read_outcome(trial_)["scores"].empty());
  write("interrupted", 8);
  write("done", 8);
  const nlohmann::json attempts = read_outcome(trial_)["attempts"];
  ASSERT_EQ(attempts.size(), 3u);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(attempts[static_cast<size_t>(i)]["attempt"], i + 1);
  EXPECT_EQ(attempts[0]["status"], "failed");
  EXPECT_EQ(attempts[0]["micro_batch"], 16);
  EXPECT_EQ(attempts[2]["status"], "done");
}

TEST_F(Outcomes, ThatAreNoJsonCountAsNone) {
  EXPECT_TRUE(read_outcome(trial_).is_null());
  write_file_atomically(trial_ / "outcome.json", "{\"status\":\"do");
  EXPECT_TRUE(read_outcome(trial_).is_null());
  write("done");  // and are written anew
  EXPECT_EQ(read_outcome(trial_)["status"], "done");
}

TEST_F(Outcomes, ThatImpDidNotWriteSoCountAsNone) {
  write("done");
  const nlohmann::json whole = read_outcome(trial_);
  const auto is_none = [&](const std::function<void(nlohmann::json&)>& change) {
    nlohmann::json changed = whole;
    change(changed);
    write_file_atomically(trial_ / "outcome.json", changed.dump());
    return read_outcome(trial_).is_null();
  };
  using Json = nlohmann::json;
  EXPECT_FALSE(is_none([](Json&) {}));
  EXPECT_TRUE(is_none([](Json& all) { all["status"] = 3; }));
  EXPECT_TRUE(is_none([](Json& all) { all.erase("stages"); }));
  EXPECT_TRUE(is_none([](Json& all) { all["stages"][0] = "data"; }));
  EXPECT_TRUE(is_none([](Json& all) { all["stages"][0]["key"] = nullptr; }));
  EXPECT_TRUE(is_none([](Json& all) { all["attempts"] = "many"; }));
  EXPECT_TRUE(is_none([](Json& all) { all["scores"] = {1, 2}; }));
  EXPECT_TRUE(is_none([](Json& all) { all = Json::array(); }));
  write_file_atomically(trial_ / "outcome.json", std::string(1'000'000, '['));
  EXPECT_TRUE(read_outcome(trial_).is_null());
}

TEST_F(Outcomes, OfStagesWithBrokenRecordsSayWhichFolderToRemove) {
  const std::filesystem::path finetune = store_.folder("finetune", finetune_.key),
                              eval = store_.folder("eval", eval_.key);
  const auto told = [&](const std::filesystem::path& file, const std::string& content) -> std::string {
    const std::string before = read_file(file);
    write_file_atomically(file, content);
    std::string message = "written";
    try {
      write("done");
    } catch (const Error& error) {
      EXPECT_EQ(error.exit_code(), 2);
      message = error.what();
    }
    write_file_atomically(file, before);
    return message;
  };
  const std::string remedy = "; remove " + finetune.string() + ", and the next run makes that stage again";
  EXPECT_EQ(told(finetune / "summary.json", "{\"steps\": "),
            (finetune / "summary.json").string() + ": is not valid JSON" + remedy);
  for (const char* content :
       {"[]", "{}", "{\"seconds\": \"3\", \"tokens\": 6}", "{\"seconds\": 3}",
        "{\"seconds\": 3, \"tokens\": null}", "{\"seconds\": 3, \"tokens\": 6}", "{\"seconds\": 1e999}"}) {
    EXPECT_TRUE(told(finetune / "summary.json", content).ends_with(remedy)) << content;
  }
  for (const char* content : {"{}", "", "3"}) {
    EXPECT_NE(told(eval / "scores.json", content).find("remove " + eval.string()), std::string::npos)
        << content;
  }
  EXPECT_EQ(told(finetune / "summary.json", read_file(finetune / "summary.json")), "written");
}

}  // namespace
}  // namespace imp::harness
