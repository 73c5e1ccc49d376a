// SPDX-License-Identifier: Apache-2.0
#include "models/tokenizer/byte_level.h"

#include <array>

#include "models/tokenizer/unicode.h"

namespace imp::models {
namespace {

/// The bytes that are printable in Latin-1 stand for themselves.
bool stands_for_itself(int byte) {
  return (byte >= '!' && byte <= '~') || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff);
}

struct Table {
  std::array<std::string, 256> symbols;
  std::array<int, 512> bytes;  ///< code point -> byte, -1 where there is none
};

Table make_table() {
  Table table;
  table.bytes.fill(-1);
  char32_t next = 256;
  for (int byte = 0; byte < 256; ++byte) {
    const char32_t code_point = stands_for_itself(byte) ? static_cast<char32_t>(byte) : next++;
    table.symbols[static_cast<std::size_t>(byte)] = to_utf8(code_point);
    table.bytes[code_point] = byte;
  }
  return table;
}

const Table& table() {
  static const Table kTable = make_table();
  return kTable;
}

}  // namespace

const std::string& byte_to_symbol(unsigned char byte) {
  return table().symbols[byte];
}

std::optional<std::string> symbols_to_bytes(std::string_view token) {
  std::string bytes;
  while (!token.empty()) {
    const CodePoint next = first_code_point(token);
    if (next.value >= table().bytes.size() || table().bytes[next.value] < 0) return std::nullopt;
    bytes += static_cast<char>(table().bytes[next.value]);
    token.remove_prefix(next.length);
  }
  return bytes;
}

}  // namespace imp::models
