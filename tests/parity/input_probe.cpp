// SPDX-License-Identifier: Apache-2.0
// What the checks and timings of tokenizers, pictures and conversations ask of the libraries; needs no
// LibTorch.
#include <fmt/format.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <sstream>

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

struct Command {
  std::string name;
  std::size_t arguments;
  void (*run)(const Arguments&);
};

const Command kCommands[] = {{"tokenize", 3, tokenize}, {"time-tokenize", 2, time_tokenize}};

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
