// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string_view>

#include "eval/json/json_text.h"

namespace imp::eval {

/// What a reader does with one member of a record. Members that it does not know are passed over.
using MemberReader = std::function<void(std::string_view key, simdjson::ondemand::value value)>;

/// Handles one record: calls `read_members` once to go through its members; `at` is its place for
/// JsonText::fail.
using RecordReader =
    std::function<void(const char* at, const std::function<void(const MemberReader&)>& read_members)>;

/// Goes through the objects of the list under `list_key` of the file's top object. Throws imp::Error with
/// file:line:column for what is not JSON, for another shape, and if the key is absent.
void for_each_record(JsonText& file, std::string_view list_key, const RecordReader& record);

/// The same for a file that is one list of objects.
void for_each_record(JsonText& file, const RecordReader& record);

/// The same for a file that is one object of objects; `record` also gets the key of each.
void for_each_named_record(
    JsonText& file,
    const std::function<void(std::string_view name, const char* at,
                             const std::function<void(const MemberReader&)>& read_members)>& record);

/// The same for JSON lines, one object a line.
void for_each_line(JsonText& file, const RecordReader& record);

/// Reads a string, or a list of strings, as a list.
[[nodiscard]] std::vector<std::string> read_texts(const JsonText& file, simdjson::ondemand::value value,
                                                  std::string_view key);

/// Throws imp::Error with the record's place, naming the key, unless `present`.
void require_key(const JsonText& file, const char* at, bool present, std::string_view key);

}  // namespace imp::eval
