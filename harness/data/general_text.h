// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace imp::harness {

/// Lines of ordinary English on this machine, for tokenizers and for a little prose in pretraining: WordNet's
/// glosses
/// ("garden: a plot of ground where plants are cultivated", package wordnet-base), then the words of the word
/// list (package wamerican). The order is mixed but fixed. Slurs and obscenities are left out. Throws
/// imp::Error (environment) naming the package of a missing file.
[[nodiscard]] std::vector<std::string> general_text_lines(
    const std::filesystem::path& wordnet = "/usr/share/wordnet",
    const std::filesystem::path& word_list = "/usr/share/dict/american-english");

}  // namespace imp::harness
