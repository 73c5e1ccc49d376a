// SPDX-License-Identifier: Apache-2.0
// A cell that cannot be trained is recorded with its reason, before training where the input is at fault; the
// others go on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <span>

#include "models/io/file.h"
#include "models/weights/safetensors.h"
#include "results/results_database.h"
#include "tests/faults/tiny_sweep.h"
#include "tests/faults/tiny_zoo.h"

namespace imp::test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

/// A sweep of two steps a stage, and further settings.
TinySweep::Settings short_run(const TinySweep::Settings& more = {}) {
  TinySweep::Settings all{{"connector_max_steps", "2"}, {"max_steps", "2"}};
  all.insert(more.begin(), more.end());
  return all;
}

/// A projector file of the embedded profile's shapes, every number of it `value`.
void write_projector(const fs::path& file, float value, int64_t vision_hidden = kTinyVisionHidden) {
  constexpr int64_t kText = kTinyTextHidden;
  const std::vector<float> numbers(static_cast<size_t>(kText * std::max(kText, vision_hidden)), value);
  const auto tensor = [&](const std::string& name, std::vector<std::int64_t> shape) {
    std::size_t count = 1;
    for (const std::int64_t side : shape) count *= static_cast<std::size_t>(side);
    return models::TensorToWrite{"multi_modal_projector." + name, models::DType::f32, shape,
                                 std::as_bytes(std::span(numbers).first(count))};
  };
  models::write_safetensors(
      file, {tensor("linear_1.weight", {kText, vision_hidden}), tensor("linear_1.bias", {kText}),
             tensor("linear_2.weight", {kText, kText}), tensor("linear_2.bias", {kText})});
}

/// The attempt of a sweep's only trial, after a run that must have failed cleanly.
nlohmann::json failed_attempt(const TinySweep& sweep, const Finished& finished) {
  EXPECT_EQ(finished.exit_code, 1) << finished.err;
  EXPECT_THAT(finished.err, Not(HasSubstr("terminate")));
  expect_stages_whole(sweep.runs());
  const nlohmann::json outcome = sweep.outcome(sweep.only_trial());
  EXPECT_EQ(outcome["status"], "failed");
  EXPECT_TRUE(outcome["scores"].empty());
  const nlohmann::json attempt = outcome["attempts"].back();
  EXPECT_EQ(attempt["status"], "failed");
  const auto message = attempt["error_message"].get<std::string>();
  EXPECT_EQ(message.find('\n'), std::string::npos);
  EXPECT_THAT(finished.err, HasSubstr(message));
  return attempt;
}

TEST(FailingCell, IsRecordedWithItsReasonAndTheOthersGoOn) {
  const TinySweep sweep(short_run(),
                        "  list:\n    - {lora_rank: 4, lora_targets: nothing}\n    - {lora_rank: 2}\n");
  sweep.take_pictures_of(uninterrupted());
  const Finished finished = sweep.run();
  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_THAT(finished.err, HasSubstr("finetune failed: lora_targets: 'nothing' matches no layer"));
  results::Database database = results::open_results(sweep.database(), results::Access::read);
  EXPECT_EQ(database.integer("SELECT count(*) FROM v_cells WHERE status = 'failed' AND lora_rank = 4"), 1);
  EXPECT_EQ(database.integer("SELECT count(*) FROM v_cells WHERE status = 'done' AND lora_rank = 2"), 1);
  results::Statement failure(database, "SELECT stage, error_type, error_message FROM v_failures");
  ASSERT_TRUE(failure.step());
  EXPECT_EQ(failure.text(0), "finetune");
  EXPECT_EQ(failure.text(1), "imp::Error");
  EXPECT_THAT(failure.text(2), HasSubstr("matches no layer"));
  EXPECT_FALSE(failure.step());

  // Started again it tries again, and leaves what is done alone.
  const Finished again = sweep.run();
  EXPECT_EQ(again.exit_code, 1);
  results::Database later = results::open_results(sweep.database(), results::Access::read);
  EXPECT_EQ(later.integer("SELECT count(*) FROM v_failures"), 2);
  EXPECT_EQ(
      later.integer("SELECT count(*) FROM attempt JOIN trial USING (trial_id) WHERE trial.status = 'done'"),
      1);
}

/// A sweep that starts from the projector file().
struct FromAProjector {
  FromAProjector() : sweep(short_run({{"init_projector", file()}})) {
    sweep.take_pictures_of(uninterrupted());
  }
  [[nodiscard]] fs::path file() const { return inputs.path() / "start.safetensors"; }
  /// Why it was refused, before anything was made.
  [[nodiscard]] std::string refusal() const {
    const Finished finished = sweep.run();
    EXPECT_EQ(finished.exit_code, 2) << finished.err;
    EXPECT_THAT(finished.err, testing::ContainsRegex("tiny.yaml:[0-9]+:[0-9]+: init_projector: "));
    EXPECT_FALSE(fs::exists(sweep.sweep_folder()));
    return finished.err;
  }
  TemporaryFolder inputs;
  TinySweep sweep;
};

TEST(FailingCell, WhoseLossIsNotFiniteSaysAtWhichStep) {
  const FromAProjector from;
  write_projector(from.file(), 3e38F);
  const TinySweep& sweep = from.sweep;
  const nlohmann::json attempt = failed_attempt(sweep, sweep.run());
  EXPECT_EQ(attempt["stage"], "connector");
  EXPECT_THAT(attempt["error_message"].get<std::string>(),
              AllOf(HasSubstr("step 1: the loss is "), HasSubstr(" on rows ")));
}

TEST(BadProjector, CutOffIsRefusedBeforeTraining) {
  const FromAProjector from;
  write_projector(from.file(), 0.1F);
  fs::resize_file(from.file(), fs::file_size(from.file()) - 1000);
  EXPECT_THAT(from.refusal(), AllOf(HasSubstr("start.safetensors"), HasSubstr("multi_modal_projector.")));
}

TEST(BadProjector, WhoseHeaderIsLongerThanTheFileIsRefused) {
  const FromAProjector from;
  const uint64_t length = 1ULL << 40;
  std::string bytes(sizeof length, '\0');
  std::memcpy(bytes.data(), &length, sizeof length);
  write_file_atomically(from.file(), bytes + "{}");
  EXPECT_THAT(from.refusal(), HasSubstr("start.safetensors"));
}

TEST(BadProjector, OfAnotherShapeIsRefusedWithTensorAndExpectation) {
  const FromAProjector from;
  write_projector(from.file(), 0.1F, 64);
  EXPECT_THAT(from.refusal(), AllOf(HasSubstr("multi_modal_projector.linear_1.weight"), HasSubstr("[48, 64]"),
                                    HasSubstr("[48, 32]")));
}

TEST(BadProjector, ThatIsNotThereIsRefusedWhileTheSweepIsRead) {
  const FromAProjector from;
  const Finished finished = from.sweep.run();
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_THAT(finished.err, testing::MatchesRegex(".*tiny.yaml:[0-9]+:[0-9]+: init_projector: there is no "
                                                  ".*start.safetensors; put a safetensors file there\n"));
}

/// A sweep on rows of the user's own, which are a copy of the rendered ones unless given.
struct OnOwnRows {
  explicit OnOwnRows(const std::string& rows = "")
      : sweep(short_run(
            {{"finetune_data", "{json: " + json().string() + ", images: " + images().string() + "}"},
             {"connector_epochs", "0"}})) {
    const fs::path data = uninterrupted().stages("data").at(0);
    fs::copy(data / "images", images(), fs::copy_options::recursive);
    write_file_atomically(json(), rows.empty() ? read_file(data / "train.json") : rows);
    sweep.take_pictures_of(uninterrupted());
  }
  [[nodiscard]] fs::path json() const { return inputs.path() / "rows.json"; }
  [[nodiscard]] fs::path images() const { return inputs.path() / "pictures"; }
  [[nodiscard]] fs::path a_picture() const {
    return images() / nlohmann::json::parse(read_file(json()))[7]["image"].get<std::string>();
  }
  /// Why they were refused, before a step of training.
  [[nodiscard]] std::string refusal() const {
    const nlohmann::json attempt = failed_attempt(sweep, sweep.run());
    EXPECT_EQ(sweep.steps_logged(), 0);
    return attempt["error_message"];
  }
  /// What was said of their pictures, before anything was trained.
  [[nodiscard]] std::string refusal_of_pictures() const {
    const Finished finished = sweep.run();
    EXPECT_EQ(finished.exit_code, 2) << finished.err;
    EXPECT_EQ(sweep.steps_logged(), 0);
    expect_stages_whole(sweep.runs());
    return finished.err;
  }
  TemporaryFolder inputs;
  TinySweep sweep;
};

TEST(OwnRows, AreTrainedOn) {
  const OnOwnRows own;
  const Finished finished = own.sweep.run();
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
}

TEST(OwnRows, MayDifferBetweenTheTwoStages) {
  const TemporaryFolder inputs;
  const fs::path data = uninterrupted().stages("data").at(0);
  const auto rows = nlohmann::json::parse(read_file(data / "train.json"));
  const auto captions = nlohmann::json::parse(read_file(data / "captions.json"));
  // Pictures that the other stage does not use.
  write_file_atomically(inputs.path() / "a.json",
                        nlohmann::json{captions[0], captions[1], captions[2], captions[3]}.dump());
  write_file_atomically(inputs.path() / "b.json", nlohmann::json{rows[50], rows[51], rows[52]}.dump());
  const auto source = [&](const char* name) {
    return "{json: " + (inputs.path() / name).string() + ", images: " + (data / "images").string() + "}";
  };
  const TinySweep sweep(
      short_run({{"connector_data", source("a.json")}, {"finetune_data", source("b.json")}}));
  sweep.take_pictures_of(uninterrupted());
  const Finished finished = sweep.run();
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
}

TEST(OwnRows, WithACorruptPictureAreRefusedBeforeTrainingAndThePictureIsNamed) {
  const OnOwnRows own;
  write_file_atomically(own.a_picture(), "this is no JPEG");
  EXPECT_THAT(own.refusal_of_pictures(), HasSubstr(own.a_picture().string()));
}

TEST(OwnRows, WithAPictureCutOffAreRefusedBeforeTraining) {
  const OnOwnRows own;
  fs::resize_file(own.a_picture(), fs::file_size(own.a_picture()) / 2);
  EXPECT_THAT(own.refusal_of_pictures(), HasSubstr(own.a_picture().string()));
}

TEST(OwnRows, WithoutAPictureAreRefusedBeforeTraining) {
  const OnOwnRows own;
  const std::string name = own.a_picture().filename();
  fs::remove(own.a_picture());
  EXPECT_THAT(own.refusal_of_pictures(),
              AllOf(HasSubstr("rows.json"), HasSubstr("1 of 60 pictures"), HasSubstr(name)));
}

TEST(OwnRows, OfAnotherSchemaAreRefusedBeforeTrainingAndTheRowIsNamed) {
  for (const auto& [rows, refusal] :
       {std::pair("[{\"conversations\": [{\"from\": \"human\", \"value\": 7}]}]",
                  "rows.json:1:2: row 1: turn 1: 'value' must be a text, found 7"),
        std::pair("[{\"conversations\":\n [}]", "rows.json:2:3: is not valid JSON")}) {
    const OnOwnRows own(rows);
    const Finished finished = own.sweep.run();
    EXPECT_EQ(finished.exit_code, 2);
    EXPECT_THAT(finished.err, HasSubstr(refusal));
    EXPECT_EQ(own.sweep.steps_logged(), 0);
  }
}

}  // namespace
}  // namespace imp::test
