// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace imp::results {

/// What a claim says of the difference that goes from one level of a factor to another.
enum class Direction { higher, lower, same };
[[nodiscard]] std::string_view direction_name(Direction direction);

/// A prediction about a sweep.
struct Claim {
  std::string name;     ///< unique in its file
  std::string says;     ///< in a sentence
  std::string section;  ///< of the paper that it is from
  std::string sweep, factor, from, to;
  std::string benchmark = "average";  ///< a benchmark's name, or the mean of the sweep's benchmarks
  Direction direction = Direction::higher;
  std::optional<double> size;    ///< of the difference as published; a fraction
  std::optional<double> margin;  ///< Direction::same alone: differences up to this count as none; a fraction
  std::map<std::string, std::string>
      where;  ///< configuration keys: the claim is about the cells that have these values alone

  bool operator==(const Claim&) const = default;
};

/// Reads a claims file. `file` is its name in messages. Throws StoreError (usage) with every mistake, one a
/// line: `file:line:column: what is wrong; what would be right`. Unknown and duplicate keys are mistakes.
[[nodiscard]] std::vector<Claim> parse_claims(std::string_view text, const std::string& file);

/// The text of a claims file. Throws StoreError (usage) if it cannot be read or is larger than 1 MiB.
[[nodiscard]] std::string read_claims_text(const std::filesystem::path& path);

}  // namespace imp::results
