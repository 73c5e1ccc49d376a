// SPDX-License-Identifier: Apache-2.0
#include "models/weights/gguf.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <type_traits>

namespace imp::models {
namespace {

namespace fs = std::filesystem;

/// Kinds of metadata values (gguf.md: gguf_metadata_value_type).
enum class ValueKind : std::uint32_t { u8, i8, u16, i16, u32, i32, f32, boolean, text, array, u64, i64, f64 };

static_assert(std::endian::native == std::endian::little, "numbers are copied as they stand in the file");

/// Reads the file's numbers and texts one after another and never beyond its end.
class Reader {
 public:
  Reader(const fs::path& path, std::span<const std::byte> all) : path_(path), all_(all) {}

  template <typename T>
  T number(std::string_view what) {
    T value;
    std::memcpy(&value, take(sizeof(T), what).data(), sizeof(T));
    return value;
  }

  std::string_view text(std::string_view what) {
    const auto length = number<std::uint64_t>(what);
    const std::span<const std::byte> bytes = take(length, what);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

  /// A count of things that take at least `smallest` bytes each: more than fit into the file is a lie.
  std::uint64_t count(std::uint64_t smallest, std::string_view what) {
    const auto value = number<std::uint64_t>(what);
    if (value > left() / smallest) {
      refuse(fmt::format("claims {} {}, and {} bytes are left; is it cut off?", value, what, left()));
    }
    return value;
  }

  [[noreturn]] void refuse(const std::string& what) const { throw Error(path_.string() + ": " + what); }
  [[nodiscard]] std::uint64_t left() const { return all_.size() - at_; }
  [[nodiscard]] std::uint64_t at() const { return at_; }

 private:
  std::span<const std::byte> take(std::uint64_t size, std::string_view what) {
    if (size > left()) {
      refuse(fmt::format("ends at byte {} in the middle of {}; is it cut off?", all_.size(), what));
    }
    const std::span<const std::byte> bytes = all_.subspan(at_, size);
    at_ += size;
    return bytes;
  }

  const fs::path& path_;
  std::span<const std::byte> all_;
  std::uint64_t at_ = 0;
};

/// One number of a metadata value, widened.
std::variant<std::int64_t, double> read_number(Reader& reader, ValueKind kind, std::string_view key) {
  switch (kind) {
    case ValueKind::u8:
      return std::int64_t{reader.number<std::uint8_t>(key)};
    case ValueKind::boolean:
      return std::int64_t{reader.number<std::uint8_t>(key) != 0};
    case ValueKind::i8:
      return std::int64_t{reader.number<std::int8_t>(key)};
    case ValueKind::u16:
      return std::int64_t{reader.number<std::uint16_t>(key)};
    case ValueKind::i16:
      return std::int64_t{reader.number<std::int16_t>(key)};
    case ValueKind::u32:
      return std::int64_t{reader.number<std::uint32_t>(key)};
    case ValueKind::i32:
      return std::int64_t{reader.number<std::int32_t>(key)};
    case ValueKind::i64:
      return reader.number<std::int64_t>(key);
    case ValueKind::f32:
      return double{reader.number<float>(key)};
    case ValueKind::f64:
      return reader.number<double>(key);
    case ValueKind::u64: {
      const auto value = reader.number<std::uint64_t>(key);
      if (value > static_cast<std::uint64_t>(INT64_MAX)) {
        reader.refuse(fmt::format("'{}' holds {}; at most 2^63 - 1 is read", key, value));
      }
      return static_cast<std::int64_t>(value);
    }
    default:
      break;
  }
  reader.refuse(
      fmt::format("'{}' has values of kind {}, which is not GGUF's (0 to 12, and no array of arrays)", key,
                  static_cast<std::uint32_t>(kind)));
}

std::uint64_t smallest_size(ValueKind kind) {
  switch (kind) {
    case ValueKind::u16:
    case ValueKind::i16:
      return 2;
    case ValueKind::u32:
    case ValueKind::i32:
    case ValueKind::f32:
      return 4;
    case ValueKind::u64:
    case ValueKind::i64:
    case ValueKind::f64:
    case ValueKind::text:
      return 8;
    default:
      return 1;
  }
}

GgufValue read_array(Reader& reader, std::string_view key) {
  const auto kind = static_cast<ValueKind>(reader.number<std::uint32_t>(key));
  const std::uint64_t count = reader.count(smallest_size(kind), fmt::format("values of '{}'", key));
  if (kind == ValueKind::text) {
    std::vector<std::string_view> texts(count);
    for (std::string_view& text : texts) text = reader.text(key);
    return texts;
  }
  if (kind == ValueKind::f32 || kind == ValueKind::f64) {
    std::vector<double> numbers(count);
    for (double& number : numbers) number = std::get<double>(read_number(reader, kind, key));
    return numbers;
  }
  std::vector<std::int64_t> numbers(count);
  for (std::int64_t& number : numbers) number = std::get<std::int64_t>(read_number(reader, kind, key));
  return numbers;
}

GgufValue read_value(Reader& reader, std::string_view key) {
  const auto kind = static_cast<ValueKind>(reader.number<std::uint32_t>(key));
  if (kind == ValueKind::text) return reader.text(key);
  if (kind == ValueKind::array) return read_array(reader, key);
  const auto number = read_number(reader, kind, key);
  if (kind == ValueKind::boolean) return std::get<std::int64_t>(number) != 0;
  return std::visit([](auto value) -> GgufValue { return value; }, number);
}

/// A tensor's line in the file: all but its bytes.
struct Entry {
  std::string name;
  GgufBlock block{};
  std::vector<std::int64_t> shape;
  std::uint64_t offset = 0, size = 0;
};

Entry read_entry(Reader& reader) {
  Entry entry;
  entry.name = reader.text("a tensor's name");
  const auto refuse = [&](const std::string& what) {
    reader.refuse(fmt::format("tensor '{}': {}", entry.name, what));
  };
  const auto dimensions = reader.number<std::uint32_t>("a tensor's shape");
  if (dimensions == 0 || dimensions > 4)
    refuse(fmt::format("has {} dimensions; 1 to 4 are read", dimensions));
  for (std::uint32_t i = 0; i < dimensions; ++i) {
    const auto dimension = reader.number<std::uint64_t>("a tensor's shape");
    if (dimension == 0 || dimension > static_cast<std::uint64_t>(INT64_MAX)) {
      refuse(fmt::format("has a dimension of {}; it must be above 0", dimension));
    }
    entry.shape.insert(entry.shape.begin(), static_cast<std::int64_t>(dimension));
  }
  const auto kind = reader.number<std::uint32_t>("a tensor's kind");
  const std::optional<GgufBlock> block = gguf_block(kind);
  if (!block) {
    refuse(
        fmt::format("is of kind {}, which is not read; F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, "
                    "Q5_K and Q6_K are",
                    gguf_type_name(kind)));
  }
  entry.block = *block;
  entry.offset = reader.number<std::uint64_t>("a tensor's place");
  if (entry.shape.back() % block->elements != 0) {
    refuse(fmt::format("has rows of {} numbers, and {} stores {} together", entry.shape.back(), block->name,
                       block->elements));
  }
  std::int64_t size = block->bytes;
  bool fits = !__builtin_mul_overflow(size, entry.shape.back() / block->elements, &size);
  for (std::size_t i = 0; i + 1 < entry.shape.size(); ++i) {
    fits = fits && !__builtin_mul_overflow(size, entry.shape[i], &size);
  }
  if (!fits) refuse(fmt::format("[{}] needs more than 2^63 bytes", fmt::join(entry.shape, ", ")));
  entry.size = static_cast<std::uint64_t>(size);
  return entry;
}

void check_places(Reader& reader, std::vector<Entry>& entries, std::uint64_t available,
                  std::uint64_t alignment) {
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return a.offset < b.offset; });
  std::uint64_t reached = 0;
  for (const Entry& entry : entries) {
    const auto refuse = [&](const std::string& what) {
      reader.refuse(fmt::format("tensor '{}': {}", entry.name, what));
    };
    if (entry.offset % alignment != 0) {
      refuse(fmt::format("begins at byte {}, which is no multiple of general.alignment {}", entry.offset,
                         alignment));
    }
    if (entry.offset > available || entry.size > available - entry.offset) {
      refuse(fmt::format("{} [{}] needs {} bytes from byte {}, the file has {} bytes of data; is it cut off?",
                         entry.block.name, fmt::join(entry.shape, ", "), entry.size, entry.offset,
                         available));
    }
    if (entry.offset < reached) refuse("overlaps the tensor before it");
    reached = entry.offset + entry.size;
  }
}

void check_beginning(Reader& reader) {
  if (reader.number<std::uint32_t>("the magic number") != 0x46554747) {  // "GGUF"
    reader.refuse("does not begin with 'GGUF'; is this a GGUF file?");
  }
  const auto version = reader.number<std::uint32_t>("the version");
  if ((version & 0xffff) == 0) reader.refuse("is big-endian; little-endian GGUF is read");
  if (version != 2 && version != 3) reader.refuse(fmt::format("is of version {}; 2 and 3 are read", version));
}

}  // namespace

GgufFile::GgufFile(const fs::path& path) : path_(path), file_(std::make_shared<MappedFile>(path)) {
  const std::span<const std::byte> all = file_->bytes();
  Reader reader(path_, all);
  check_beginning(reader);
  const std::uint64_t tensor_count = reader.count(8 + 4 + 8 + 4 + 8, "tensors");
  const std::uint64_t value_count = reader.count(8 + 4 + 1, "metadata values");
  for (std::uint64_t i = 0; i < value_count; ++i) {
    const std::string_view key = reader.text("a metadata key");
    if (!values_.emplace(key, read_value(reader, key)).second) {
      reader.refuse(fmt::format("'{}' stands twice in the metadata", key));
    }
  }
  const std::int64_t alignment = get<std::int64_t>("general.alignment").value_or(32);
  if (alignment <= 0 || alignment > (1 << 20) ||
      !std::has_single_bit(static_cast<std::uint64_t>(alignment))) {
    reader.refuse(fmt::format("'general.alignment' is {}; a power of two is needed", alignment));
  }
  std::vector<Entry> entries;
  for (std::uint64_t i = 0; i < tensor_count; ++i) entries.push_back(read_entry(reader));
  const auto align = static_cast<std::uint64_t>(alignment);
  const std::uint64_t begin = std::min<std::uint64_t>((reader.at() + align - 1) / align * align, all.size());
  check_places(reader, entries, all.size() - begin, align);
  for (Entry& entry : entries) {
    const std::string name = entry.name;
    if (!tensors_
             .emplace(std::move(entry.name), GgufTensor{entry.block.type, std::move(entry.shape),
                                                        all.subspan(begin + entry.offset, entry.size)})
             .second) {
      reader.refuse(fmt::format("tensor '{}' stands twice", name));
    }
  }
}

const GgufTensor* GgufFile::find(std::string_view name) const {
  const auto found = tensors_.find(name);
  return found == tensors_.end() ? nullptr : &found->second;
}

std::optional<fs::path> find_gguf(const fs::path& model) {
  std::error_code error;
  if (model.extension() == ".gguf" && !fs::is_directory(model, error)) return model;
  if (!fs::is_directory(model, error) || fs::exists(model / "config.json", error)) return std::nullopt;
  std::optional<fs::path> found;
  for (const fs::directory_entry& entry : fs::directory_iterator(model, error)) {
    if (entry.path().extension() != ".gguf") continue;
    if (found) {
      throw Error(fmt::format("{}: holds {} and {}; name the file that is meant", model.string(),
                              std::min(*found, entry.path()).filename().string(),
                              std::max(*found, entry.path()).filename().string()));
    }
    found = entry.path();
  }
  return found;
}

}  // namespace imp::models
