// SPDX-License-Identifier: Apache-2.0
// Answers as other programs write them. The layouts are those of LLaVA's eval scripts, of the test servers,
// of lmms-eval and of OCRBench's and MME's own tools; the right scores follow from the answers by hand.
#include "eval/predictions/answer_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "eval/predictions/answer_matching.h"
#include "eval/predictions/score.h"
#include "models/io/error.h"
#include "models/io/file.h"
#include "tests/eval/temporary_folder.h"

namespace imp::eval {
namespace {

using testing::HasSubstr;

const std::filesystem::path kData = IMP_TEST_DATA "/benchmarks";

Benchmark textvqa() {
  return load_benchmark("textvqa", kData / "textvqa/TextVQA_0.5.1_val.json", {});
}

Benchmark pope() {
  return load_benchmark("pope", kData / "pope", {});
}

/// Ids and answers, `id=answer` a word, as they are read from a file of this text.
std::string read(const Benchmark& benchmark, const std::string& text) {
  const test::TemporaryFolder folder;
  write_file_atomically(folder / "answers", text);
  std::string all;
  for (const Prediction& prediction : read_answers(folder / "answers", benchmark))
    all += (all.empty() ? "" : " ") + prediction.question_id.text + "=" + prediction.text;
  return all;
}

std::string refusal(const Benchmark& benchmark, const std::string& text) {
  const test::TemporaryFolder folder;
  write_file_atomically(folder / "answers", text);
  try {
    (void)read_answers(folder / "answers", benchmark);
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), 2);
    return std::string(error.what()).substr(std::string(error.what()).find("answers:") + 8);
  }
  return "accepted";
}

struct Layout {
  const char* name;
  std::string text;
};

void PrintTo(const Layout& layout, std::ostream* out) {
  *out << layout.name;
}

class AnswerLayouts : public testing::TestWithParam<Layout> {};

TEST_P(AnswerLayouts, GiveTheSameAnswers) {
  EXPECT_EQ(read(textvqa(), GetParam().text), "34602=dakota 34603=copenhagen");
}

INSTANTIATE_TEST_SUITE_P(
    Textvqa, AnswerLayouts,
    testing::Values(
        Layout{"Ours",
               "{\"question_id\":34602,\"image_id\":\"a\",\"prediction\":\"dakota\",\"score\":0.5}\n"
               "{\"question_id\":34603,\"prediction\":\"copenhagen\",\"score\":null,\"answer_tokens\":3}\n"},
        Layout{
            "LlavasLines",
            "{\"question_id\": 34602, \"prompt\": \"q\", \"text\": \"dakota\", \"answer_id\": \"x1\", "
            "\"model_id\": "
            "\"m\", \"metadata\": {}}\n{\"question_id\": 34603, \"prompt\": \"q\", \"text\": \"copenhagen\", "
            "\"answer_id\": \"x2\", \"model_id\": \"m\", \"metadata\": {}}\n"},
        Layout{
            "LlavasLinesWithWindowsLineEndsAndAByteOrderMark",
            "\xEF\xBB\xBF{\"question_id\": \"34602\", \"text\": \"dakota\"}\r\n{\"question_id\": \"34603\", "
            "\"text\": \"copenhagen\"}\r\n\r\n"},
        Layout{"SubmissionList",
               "[{\"question_id\": 34602, \"answer\": \"dakota\"}, {\"question_id\": 34603, \"answer\": "
               "\"copenhagen\"}]\n"},
        Layout{"IndentedListOfOtherKeys",
               "[\n  {\n    \"questionId\": \"34602\",\n    \"prediction\": \"dakota\"\n  },\n  {\n    "
               "\"questionId\": 34603.0,\n    \"answer\": \"copenhagen\"\n  }\n]\n"},
        Layout{"PredictionsBesideRightAnswers",
               "[{\"question_id\":34602,\"answer\":\"right\",\"pred\":\"dakota\"},"
               "{\"question_id\":34603,\"answer\":[\"a\",\"b\"],\"pred\":\"copenhagen\"}]"},
        Layout{"ObjectById", "{\"34602\": \"dakota\", \"34603\": \"copenhagen\"}"},
        Layout{"LlavasScienceqaResults",
               "{\"acc\": 50.0, \"correct\": 1, \"count\": 2, \"results\": {\"34602\": 0, \"34603\": -1}, "
               "\"outputs\": {\"34602\": \"dakota\", \"34603\": \"copenhagen\"}}"},
        Layout{"LmmsEvalsSamples",
               "{\"doc_id\": 0, \"target\": \"['a']\", \"filtered_resps\": [\"dakota\"], \"doc_hash\": "
               "\"h\", \"input\": "
               "\"What is the brand of this camera?\\nAnswer the question using a single word or phrase.\"}\n"
               "{\"doc_id\": 1, \"target\": \"['a']\", \"resps\": [[\"Copenhagen\"]], \"filtered_resps\": "
               "[\"copenhagen\"], \"doc_hash\": \"h\", \"input\": \"What does the small white text "
               "spell?\\nAnswer.\"}\n"},
        Layout{"LmmsEvalsSamplesWithTheIdInAMetric",
               "{\"doc_id\": 7, \"resps\": [[\"dakota\"]], \"submission\": {\"question_id\": 34602, "
               "\"answer\": \"x\"}}\n"
               "{\"doc_id\": 8, \"filtered_resps\": \"copenhagen\", \"exact_match\": 1.0, \"submission\": "
               "{\"question_id\": 34603, \"answer\": \"x\"}}\n"},
        Layout{"LmmsEvalsOlderLog",
               "{\"args\": {}, \"logs\": [{\"doc_id\": 7, \"doc\": {\"question_id\": 34602}, \"resps\": "
               "[[\"dakota\"]]}, "
               "{\"doc_id\": 8, \"doc\": {\"question_id\": 34603}, \"filtered_resps\": [\"copenhagen\"]}]}"},
        Layout{"TabSeparated", "index\tquestion\tprediction\n34602\tq\tdakota\n34603\tq\tcopenhagen\n"},
        Layout{"CommaSeparated",
               ",question_id,answer,prediction\r\n0,34602.0,x,\"dakota\"\r\n1,34603.0,x,copenhagen\r\n"},
        Layout{"LlavasLinesByPicture",
               "{\"question_id\": \"003a8ae2ef43b901\", \"prompt\": \"What is the brand of this "
               "camera?\\nReference OCR "
               "token: a\\nAnswer the question using a single word or phrase.\", \"text\": \"dakota\"}\n"
               "{\"question_id\": \"0054c91397f2fe05\", \"prompt\": \"what does the small white text "
               "spell?\\nAnswer "
               "the question using a single word or phrase.\", \"text\": \"copenhagen\"}\n"}),
    [](const auto& test_case) { return std::string(test_case.param.name); });

TEST(AnswerFiles, PictureWithTwoQuestionsIsTakenByTheWordsOfThePrompt) {
  const test::TemporaryFolder folder;
  const auto item = [](int id, const std::string& question) {
    return R"({"question_id":)" + std::to_string(id) + R"(,"image_id":"p","question":")" + question +
           R"(","answers":["a","a","a","a","a","a","a","a","a","a"]})";
  };
  write_file_atomically(folder / "a.json", "{\"data\":[" + item(1, "what is this") + "," +
                                               item(2, "what is this brand?") + "," +
                                               item(3, "what is this") + "]}");
  const Benchmark benchmark = load_benchmark("textvqa", folder / "a.json", {});
  const auto line = [](const std::string& prompt, const std::string& text) {
    return "{\"question_id\":\"p\",\"prompt\":\"" + prompt + "\\nAnswer.\",\"text\":\"" + text + "\"}\n";
  };
  EXPECT_EQ(read(benchmark,
                 line("What is this  brand?", "b") + line("What is this", "x") + line("What is this", "y")),
            "2=b 1=x 3=y");
  EXPECT_EQ(read(benchmark, "{\"question_id\":\"p\",\"text\":\"b\"}"), "p=b")
      << "three questions it could answer";
}

TEST(AnswerFiles, LlavasNumbersOfPopesQuestions) {
  // llava_pope_test.jsonl: adversarial from 1, random from 10000001, popular from 20000001.
  const auto line = [](long id, const std::string& thing, const std::string& text) {
    return "{\"question_id\": " + std::to_string(id) + ", \"prompt\": \"Is there a " + thing +
           " in the image?\\nAnswer the question using a single word or phrase.\", \"text\": \"" + text +
           "\"}\n";
  };
  EXPECT_EQ(read(pope(), line(2, "chair", "No") + line(10000002, "dog", "a") + line(20000002, "person", "b")),
            "adversarial/2=No random/2=a popular/2=b");
  EXPECT_EQ(read(pope(), line(2, "zebra", "No")), "2=No")
      << "a question of other words is not taken for one of ours";
}

TEST(AnswerFiles, LlavasAnswersToAllOfPopeScoredOnOneFileAreTakenWhereTheyAskItsQuestions) {
  const Benchmark popular = load_benchmark("pope", kData / "pope/coco_pope_popular.json", {});
  const auto line = [](long id, const std::string& thing) {
    return "{\"question_id\": " + std::to_string(id) + ", \"prompt\": \"Is there a " + thing +
           " in the image?\\nAnswer.\", \"text\": \"" + thing + "\"}\n";
  };
  EXPECT_EQ(read(popular, line(2, "dog") + line(10000002, "chair") + line(20000002, "person")),
            "2 (asks something else)=dog 10000002=chair 2=person");
}

TEST(AnswerFiles, PopesPartsAreToldByCategoryAndByPlace) {
  EXPECT_EQ(read(pope(), R"([{"question_id":"2","category":"popular","answer":"no"}])"), "popular/2=no");
  // POPE's own answers have no ids; lmms-eval's doc_id counts adversarial, popular, random.
  std::string answers, samples;
  int number = 0;
  for (const char* thing :
       {"snowboard", "chair", "car", "snowboard", "person", "car", "snowboard", "dog", "car"}) {
    const std::string question = "Is there a " + std::string(thing) + " in the image?",
                      n = std::to_string(number);
    answers += "{\"question\": \"" + question + "\", \"answer\": \"" + n + "\"}\n";
    samples += "{\"doc_id\": " + n + ", \"input\": \"" + question + "\\nAnswer.\", \"filtered_resps\": [\"" +
               n + "\"], \"pope_accuracy\": {\"question_id\": \"" + std::to_string(number % 3 + 1) +
               "\", \"score\": 1.0}}\n";
    ++number;
  }
  const std::string expected =
      "adversarial/1=0 adversarial/2=1 adversarial/3=2 popular/1=3 popular/2=4 popular/3=5 random/1=6 "
      "random/2=7 "
      "random/3=8";
  // Ids of three files whose answers were put together in another order than ours.
  std::string put_together;
  for (int i = 0; i < 9; ++i) {
    const char* const things[] = {"snowboard", "chair",     "car", "snowboard", "person",
                                  "car",       "snowboard", "dog", "car"};
    put_together += "{\"question_id\": " + std::to_string(i % 3 + 1) + ", \"prompt\": \"Is there a " +
                    things[i] + " in the image?\\nAnswer.\", \"text\": \"" + std::to_string(i) + "\"}\n";
  }
  EXPECT_EQ(read(pope(), put_together), expected);
  EXPECT_THAT(read(pope(), R"([{"question_id":1,"answer":"a"},{"question_id":1,"answer":"b"}])"),
              testing::AllOf(HasSubstr("1=a"), testing::Not(HasSubstr("/"))))
      << "which of the three files is not said";
  EXPECT_EQ(read(pope(), answers), expected);
  EXPECT_EQ(read(pope(), samples), expected);
}

TEST(AnswerFiles, ThreeFilesOfIdsInOneAreTakenByPlace) {
  const test::TemporaryFolder folder;
  const auto line = [](int id) {
    return "{\"question_id\":" + std::to_string(id) +
           R"(,"image":"a.jpg","text":"q?","label":"yes"})"
           "\n";
  };
  write_file_atomically(folder / "a.json", line(1) + line(2) + line(1) + line(2));
  EXPECT_EQ(read(load_benchmark("pope", folder / "a.json", {}),
                 R"([{"question_id":1,"answer":"a"},{"question_id":2,"answer":"b"},)"
                 R"({"question_id":1,"answer":"c"},{"question_id":2,"answer":"d"}])"),
            "1/1=a 1/2=b 2/1=c 2/2=d");
}

TEST(AnswerFiles, OcrbenchsResultsNameDataSetAndId) {
  const Benchmark benchmark = load_benchmark("ocrbench", kData / "ocrbench/OCRBench.json", {});
  EXPECT_EQ(read(benchmark,
                 R"([{"dataset_name":"FUNSD","id":2,"question":"q","answers":["$ 12"],"predict":"x"},)"
                 R"({"dataset_name":"IIIT5K","id":2,"question":"q","answers":["CENTRE"],"predict":"y"}])"),
            "2=x 0=y");
  EXPECT_EQ(read(benchmark, R"([{"id":2,"predict":"x"},{"id":1,"predict":"y"},{"id":2,"predict":"z"}])"),
            "0=x 1=y 2=z")
      << "the ids of the file, row by row";
}

TEST(AnswerFiles, VizwizsServerTakesPictures) {
  EXPECT_EQ(read(load_benchmark("vizwiz", kData / "vizwiz/val.json", {}),
                 R"([{"image": "VizWiz_val_00000028.jpg", "answer": "bud light"}])"),
            "VizWiz_val_00000028.jpg=bud light");
}

TEST(AnswerFiles, MmeByLlavaAndInTheLayoutOfItsTool) {
  const Benchmark benchmark = load_benchmark("mme", kData / "mme", {});
  EXPECT_EQ(read(benchmark,
                 "{\"question_id\": \"code_reasoning/0020.png\", \"prompt\": \"The image shows a python "
                 "code. Is the "
                 "output of the code 'World'?\\nAnswer the question using a single word or phrase.\", "
                 "\"text\": \"No\"}\n"
                 "{\"question_id\": \"code_reasoning/0020.png\", \"prompt\": \"The image shows a python "
                 "code. Is the "
                 "output of the code 'Hello'? Please answer yes or no.\\nAnswer.\", \"text\": \"Yes\"}\n"),
            "code_reasoning/0020.png/2=No code_reasoning/0020.png/1=Yes");
  const test::TemporaryFolder folder;
  write_file_atomically(
      folder / "results" / "OCR.txt",
      "0001.txt\tIs the word in the logo \"angle's\"?  Please answer yes or no.\tNo\tNo\r\n"
      "0002.jpg\tIs the word in the logo \"c\"? Please answer yes or no.\tYes\tYes, it is.\n");
  const std::vector<Prediction> read_back = read_answers(folder / "results", benchmark);
  ASSERT_EQ(read_back.size(), 2U);
  EXPECT_EQ(read_back[0].question_id.text, "OCR/0001.jpg/2");
  EXPECT_EQ(read_back[0].text, "No");
  EXPECT_EQ(read_back[1].question_id.text, "OCR/0002.jpg/1");
}

TEST(AnswerFiles, OtherFilesAreRefusedNamingTheLayouts) {
  const std::string layouts = "read are JSON lines or a list of ";
  for (const char* text : {"hello\n", "{\"a\":{\"b\":1}}", "a,b\n1,2\n", "[{\"question_id\":1}]",
                           "question_id\tx\n1\t2\n", "{\"question_id\":1,\"prediction\":[\"a\",\"b\"]}\n",
                           "[{\"prediction\":\"a\"}]", "PK\x03\x04 a workbook"})
    EXPECT_THAT(refusal(textvqa(), text), HasSubstr(layouts)) << text;
  EXPECT_THAT(refusal(textvqa(), "{\"question_id\":1,\"prediction\":\"a\"}\n{\"question_id\":2}\n"),
              testing::StartsWith("2:1: no answer in the row; "));
  EXPECT_THAT(refusal(textvqa(), "[1, 2]"), HasSubstr("1:2: JSON of another shape"));
  EXPECT_THAT(refusal(textvqa(), "PK\x03\x04"), HasSubstr("an Excel table; save it as .tsv or .csv"));
}

TEST(AnswerFiles, QuestionsAreNotTakenForAnswers) {
  EXPECT_THAT(refusal(pope(), read_file(kData / "pope/coco_pope_random.json")),
              HasSubstr("a question, whose 'text' is what is asked, not an answer"));
  EXPECT_THAT(refusal(textvqa(), read_file(kData / "mmbench/mmbench_dev.tsv")),
              HasSubstr("a table of questions, whose 'answer' is the right one"));
  EXPECT_THAT(refusal(textvqa(), read_file(kData / "textvqa/TextVQA_0.5.1_val.json")),
              HasSubstr("no answer in the row"));
}

TEST(AnswerFiles, RowsWithoutIdsThatAskOtherQuestionsAreRefused) {
  EXPECT_THAT(
      refusal(textvqa(), "{\"question\":\"what is that?\",\"answer\":\"a\"}\n"),
      HasSubstr("row 1 has no id of a question, and by their places the rows do not ask the 4 questions of "
                "textvqa; give each row its 'question_id'"));
}

TEST(AnswerFiles, MissingRepeatedAndUnknownAnswersAreCounted) {
  const test::TemporaryFolder folder;
  write_file_atomically(folder / "a.json",
                        R"([{"question_id":34602,"answer":"a"},{"question_id":34602,"answer":"b"},)"
                        R"({"question_id":9,"answer":"c"}])");
  const Benchmark benchmark = textvqa();
  const ScoreReport report = score_predictions(benchmark, read_answers(folder / "a.json", benchmark));
  EXPECT_EQ(
      describe(report.problems),
      "questions without an answer: 3 (34603, 34604, 34605), repeated answers: 1 (34602), answers to unknown "
      "questions: 1 (9)");
}

TEST(AnswerFiles, PromptAsksAQuestionWhateverItsCaseAndSpaces) {
  EXPECT_TRUE(asks("USER: What  is\nthis?\nAnswer.", "what is this?"));
  EXPECT_TRUE(asks("Is it red?", "Is it red? Please answer yes or no."));
  EXPECT_FALSE(asks("What is that?", "what is this?"));
  EXPECT_FALSE(asks("", "what is this?"));
}

}  // namespace
}  // namespace imp::eval
