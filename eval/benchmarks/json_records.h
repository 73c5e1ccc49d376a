// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "eval/json/json_stream.h"

namespace imp::eval {

/// What a reader does with one member of a record. Members that it does not know are passed over.
using MemberReader = std::function<void(std::string_view key, simdjson::ondemand::value value)>;

/// Handles one record: calls `read_members` once to go through its members; `at` is its place for
/// JsonStream::fail. One record is in memory at a time.
using RecordReader =
    std::function<void(const char* at, const std::function<void(const MemberReader&)>& read_members)>;

/// Gets the strings and numbers that stand beside the list of records; `value` is for JsonStream::taken_text.
using TopReader = std::function<void(std::string_view key, std::string_view value)>;

/// Goes through the members of the file's top object; `member` must take or skip each value. Throws
/// imp::Error with file:line:column for what is not JSON or of another shape.
void for_each_member(JsonStream& file, const std::function<void(const std::string& key)>& member);

/// Goes through the objects of the list under `list_key` of the file's top object. Throws imp::Error with
/// file:line:column for what is not JSON, for another shape, and if the key is absent.
void for_each_record(JsonStream& file, std::string_view list_key, const RecordReader& record,
                     const TopReader& top = {});

/// The same for a file that is one list of objects.
void for_each_record(JsonStream& file, const RecordReader& record);

/// The same for a list that comes next in the file; what in it is no object is passed over.
void for_each_object_in_list(JsonStream& file, const RecordReader& record);

/// The same for a file that is one object of objects; `record` also gets the key of each.
void for_each_named_record(
    JsonStream& file,
    const std::function<void(const std::string& name, const char* at,
                             const std::function<void(const MemberReader&)>& read_members)>& record);

/// The same for JSON lines, one object a line.
void for_each_line(JsonStream& file, const RecordReader& record);

/// Reads a string, or a list of strings, as a list.
[[nodiscard]] std::vector<std::string> read_texts(const JsonStream& file, simdjson::ondemand::value value,
                                                  std::string_view key);

/// Reads a list of objects `{"answer": text, ...}`, as VQAv2 and VizWiz have it.
[[nodiscard]] std::vector<std::string> read_answer_objects(const JsonStream& file,
                                                           simdjson::ondemand::value list);

/// Throws imp::Error with the record's place, naming the key, unless `present`.
void require_key(const JsonStream& file, const char* at, bool present, std::string_view key);

/// The same for a key of the file's top object.
void require_top_key(const JsonStream& file, bool present, std::string_view key);

}  // namespace imp::eval
