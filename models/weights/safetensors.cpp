// SPDX-License-Identifier: Apache-2.0
#include "models/weights/safetensors.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>

#include "models/io/error.h"

namespace imp::models {
namespace {

using nlohmann::json;

/// The reference implementation's bound: a longer header is a lie or an attack.
constexpr std::uint64_t kLargestHeader = 100'000'000;

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& what) {
  throw Error(path.string() + ": " + what);
}

[[noreturn]] void refuse_tensor(const std::filesystem::path& path, const std::string& name,
                                const std::string& what) {
  throw Error(fmt::format("{}: tensor '{}': {}", path.string(), name, what));
}

std::uint64_t little_endian_u64(std::span<const std::byte> bytes) {
  std::uint64_t value = 0;
  for (int i = 7; i >= 0; --i)
    value = value << 8 | std::to_integer<std::uint64_t>(bytes[static_cast<std::size_t>(i)]);
  return value;
}

/// Parses the header's JSON; the library keeps the last of two equal keys, so they are caught on the way in.
json parse_header(const std::filesystem::path& path, std::string_view text) {
  std::vector<std::set<std::string>> keys;
  const auto refuse_duplicates = [&](int, json::parse_event_t event, json& value) {
    if (event == json::parse_event_t::object_start) keys.emplace_back();
    if (event == json::parse_event_t::object_end) keys.pop_back();
    if (event == json::parse_event_t::key && !keys.back().insert(value.get<std::string>()).second) {
      refuse_tensor(path, value.get<std::string>(), "is named twice in the header; each name may stand once");
    }
    return true;
  };
  try {
    json header = json::parse(text, refuse_duplicates);
    if (!header.is_object()) refuse(path, "the header is not a JSON object; is this a safetensors file?");
    return header;
  } catch (const json::exception& error) {
    refuse(path, fmt::format("the header is not JSON ({}); is this a safetensors file?", error.what()));
  }
}

/// Product of the dimensions times the element size, or nothing where it does not fit 63 bits.
std::optional<std::uint64_t> byte_size(DType dtype, std::span<const std::int64_t> shape) {
  std::uint64_t size = dtype_size(dtype);
  bool empty = false;
  for (const std::int64_t dimension : shape) {
    if (dimension == 0) empty = true;
    if (dimension != 0 && __builtin_mul_overflow(size, static_cast<std::uint64_t>(dimension), &size))
      return {};
  }
  if (size > static_cast<std::uint64_t>(INT64_MAX)) return {};
  return empty ? 0 : size;
}

struct Entry {
  std::string name;
  DType dtype = DType::f32;
  std::vector<std::int64_t> shape;
  std::uint64_t begin = 0, end = 0;
};

std::uint64_t whole_number(const std::filesystem::path& path, const std::string& name, const json& value,
                           const char* where) {
  if (!value.is_number_unsigned() || value.get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX)) {
    refuse_tensor(path, name,
                  fmt::format("{} must hold whole numbers from 0, found {}", where, value.dump()));
  }
  return value.get<std::uint64_t>();
}

Entry read_entry(const std::filesystem::path& path, const std::string& name, const json& value) {
  const auto need = [&](const char* key) -> const json& {
    if (!value.is_object() || !value.contains(key)) {
      refuse_tensor(path, name,
                    fmt::format("'{}' is missing; dtype, shape and data_offsets are needed", key));
    }
    return value[key];
  };
  Entry entry{.name = name, .dtype = DType::f32, .shape = {}};
  const json& dtype = need("dtype");
  const std::optional<DType> known = dtype.is_string() ? parse_dtype(dtype.get<std::string>()) : std::nullopt;
  if (!known)
    refuse_tensor(path, name,
                  fmt::format("unknown dtype {}; F32, F16, BF16, I64, ... are known", dtype.dump()));
  entry.dtype = *known;
  const json& shape = need("shape");
  if (!shape.is_array()) refuse_tensor(path, name, "shape must be a list, found " + shape.dump());
  for (const json& dimension : shape) {
    entry.shape.push_back(static_cast<std::int64_t>(whole_number(path, name, dimension, "shape")));
  }
  const json& offsets = need("data_offsets");
  if (!offsets.is_array() || offsets.size() != 2) {
    refuse_tensor(path, name, "data_offsets must be [begin, end], found " + offsets.dump());
  }
  entry.begin = whole_number(path, name, offsets[0], "data_offsets");
  entry.end = whole_number(path, name, offsets[1], "data_offsets");
  return entry;
}

void check_size(const std::filesystem::path& path, const Entry& entry, std::uint64_t available) {
  if (entry.end < entry.begin || entry.end > available) {
    refuse_tensor(path, entry.name,
                  fmt::format("data_offsets [{}, {}] leave the file's {} bytes of data; is it cut off?",
                              entry.begin, entry.end, available));
  }
  const std::optional<std::uint64_t> expected = byte_size(entry.dtype, entry.shape);
  if (!expected || *expected != entry.end - entry.begin) {
    refuse_tensor(
        path, entry.name,
        fmt::format("{} needs {} bytes, data_offsets hold {}", describe(entry.dtype, entry.shape),
                    expected ? std::to_string(*expected) : "more than 2^63", entry.end - entry.begin));
  }
}

/// The tensors must tile the data exactly, as the format asks.
void check_tiling(const std::filesystem::path& path, std::vector<Entry>& entries, std::uint64_t available) {
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
  });
  std::uint64_t reached = 0;
  for (const Entry& entry : entries) {
    if (entry.begin != reached) {
      refuse_tensor(path, entry.name,
                    fmt::format("data begins at {} where {} is expected: the tensors {}", entry.begin,
                                reached, entry.begin < reached ? "overlap" : "leave a gap"));
    }
    reached = entry.end;
  }
  if (reached != available) {
    refuse(path, fmt::format("the tensors end at byte {} of {} bytes of data; they must fill it", reached,
                             available));
  }
}

}  // namespace

std::string describe(DType dtype, std::span<const std::int64_t> shape) {
  return fmt::format("{} [{}]", dtype_name(dtype), fmt::join(shape, ", "));
}

SafetensorsFile::SafetensorsFile(const std::filesystem::path& path)
    : path_(path), file_(std::make_shared<MappedFile>(path)) {
  const std::span<const std::byte> all = file_->bytes();
  if (all.size() < 8)
    refuse(path, fmt::format("holds {} bytes; a safetensors file has at least 8", all.size()));
  const std::uint64_t length = little_endian_u64(all);
  if (length > kLargestHeader || length > all.size() - 8) {
    refuse(path,
           fmt::format("the header claims {} bytes, the file has {} left; is it cut off, or not safetensors?",
                       length, all.size() - 8));
  }
  const std::string_view text(reinterpret_cast<const char*>(all.data()) + 8, length);
  const std::span<const std::byte> data = all.subspan(8 + length);
  const json header = parse_header(path, text);
  std::vector<Entry> entries;
  for (const auto& [name, value] : header.items()) {
    if (name == "__metadata__") {
      if (!value.is_object())
        refuse(path, "__metadata__ must be an object of strings, found " + value.dump());
      for (const auto& [key, word] : value.items()) {
        if (!word.is_string())
          refuse(path, fmt::format("__metadata__.{} must be a string, found {}", key, word.dump()));
        metadata_[key] = word.get<std::string>();
      }
      continue;
    }
    entries.push_back(read_entry(path, name, value));
    check_size(path, entries.back(), data.size());
  }
  check_tiling(path, entries, data.size());
  for (Entry& entry : entries) {
    tensors_.emplace(std::move(entry.name), TensorView{entry.dtype, std::move(entry.shape),
                                                       data.subspan(entry.begin, entry.end - entry.begin)});
  }
}

const TensorView* SafetensorsFile::find(std::string_view name) const {
  const auto found = tensors_.find(name);
  return found == tensors_.end() ? nullptr : &found->second;
}

const TensorView& SafetensorsFile::at(std::string_view name) const {
  const TensorView* tensor = find(name);
  if (tensor == nullptr)
    refuse_tensor(path_, std::string(name), "is expected, but the file has no such tensor");
  return *tensor;
}

}  // namespace imp::models
