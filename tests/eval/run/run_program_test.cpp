// SPDX-License-Identifier: Apache-2.0
// imp-eval run on a tiny LLaVA of random weights.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <nlohmann/json.hpp>
#include <thread>

#include "eval/benchmarks/benchmark.h"
#include "eval/predictions/prediction.h"
#include "models/image/codec.h"
#include "models/io/file.h"
#include "tests/eval/run/tiny_llava.h"
#include "tests/faults/process.h"

namespace imp::eval {
namespace {

namespace fs = std::filesystem;
using imp::test::Finished;
using nlohmann::json;

/// A picture of one colour, another for each number.
void write_picture(const fs::path& path, unsigned number) {
  models::Image image;
  image.width = 30;
  image.height = 20;
  image.pixels.resize(30 * 20 * 3);
  for (size_t i = 0; i < image.pixels.size(); ++i)
    image.pixels[i] = static_cast<std::uint8_t>((number * 37 + (i % 3) * 80 + i / 90 * number) % 256);
  write_file_atomically(path, models::encode_png(image));
}

std::string base64_of(const std::string& bytes) {
  static const std::string kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    unsigned group = 0;
    for (size_t k = 0; k < 3; ++k)
      group = group << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    for (size_t k = 0; k < 4; ++k) text += i + k > bytes.size() ? '=' : kDigits[group >> (18 - 6 * k) & 63];
  }
  return text;
}

class RunProgram : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = std::make_unique<imp::test::TemporaryFolder>();
    test::write_tiny_llava(root() / "model", 3);
    test::write_tiny_llava(root() / "other_model", 4);
    const fs::path source = IMP_TEST_DATA "/benchmarks";
    fs::create_directories(root() / "data");
    for (const char* name : {"textvqa", "pope", "gqa"})
      fs::copy(source / name, root() / "data" / name, fs::copy_options::recursive);
    fs::create_directories(root() / "data/vqav2");
    fs::copy_file(
        source / "vqav2/v2_OpenEnded_mscoco_val2014_questions.json",
        root() / "data/vqav2/v2_OpenEnded_mscoco_val2014_questions.json");  // without the annotations
    draw("textvqa", "TextVQA_0.5.1_val.json", "train_images");
    draw("pope", "", "val2014");
    draw("gqa", "testdev_balanced_questions.json", "images");
    draw("vqav2", "v2_OpenEnded_mscoco_val2014_questions.json", "val2014");
    write_scenetext();
  }
  static void TearDownTestSuite() { folder_.reset(); }

  static fs::path root() { return folder_->path(); }
  static std::string scenetext() { return (root() / "scenetext/test.json").string(); }

  static void draw(const std::string& name, const std::string& annotations, const std::string& images) {
    const fs::path at = root() / "data" / name;
    unsigned number = 0;
    for (const Question& question : load_benchmark(name, at / annotations, at / images).questions)
      write_picture(question.image_path, ++number);
  }

  /// 90 questions about 25 pictures, in TextVQA's layout.
  static void write_scenetext() {
    json data = json::array();
    for (int i = 0; i < 90; ++i) {
      const std::string picture = fmt::format("p{}", i * 7 % 25);
      write_picture(root() / "scenetext/images" / (picture + ".jpg"), static_cast<unsigned>(i * 7 % 25));
      data.push_back({{"question_id", i},
                      {"image_id", picture},
                      {"question", fmt::format("What is {} in the {} line?", i * i, i % 3)},
                      {"answers", std::vector<std::string>(10, "word")}});
    }
    write_file_atomically(scenetext(), json{{"data", data}}.dump());
  }

  static std::vector<std::string> command(const fs::path& output, const std::vector<std::string>& more) {
    std::vector<std::string> all{
        "imp-eval", "run", (root() / "model").string(), "-o", output.string(), "--max-new-tokens", "12"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  static std::vector<std::string> on_scenetext(std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"--benchmark", "scenetext", "--annotations", scenetext(), "--images",
                               (root() / "scenetext/images").string()});
    return more;
  }
  static Finished run(const fs::path& output, const std::vector<std::string>& more) {
    return imp::test::run_program(command(output, more));
  }
  static std::string answers(const fs::path& output, const std::string& name = "scenetext") {
    return read_file(output / "predictions" / (name + ".jsonl"));
  }

  static inline std::unique_ptr<imp::test::TemporaryFolder> folder_;
};

TEST_F(RunProgram, AllBenchmarksOfAFolderAreAskedAndScored) {
  const fs::path out = root() / "all";
  const Finished done = run(out, {"--benchmark", "all", "--data", (root() / "data").string()});
  ASSERT_EQ(done.exit_code, 0) << done.err;
  const json results = json::parse(read_file(out / "results.json"));
  std::vector<std::string> names;
  for (const json& one : results["benchmarks"]) names.push_back(one["benchmark"]);
  EXPECT_EQ(names, (std::vector<std::string>{"gqa", "pope", "textvqa", "vqav2"}));
  for (const char* name : {"gqa", "pope", "textvqa"}) {
    const std::vector<Prediction> predictions =
        read_predictions(out / "predictions" / (std::string(name) + ".jsonl"));
    const fs::path at = root() / "data" / name;
    const std::string file =
        name == std::string("gqa") ? "testdev_balanced_questions.json" : "TextVQA_0.5.1_val.json";
    const Benchmark benchmark = load_benchmark(name, name == std::string("pope") ? at : at / file, {});
    ASSERT_EQ(predictions.size(), benchmark.questions.size());
    for (size_t i = 0; i < predictions.size(); ++i) {
      EXPECT_EQ(predictions[i].question_id, benchmark.questions[i].question_id);
      EXPECT_EQ(predictions[i].image_id, benchmark.questions[i].image_id);
      EXPECT_TRUE(predictions[i].score.has_value());
      EXPECT_GT(predictions[i].question_tokens.value_or(0), 9);
    }
  }
  // The answers of vqav2's server are not here: nothing is scored, and its file is written.
  const json submission = json::parse(read_file(out / "submissions/vqav2.json"));
  const std::vector<Prediction> asked = read_predictions(out / "predictions/vqav2.jsonl");
  ASSERT_EQ(submission.size(), asked.size());
  EXPECT_EQ(submission[0]["answer"], asked[0].text);
  EXPECT_EQ(submission[0]["question_id"], std::stoll(asked[0].question_id.text));
  EXPECT_FALSE(asked[0].score.has_value());
}

TEST_F(RunProgram, WritesWhatUsersOfLmmsEvalLoad) {
  const fs::path out = root() / "lmms";
  ASSERT_EQ(run(out, {"--benchmark", "textvqa", "--data", (root() / "data").string()}).exit_code, 0);
  size_t results = 0, samples = 0;
  for (const auto& entry : fs::directory_iterator(out / "lmms_eval/model")) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with("_results.json")) {
      ++results;
      const json all = json::parse(read_file(entry.path()));
      EXPECT_TRUE(all["results"]["textvqa_val"]["exact_match,none"].is_number());
      EXPECT_EQ(all["n-samples"]["textvqa_val"]["effective"], 4);
    }
    if (name.find("_samples_textvqa_val.jsonl") == std::string::npos) continue;
    ++samples;
    const json first = json::parse(read_file(entry.path()).substr(0, read_file(entry.path()).find('\n')));
    for (const char* key : {"doc_id", "target", "filtered_resps", "doc_hash", "input", "exact_match"})
      EXPECT_TRUE(first.contains(key)) << key;
  }
  EXPECT_EQ(results, 1U);
  EXPECT_EQ(samples, 1U);
}

TEST_F(RunProgram, AnswersAreTheSameBytesWhateverTheJobsAndTheBatch) {
  ASSERT_EQ(run(root() / "one", on_scenetext({"--jobs", "1"})).exit_code, 0);
  const std::string expected = answers(root() / "one");
  EXPECT_EQ(std::count(expected.begin(), expected.end(), '\n'), 90);
  int number = 0;
  for (const std::vector<std::string>& more : {std::vector<std::string>{"--jobs", "3"},
                                               {"--batch", "1"},
                                               {"--batch", "5000", "--jobs", "2"},
                                               {"--kv-memory", "200KB"}}) {
    const fs::path out = root() / fmt::format("same{}", number++);
    const Finished done = run(out, on_scenetext(more));
    ASSERT_EQ(done.exit_code, 0) << done.err;
    EXPECT_EQ(answers(out), expected) << more.front() << ' ' << more.back();
  }
}

TEST_F(RunProgram, KilledAtAnyPointItGoesOnToTheSameFile) {
  ASSERT_EQ(run(root() / "whole", on_scenetext()).exit_code, 0);
  const fs::path out = root() / "killed", unfinished = out / "predictions/scenetext.unfinished.jsonl";
  const auto lines = [&] {
    if (!fs::exists(unfinished)) return std::ptrdiff_t{0};
    const std::string content = read_file(unfinished);
    return std::count(content.begin(), content.end(), '\n');
  };
  std::ptrdiff_t before = 0;
  for (const std::ptrdiff_t more : {1, 5, 20, 25, 15}) {
    imp::test::Process process(command(out, on_scenetext({"--batch", "40"})));
    while (process.running() && lines() < before + more)
      std::this_thread::sleep_for(std::chrono::microseconds(200));
    process.signal(SIGKILL);
    (void)process.wait();
    if (!fs::exists(unfinished)) break;  // it was faster
    EXPECT_GE(lines(), before + more);
    before = lines();
  }
  const Finished last = run(out, on_scenetext());
  ASSERT_EQ(last.exit_code, 0) << last.err;
  EXPECT_EQ(answers(out), answers(root() / "whole"));
  EXPECT_FALSE(fs::exists(unfinished));
  // Nothing is asked again when all is there.
  EXPECT_EQ(run(out, on_scenetext()).err.find("of them now"), std::string::npos);
  EXPECT_EQ(answers(out), answers(root() / "whole"));
}

TEST_F(RunProgram, AHalfWrittenLineIsAskedAgainAndALimitIsRaised) {
  const fs::path out = root() / "half";
  ASSERT_EQ(run(root() / "full", on_scenetext()).exit_code, 0);
  ASSERT_EQ(run(out, on_scenetext({"--limit", "10"})).exit_code, 0);
  EXPECT_EQ(read_predictions(out / "predictions/scenetext.jsonl").size(), 10U);
  write_file_atomically(out / "predictions/scenetext.unfinished.jsonl", "{\"question_id\": 11, \"predic");
  ASSERT_EQ(run(out, on_scenetext()).exit_code, 0);
  EXPECT_EQ(answers(out), answers(root() / "full"));
}

TEST_F(RunProgram, AnswersOfOtherSettingsAreNotMixed) {
  const fs::path out = root() / "settings";
  ASSERT_EQ(run(out, on_scenetext({"--limit", "5"})).exit_code, 0);
  const std::string before = answers(out);
  const Finished refused = run(out, on_scenetext({"--conversation", "llava_v1"}));
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_NE(refused.err.find("conversation was \"bare_v1\" and is \"llava_v1\" now"), std::string::npos)
      << refused.err;
  std::vector<std::string> other = command(out, on_scenetext());
  other[2] = (root() / "other_model").string();
  EXPECT_EQ(imp::test::run_program(other).exit_code, 2);
  EXPECT_EQ(answers(out), before);
}

TEST_F(RunProgram, AbsentPicturesAreNamedBeforeTheCheckpointIsLoaded) {
  fs::create_directories(root() / "not_a_model");
  std::vector<std::string> line = command(
      root() / "absent",
      {"--benchmark", "scenetext", "--annotations", scenetext(), "--images", (root() / "nowhere").string()});
  line[2] = (root() / "not_a_model").string();
  const Finished done = imp::test::run_program(line);
  EXPECT_EQ(done.exit_code, 2);
  EXPECT_NE(done.err.find("scenetext: 25 of 25 pictures are absent"), std::string::npos) << done.err;
  EXPECT_NE(done.err.find("nowhere"), std::string::npos);
  EXPECT_FALSE(fs::exists(root() / "absent"));
}

TEST_F(RunProgram, UnreadablePicturesAreAllNamedBeforeTheCheckpointIsLoaded) {
  const fs::path images = root() / "unreadable";
  fs::copy(root() / "scenetext/images", images);
  write_file_atomically(images / "p7.jpg", "<html>404</html>");
  fs::resize_file(images / "p3.jpg", fs::file_size(images / "p3.jpg") / 2);
  const std::vector<std::string> more{"--benchmark", "scenetext", "--annotations",
                                      scenetext(),   "--images",  images.string()};
  std::vector<std::string> without_checkpoint = command(root() / "unreadable_out", more);
  without_checkpoint[2] = (root() / "unreadable").string();
  const Finished done = imp::test::run_program(without_checkpoint);
  EXPECT_EQ(done.exit_code, 2);
  for (const char* part :
       {"scenetext: 2 of 25 pictures cannot be read", "p7.jpg: is a web page", "p3.jpg: the PNG is cut off"})
    EXPECT_NE(done.err.find(part), std::string::npos) << done.err;
  // The first question is about another picture.
  std::vector<std::string> few = more;
  few.insert(few.end(), {"--limit", "1"});
  EXPECT_EQ(run(root() / "unreadable_few", few).exit_code, 0);
}

TEST_F(RunProgram, PicturesOfMmbenchAreUnpackedAsFarAsTheyAreAsked) {
  const auto picture = [](unsigned number) {
    write_picture(root() / "packed.png", number);
    return base64_of(read_file(root() / "packed.png"));
  };
  std::string table = "index\tquestion\thint\tA\tB\tC\tD\tanswer\tcategory\timage\n";
  for (unsigned i = 1; i <= 5; ++i)
    table += fmt::format("{}\tWhat?\tnan\tcat\tdog\t\t\tA\tkind\t{}\n", i, picture(i));
  write_file_atomically(root() / "mmbench.tsv", table);
  const std::vector<std::string> more{"--benchmark", "mmbench", "--annotations",
                                      (root() / "mmbench.tsv").string()};
  const auto unpacked = [&](std::vector<std::string> options) {
    options.insert(options.begin(), more.begin(), more.end());
    const Finished done = run(root() / "mmbench_out", options);
    EXPECT_EQ(done.exit_code, 0) << done.err;
    return std::distance(fs::directory_iterator(root() / "mmbench_out/mmbench_images"),
                         fs::directory_iterator());
  };
  EXPECT_EQ(unpacked({"--limit", "2"}), 2);
  EXPECT_EQ(unpacked({}), 5);
}

TEST_F(RunProgram, PromptsCanBeOverridden) {
  const fs::path prompts = root() / "prompts.yaml";
  write_file_atomically(prompts, "scenetext: \"Look closely. {question}\\nOne word.\"\n");
  ASSERT_EQ(run(root() / "plain", on_scenetext({"--limit", "5"})).exit_code, 0);
  ASSERT_EQ(run(root() / "prompted", on_scenetext({"--limit", "5", "--prompts", prompts.string()})).exit_code,
            0);
  const auto plain = read_predictions(root() / "plain/predictions/scenetext.jsonl");
  const auto prompted = read_predictions(root() / "prompted/predictions/scenetext.jsonl");
  EXPECT_GT(prompted[0].question_tokens.value(), plain[0].question_tokens.value() + 3);
  write_file_atomically(prompts, "scenetext: \"no place for it\"\n");
  const Finished refused = run(root() / "refused", on_scenetext({"--prompts", prompts.string()}));
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_EQ(refused.err,
            prompts.string() + ":1:12: the prompt of 'scenetext' must be a text with {question}\n");
}

TEST_F(RunProgram, OptionsAreChosenByLikelihood) {
  const fs::path out = root() / "likelihood";
  const Finished done =
      run(out, {"--benchmark", "pope", "--data", (root() / "data").string(), "--likelihood"});
  ASSERT_EQ(done.exit_code, 0) << done.err;
  for (const Prediction& prediction : read_predictions(out / "predictions/pope.jsonl"))
    EXPECT_TRUE(prediction.text == "Yes" || prediction.text == "No") << prediction.text;
}

TEST_F(RunProgram, BeamsSamplingAndStopTexts) {
  ASSERT_EQ(run(root() / "greedy", on_scenetext({"--limit", "20"})).exit_code, 0);
  ASSERT_EQ(run(root() / "beams1", on_scenetext({"--limit", "20", "--beams", "4", "--jobs", "1"})).exit_code,
            0);
  ASSERT_EQ(run(root() / "beams2", on_scenetext({"--limit", "20", "--beams", "4", "--jobs", "2"})).exit_code,
            0);
  EXPECT_EQ(answers(root() / "beams1"), answers(root() / "beams2"));
  EXPECT_NE(answers(root() / "beams1"), answers(root() / "greedy"));
  const std::vector<std::string> drawn{"--limit", "20", "--temperature", "1.0", "--seed", "5", "--jobs"};
  ASSERT_EQ(run(root() / "drawn1",
                on_scenetext({drawn[0], drawn[1], drawn[2], drawn[3], drawn[4], drawn[5], drawn[6], "1"}))
                .exit_code,
            0);
  ASSERT_EQ(run(root() / "drawn2",
                on_scenetext({drawn[0], drawn[1], drawn[2], drawn[3], drawn[4], drawn[5], drawn[6], "2"}))
                .exit_code,
            0);
  EXPECT_EQ(answers(root() / "drawn1"), answers(root() / "drawn2"));
  EXPECT_NE(answers(root() / "drawn1"), answers(root() / "greedy"));
  const std::string first = read_predictions(root() / "greedy/predictions/scenetext.jsonl")[0].text;
  const std::string stop = first.substr(first.size() / 2, 2);
  ASSERT_EQ(run(root() / "stopped", on_scenetext({"--limit", "20", "--stop", stop})).exit_code, 0);
  const auto stopped = read_predictions(root() / "stopped/predictions/scenetext.jsonl");
  for (const Prediction& prediction : stopped) EXPECT_EQ(prediction.text.find(stop), std::string::npos);
  EXPECT_LT(stopped[0].answer_tokens.value(), 12);
}

TEST_F(RunProgram, ItsFileScoresThoughAnAnswerIsEmpty) {
  ASSERT_EQ(run(root() / "said", on_scenetext({"--limit", "5"})).exit_code, 0);
  const std::string first = read_predictions(root() / "said/predictions/scenetext.jsonl")[0].text;
  const fs::path out = root() / "unsaid";
  const Finished asked = run(out, on_scenetext({"--stop", first.substr(0, 1)}));
  ASSERT_EQ(asked.exit_code, 0) << asked.err;
  EXPECT_NE(asked.err.find("scenetext: empty answers: "), std::string::npos) << asked.err;
  EXPECT_EQ(read_predictions(out / "predictions/scenetext.jsonl")[0].text, "");
  const Finished scored =
      imp::test::run_program({"imp-eval", "score", "--benchmark", "scenetext", "--annotations", scenetext(),
                              "--predictions", (out / "predictions/scenetext.jsonl").string()});
  EXPECT_EQ(scored.exit_code, 0) << scored.err;
  EXPECT_NE(scored.err.find("empty answers: "), std::string::npos) << scored.err;
}

TEST_F(RunProgram, MistakesOnTheCommandLineExitWithTwo) {
  EXPECT_EQ(run(root() / "x", {"--benchmark", "nonsense", "--annotations", scenetext()}).exit_code, 2);
  EXPECT_EQ(run(root() / "x", {"--benchmark", "textvqa"}).exit_code, 2);
  EXPECT_EQ(run(root() / "x", {"--benchmark", "all", "--data", (root() / "model").string()}).exit_code, 2);
  EXPECT_EQ(run(root() / "x", on_scenetext({"--dtype", "float64"})).exit_code, 2);
  EXPECT_EQ(imp::test::run_program({"imp-eval", "run", "--help"}).exit_code, 0);
  EXPECT_FALSE(fs::exists(root() / "x"));
}

}  // namespace
}  // namespace imp::eval
