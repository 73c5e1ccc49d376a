// SPDX-License-Identifier: Apache-2.0
// What the checks and timings of tokenizers, pictures and conversations ask of the libraries; needs no
// LibTorch.
#include <fmt/format.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <numeric>
#include <sstream>

#include "harness/data/llava_encoding.h"
#include "models/config/generation_config.h"
#include "models/conversation/encode_row.h"
#include "models/image/codec.h"
#include "models/image/image_processor.h"
#include "models/image/image_processor_keys.h"
#include "models/io/error.h"
#include "models/io/file.h"
#include "models/tokenizer/tokenizer.h"

namespace {

using namespace imp::models;  // NOLINT(google-build-using-namespace): one program
using Arguments = std::vector<std::string>;

std::vector<std::string> json_lines(const std::string& file) {
  std::istringstream lines(imp::read_file(file));
  std::vector<std::string> texts;
  for (std::string line; std::getline(lines, line);)
    texts.push_back(nlohmann::json::parse(line).get<std::string>());
  return texts;
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// tokenize DIR LINES OUT: a line {ids, decoded, plain} for each JSON string of LINES.
void tokenize(const Arguments& arguments) {
  const auto tokenizer = Tokenizer::load(arguments[0]);
  std::string out;
  for (const std::string& text : json_lines(arguments[1])) {
    const auto ids = tokenizer->encode(text);
    out +=
        nlohmann::json{
            {"ids", ids}, {"decoded", tokenizer->decode(ids, false)}, {"plain", tokenizer->decode(ids, true)}}
            .dump() +
        "\n";
  }
  imp::write_file_atomically(arguments[2], out);
}

/// time-tokenize DIR LINES: tokens and seconds of encoding all texts once, on one thread, the tokenizer
/// loaded before and nothing encoded yet.
void time_tokenize(const Arguments& arguments) {
  const auto tokenizer = Tokenizer::load(arguments[0]);
  const std::vector<std::string> texts = json_lines(arguments[1]);
  const auto start = std::chrono::steady_clock::now();
  std::size_t tokens = 0;
  for (const std::string& text : texts) tokens += tokenizer->encode(text).size();
  fmt::print("{}\n", nlohmann::json{{"tokens", tokens}, {"seconds", seconds_since(start)}}.dump());
}

/// time-process DIR LINES: seconds from the files to pixel values, and the values' sum, which the peer's must
/// equal.
void time_process(const Arguments& arguments) {
  const ImageProcessor processor = ImageProcessor::load(arguments[0]);
  const std::vector<std::string> paths = json_lines(arguments[1]);
  double seconds = 0, sum = 0;
  for (const std::string& path : paths) {
    const auto start = std::chrono::steady_clock::now();
    const PixelValues pixels = processor.process(read_image(path));
    seconds += seconds_since(start);
    sum += std::accumulate(pixels.values.begin(), pixels.values.end(), 0.0);
  }
  fmt::print("{}\n", nlohmann::json{{"seconds", seconds}, {"sum", sum}}.dump());
}

/// images REQUESTS OUT: a request is a JSON object {file, do: "decode" | "resize" | "crop" | "square", size,
/// filter, color}. Writes for each two little-endian int32, width and height, and its RGB bytes; or 0, the
/// length of the refusal, and its text.
void images(const Arguments& arguments) {
  std::istringstream lines(imp::read_file(arguments[0]));
  std::string out;
  const auto put = [&](std::int32_t value) {
    out.append(reinterpret_cast<const char*>(&value), sizeof value);
  };
  for (std::string line; std::getline(lines, line);) {
    const auto request = nlohmann::json::parse(line);
    const auto what = request["do"].get<std::string>();
    try {
      Image image = read_image(request["file"].get<std::string>());
      const auto side = [&](int i) {
        return request["size"][static_cast<std::size_t>(i)].get<std::int32_t>();
      };
      if (what == "resize")
        image = resize(image, side(0), side(1), static_cast<Filter>(request["filter"].get<int>()));
      if (what == "crop") image = center_crop(image, side(0), side(1));
      if (what == "square") {
        const auto color = request["color"].get<std::vector<std::uint8_t>>();
        image = expand_to_square(image, {color[0], color[1], color[2]});
      }
      put(image.width);
      put(image.height);
      out.append(image.pixels.begin(), image.pixels.end());
    } catch (const imp::Error& error) {
      const std::string text = error.what();
      put(0);
      put(static_cast<std::int32_t>(text.size()));
      out += text;
    }
  }
  imp::write_file_atomically(arguments[1], out);
}

/// process REQUESTS OUT: a request is a JSON object {directory, file}. Writes for each two little-endian
/// int32, height and width, and its pixel values as float32; or 0, the length of the refusal, and its text.
void process(const Arguments& arguments) {
  std::istringstream lines(imp::read_file(arguments[0]));
  std::string out;
  const auto put = [&](const void* bytes, std::size_t count) {
    out.append(static_cast<const char*>(bytes), count);
  };
  for (std::string line; std::getline(lines, line);) {
    const auto request = nlohmann::json::parse(line);
    try {
      const auto processor = ImageProcessor::load(request["directory"].get<std::string>());
      const PixelValues pixels = processor.process(read_image(request["file"].get<std::string>()));
      put(&pixels.height, sizeof pixels.height);
      put(&pixels.width, sizeof pixels.width);
      put(pixels.values.data(), pixels.values.size() * sizeof(float));
    } catch (const imp::Error& error) {
      const std::string text = error.what();
      const std::int32_t head[2] = {0, static_cast<std::int32_t>(text.size())};
      put(head, sizeof head);
      out += text;
    }
  }
  imp::write_file_atomically(arguments[1], out);
}

const char* name_of(KeyMeaning meaning) {
  static constexpr const char* kNames[] = {"read", "no_effect", "training", "default_only"};
  return kNames[static_cast<std::size_t>(meaning)];
}

/// keys: {class: {key: {default, meaning}}} of the tables of generation settings and image processors.
void keys(const Arguments& /*arguments*/) {
  nlohmann::json all;
  const auto add = [&](std::string_view name, std::span<const ConfigKey> table) {
    for (const ConfigKey& key : table) {
      all[std::string(name)][std::string(key.name)] = {{"default", nlohmann::json::parse(key.default_value)},
                                                       {"meaning", name_of(key.meaning)}};
    }
  };
  add(kGenerationConfig.name, kGenerationConfig.keys);
  for (const ConfigClass* processor : image_processor_classes()) {
    add(processor->name, common_image_processor_keys());
    add(processor->name, processor->keys);
  }
  fmt::print("{}\n", all.dump());
}

/// rows DIR ROWS OUT: a line {ids, labels, disagree} for each row {template, has_image, turns, image_tokens,
/// max_length}.
void rows(const Arguments& arguments) {
  const auto tokenizer = Tokenizer::load(arguments[0]);
  std::istringstream lines(imp::read_file(arguments[1]));
  std::string out;
  for (std::string line; std::getline(lines, line);) {
    const auto row = nlohmann::json::parse(line);
    std::vector<Turn> turns;
    for (const auto& turn : row["turns"])
      turns.push_back({turn[0].get<std::string>(), turn[1].get<std::string>()});
    const EncodedRow encoded =
        encode_training_row(*tokenizer, conversation_template(row["template"].get<std::string>()), turns,
                            row["has_image"].get<bool>(), row["image_tokens"].get<std::int64_t>(),
                            row["max_length"].get<std::int64_t>(), TurnsMode::conversation);
    out +=
        nlohmann::json{
            {"ids", encoded.ids}, {"labels", encoded.labels}, {"disagree", encoded.lengths_disagree}}
            .dump() +
        "\n";
  }
  imp::write_file_atomically(arguments[2], out);
}

/// trainer-rows DIR JSON MAX_LENGTH OUT: a line {ids, labels, left_out} for each row of a file in LLaVA's
/// format, as llava_v1 takes it, four tokens a picture.
void trainer_rows(const Arguments& arguments) {
  const auto tokenizer = Tokenizer::load(arguments[0]);
  const imp::harness::LlavaFile file(arguments[1]);
  std::string out;
  for (std::int64_t i = 0; i < file.size(); ++i) {
    const imp::harness::LlavaRow row = file.row(i);
    const auto encoded = imp::harness::encode(
        row, *tokenizer, {conversation_template("llava_v1"), 4, std::stoll(arguments[2]), false});
    out += nlohmann::json{{"ids", encoded.encoded.ids},
                          {"labels", encoded.encoded.labels},
                          {"left_out", row.left_out.has_value()}}
               .dump() +
           "\n";
  }
  imp::write_file_atomically(arguments[3], out);
}

struct Command {
  std::string name;
  std::size_t arguments;
  void (*run)(const Arguments&);
};

const Command kCommands[] = {{"tokenize", 3, tokenize},
                             {"time-tokenize", 2, time_tokenize},
                             {"time-process", 2, time_process},
                             {"images", 2, images},
                             {"process", 2, process},
                             {"keys", 0, keys},
                             {"rows", 3, rows},
                             {"trainer-rows", 4, trainer_rows}};

}  // namespace

int main(int argc, char** argv) {
  const Arguments all(argv + 1, argv + argc);
  try {
    for (const Command& command : kCommands) {
      if (all.empty() || all[0] != command.name || all.size() != command.arguments + 1) continue;
      command.run({all.begin() + 1, all.end()});
      return 0;
    }
    throw imp::Error("usage: see the functions of input_probe.cpp");
  } catch (const imp::Error& error) {
    fmt::print(stderr, "{}\n", error.what());
    return error.exit_code();
  }
}
