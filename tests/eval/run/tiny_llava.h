// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

namespace imp::eval::test {

/// Writes a LLaVA directory of random weights, a pure function of the seed: Phi and SigLIP of a few small
/// layers, nine image tokens, the tokenizer of tests/data/tokenizers/phi.
void write_tiny_llava(const std::filesystem::path& directory, unsigned seed);

}  // namespace imp::eval::test
