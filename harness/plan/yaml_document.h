// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "harness/plan/diagnostics.h"

namespace imp::harness {

struct YamlEntry;

/// One YAML value that knows where it stands. Scalars stay text: the reader of a key decides on its type.
struct YamlValue {
  enum class Kind { null, scalar, sequence, map };

  Kind kind = Kind::null;
  Location location;
  std::string text;     ///< of a scalar
  bool quoted = false;  ///< the scalar stood in quotes or in a block: it is text, never a number
  std::vector<YamlValue> items;
  std::vector<YamlEntry> entries;  ///< of a map, in the file's order

  [[nodiscard]] bool is_scalar() const { return kind == Kind::scalar; }
  [[nodiscard]] bool is_sequence() const { return kind == Kind::sequence; }
  [[nodiscard]] bool is_map() const { return kind == Kind::map; }
  /// The entry of that key, or nullptr.
  [[nodiscard]] const YamlEntry* find(std::string_view key) const;
};

struct YamlEntry {
  std::string key;
  Location location;  ///< of the key
  YamlValue value;
};

/// What a value is, for messages: `a list`, `a map`, `nothing`, `'text'`.
[[nodiscard]] std::string describe(const YamlValue& value);

/// Parses one YAML document. `file` is the name in messages. Mistakes (syntax, duplicate keys, `<<`, tabs in
/// the indentation, numbers with a leading zero, more than one document) go to `diagnostics`.
[[nodiscard]] YamlValue parse_yaml(std::string_view text, const std::string& file, Diagnostics& diagnostics);

/// Reads and parses a file. Throws imp::Error (usage) if it cannot be read or is larger than 4 MiB.
[[nodiscard]] YamlValue load_yaml(const std::filesystem::path& path, Diagnostics& diagnostics);

}  // namespace imp::harness
