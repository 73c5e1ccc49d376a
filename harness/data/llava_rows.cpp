// SPDX-License-Identifier: Apache-2.0
#include "harness/data/llava_rows.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <optional>

#include "harness/data/llava_index.h"
#include "harness/data/llava_row_parser.h"
#include "models/io/error.h"
#include "models/io/file.h"

namespace imp::harness {
namespace {

/// A file open for reading at any place.
class RandomAccess {
 public:
  explicit RandomAccess(const std::filesystem::path& file)
      : descriptor_(open(file.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (descriptor_ < 0) throw Error(file.string() + ": cannot be read");
  }
  ~RandomAccess() { close(descriptor_); }
  RandomAccess(const RandomAccess&) = delete;
  RandomAccess& operator=(const RandomAccess&) = delete;

  /// False if the file ends before.
  [[nodiscard]] bool read(std::uint64_t begin, std::size_t size, char* out) const {
    while (size > 0) {
      const ssize_t got = pread(descriptor_, out, size, static_cast<off_t>(begin));
      if (got <= 0) return false;
      out += got;
      begin += static_cast<std::uint64_t>(got);
      size -= static_cast<std::size_t>(got);
    }
    return true;
  }

 private:
  int descriptor_;
};

}  // namespace

struct LlavaFile::State {
  explicit State(const std::filesystem::path& file) : json(file), rows(file) {}

  std::filesystem::path json;
  RandomAccess rows;
  std::optional<MappedFile> mapped;  ///< the index's file, or else
  std::string made;                  ///< its bytes
  IndexView view;
  bool found = false, whole = true;
};

LlavaFile::LlavaFile(const std::filesystem::path& json, const std::filesystem::path& index)
    : state_(std::make_unique<State>(json)) {
  const FileIdentity identity = identity_of(json);
  if (!index.empty() && std::filesystem::exists(index)) {
    state_->mapped.emplace(index);
    const auto bytes = state_->mapped->bytes();
    state_->found =
        view_index({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, identity, state_->view);
    if (state_->found) return;
    state_->mapped.reset();
  }
  state_->made = index_bytes(scan_llava_file(json), identity);
  (void)view_index(state_->made, identity, state_->view);
  if (index.empty()) return;
  try {
    write_file_atomically(index, state_->made);
  } catch (const Error&) {
    return;  // a folder that cannot be written costs the next start its time, nothing else
  }
}

LlavaFile::LlavaFile(std::unique_ptr<State> state) : state_(std::move(state)) {}
LlavaFile::LlavaFile(LlavaFile&&) noexcept = default;
LlavaFile::~LlavaFile() = default;

LlavaFile LlavaFile::front_of(const std::filesystem::path& json, std::uint64_t most_bytes) {
  auto state = std::make_unique<State>(json);
  const FileIdentity identity = identity_of(json);
  const LlavaIndex index = scan_llava_file(json, most_bytes);
  state->whole = index.whole;
  state->made = index_bytes(index, identity);
  (void)view_index(state->made, identity, state->view);
  return LlavaFile(std::move(state));
}

const std::filesystem::path& LlavaFile::path() const {
  return state_->json;
}

std::int64_t LlavaFile::size() const {
  return state_->view.rows;
}

bool LlavaFile::is_whole() const {
  return state_->whole;
}

std::int64_t LlavaFile::length(std::int64_t row) const {
  return state_->view.lengths[row];
}

std::vector<FilePlace> LlavaFile::places_of(const std::vector<std::int64_t>& rows) const {
  std::vector<std::uint64_t> offsets;
  for (const std::int64_t row : rows) offsets.push_back(state_->view.begins[row]);
  return places_in(state_->json, offsets);
}

std::int64_t LlavaFile::modality_length(std::int64_t row) const {
  return state_->view.words[row];
}

bool LlavaFile::index_was_found() const {
  return state_->found;
}

LlavaRow LlavaFile::row(std::int64_t row) const {
  const std::size_t length = state_->view.lengths[row];
  std::string text(length + LlavaRowParser::kPadding, '\0');
  const auto changed = [&] {
    return Error(fmt::format("{}: row {}: is not what it was when the rows were indexed; start again",
                             state_->json.string(), row + 1));
  };
  if (!state_->rows.read(state_->view.begins[row], length, text.data())) throw changed();
  try {
    return LlavaRowParser().parse(std::string_view(text).substr(0, length));
  } catch (const InvalidRow&) {
    throw changed();
  } catch (const WrongSchema&) {
    throw changed();
  }
}

std::vector<std::string> LlavaFile::pictures() const {
  std::vector<std::string> names;
  for (std::string_view rest = state_->view.pictures; !rest.empty();) {
    names.emplace_back(rest.substr(0, rest.find('\0')));
    rest.remove_prefix(names.back().size() + 1);
  }
  return names;
}

std::vector<LlavaRow> read_llava_rows(const std::filesystem::path& json) {
  const LlavaFile file(json);
  std::vector<LlavaRow> rows;
  for (std::int64_t i = 0; i < file.size(); ++i) rows.push_back(file.row(i));
  return rows;
}

}  // namespace imp::harness
