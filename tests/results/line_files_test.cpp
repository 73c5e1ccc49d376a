// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "results/run_files.h"
#include "results/store_error.h"
#include "tests/results/run_folder.h"

namespace imp::results {
namespace {

using ::testing::HasSubstr;
using testing::json;

class PredictionFile : public ::testing::Test {
 protected:
  std::vector<Answer> read(const std::string& content) {
    testing::write_file(file_, content);
    return read_answers(file_);
  }
  std::string refusal(const std::string& content) {
    try {
      (void)read(content);
    } catch (const StoreError& error) {
      return error.what();
    }
    return "read";
  }

  testing::TemporaryFolder folder_;
  std::filesystem::path file_ = folder_.path() / "scenetext.jsonl";
};

TEST_F(PredictionFile, ComesBackAsAnyJsonWriterWroteIt) {
  std::mt19937 random(7);
  const auto some_text = [&] {
    const std::vector<std::string> parts{"a",      "\"", "\\", "\n", "\t", "é", "漢",
                                         "\u0001", "{",  "]",  ",",  "😀",  " "};
    std::string text;
    for (auto n = random() % 12; n > 0; --n) text += parts[random() % parts.size()];
    return text;
  };
  std::vector<json> written;
  std::string content;
  for (int i = 0; i < 500; ++i) {
    json line{{"question_id", i % 2 == 0 ? json(i) : json(some_text() + std::to_string(i))},
              {"image_id", i % 3 == 0 ? json(-i) : json(some_text())},
              {"prediction", some_text()},
              {"score", i % 5 == 0 ? json(i % 2) : json(std::ldexp(static_cast<double>(random()), -32))}};
    if (i % 4 != 0) line["family"] = i % 7 == 0 ? json(nullptr) : json(some_text());
    if (i % 3 != 0) line["question_tokens"] = i % 11 == 0 ? json(9.0) : json(random() % 1000);
    if (i % 6 != 0) line["answer_tokens"] = i % 13 == 0 ? json(nullptr) : json(random() % 10);
    if (i % 9 == 0) line["more"] = {{"deep", {1, {2, "x"}}}};
    content += line.dump(-1, ' ', i % 8 == 0) + (i % 10 == 0 ? "\r\n\n" : "\n");
    written.push_back(std::move(line));
  }
  content.pop_back();  // the last line needs no newline
  const std::vector<Answer> answers = read(content);
  ASSERT_EQ(answers.size(), written.size());
  const auto id = [](const json& value) {
    return value.is_string() ? value.get<std::string>() : value.dump();
  };
  const auto count = [](const json& line, const char* key) {
    return line.contains(key) && !line[key].is_null() ? std::optional(line[key].get<std::int64_t>())
                                                      : std::nullopt;
  };
  for (std::size_t i = 0; i < written.size(); ++i) {
    SCOPED_TRACE(written[i].dump());
    EXPECT_EQ(answers[i].question_id, id(written[i]["question_id"]));
    EXPECT_EQ(answers[i].image_id, id(written[i]["image_id"]));
    EXPECT_EQ(answers[i].prediction, written[i]["prediction"].get<std::string>());
    EXPECT_EQ(answers[i].score, written[i]["score"].get<double>());
    EXPECT_EQ(answers[i].family, written[i].contains("family") && written[i]["family"].is_string()
                                     ? written[i]["family"].get<std::string>()
                                     : "");
    EXPECT_EQ(answers[i].question_tokens, count(written[i], "question_tokens"));
    EXPECT_EQ(answers[i].answer_tokens, count(written[i], "answer_tokens"));
  }
}

TEST_F(PredictionFile, ThatIsOddIsToldWithItsLine) {
  const std::string good = R"({"question_id": 1, "image_id": 1, "prediction": "", "score": 1})";
  const std::vector<std::pair<std::string, std::string>> cases{
      {R"({"question_id": 2, "image_id": 1, "prediction": "", "score": "high"})",
       "key 'score' is \"high\"; it should be a number"},
      {R"({"question_id": 2, "image_id": 1, "prediction": "", "score": 1e999})",
       "holds a number that no computer's"},
      {R"({"question_id": 2, "image_id": 1, "prediction": ""})", "key 'score' is missing"},
      {R"({"question_id": 2.5, "image_id": 1, "prediction": "", "score": 1})",
       "should be a string or a whole number"},
      {R"({"question_id": 2, "image_id": null, "prediction": "", "score": 1})", "key 'image_id' is missing"},
      {R"({"question_id": 2, "image_id": 1, "prediction": 3, "score": 1})",
       "key 'prediction' is 3; it should be a string"},
      {R"({"question_id": 2, "image_id": 1, "prediction": "", "score": 1} {})", "not valid JSON"},
      {R"({"question_id": 2, "image_id": 1, "prediction": ")"
       "\xff"
       R"(", "score": 1})",
       "not valid JSON"},
      {R"({"question_id": 2, "image_id": 1, "predi)", "not valid JSON"},
      {R"([1])", "should be a JSON object"},
      {good, "question_id '1' comes twice"}};
  for (const auto& [line, says] : cases) {
    EXPECT_THAT(refusal(good + "\n\n" + line + "\n"), HasSubstr("scenetext.jsonl:3")) << line;
    EXPECT_THAT(refusal(good + "\n\n" + line + "\n"), HasSubstr(says)) << line;
  }
}

}  // namespace
}  // namespace imp::results
