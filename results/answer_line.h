// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "results/run_files.h"

namespace imp::results {

/// Reads the lines of a predictions file by simdjson, since there are millions of them.
class AnswerLineReader {
 public:
  /// `content` is made room for behind its end, as simdjson wants; the lines are parts of it.
  explicit AnswerLineReader(std::string& content);
  ~AnswerLineReader();
  AnswerLineReader(const AnswerLineReader&) = delete;
  AnswerLineReader& operator=(const AnswerLineReader&) = delete;

  /// False for a line that is anything but an object with the members of an answer in their usual types.
  [[nodiscard]] bool read(std::string_view line, Answer& answer);

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace imp::results
