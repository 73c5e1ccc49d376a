// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <tuple>

#include "models/io/error.h"
#include "models/io/output_path.h"
#include "models/weights/safetensors.h"

namespace imp::models {
namespace {

namespace fs = std::filesystem;

/// A file that appears under its name only once it is whole and synced; otherwise nothing of it stays.
/// Weights are written piece by piece, since a copy of all of them would double the memory.
class AsideFile {
 public:
  explicit AsideFile(const fs::path& path)
      : path_(path), aside_(path.string() + ".aside-" + std::to_string(::getpid())) {
    require_output_file(path);
    std::error_code error;
    if (path.has_parent_path()) fs::create_directories(path.parent_path(), error);
    descriptor_ = ::open(aside_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (descriptor_ < 0) fail("write");
  }
  ~AsideFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
    if (!published_) ::unlink(aside_.c_str());
  }
  AsideFile(const AsideFile&) = delete;
  AsideFile& operator=(const AsideFile&) = delete;

  void write(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const ssize_t written =
          ::write(descriptor_, bytes.data(), std::min<std::size_t>(bytes.size(), 1U << 30));
      if (written < 0) {
        if (errno == EINTR) continue;
        fail("write");
      }
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
  }

  void publish() {
    if (::fsync(descriptor_) != 0) fail("sync");
    if (::rename(aside_.c_str(), path_.c_str()) != 0) fail("rename onto");
    published_ = true;
    const fs::path folder = path_.has_parent_path() ? path_.parent_path() : fs::path(".");
    const int directory = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) fail("sync");
    const int synced = ::fsync(directory);
    ::close(directory);
    if (synced != 0) fail("sync");
  }

 private:
  [[noreturn]] void fail(const char* action) const {
    throw Error(fmt::format("{}: cannot {}: {}", path_.string(), action, std::strerror(errno)),
                ErrorKind::environment);
  }

  fs::path path_;
  fs::path aside_;
  int descriptor_ = -1;
  bool published_ = false;
};

void check(const fs::path& path, const TensorToWrite& tensor) {
  std::uint64_t size = dtype_size(tensor.dtype);
  for (const std::int64_t dimension : tensor.shape) size *= static_cast<std::uint64_t>(dimension);
  if (size == tensor.bytes.size()) return;
  throw Error(fmt::format("{}: tensor '{}': {} needs {} bytes, got {}", path.string(), tensor.name,
                          describe(tensor.dtype, tensor.shape), size, tensor.bytes.size()));
}

/// Length prefix and JSON, padded with spaces to a multiple of 8 bytes.
std::string header_of(const fs::path& path, const std::vector<TensorToWrite>& tensors,
                      const std::map<std::string, std::string>& metadata) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::map<std::string_view, bool> seen;
  std::uint64_t offset = 0;
  for (const TensorToWrite& tensor : tensors) {
    check(path, tensor);
    if (!seen.emplace(tensor.name, true).second || tensor.name == "__metadata__") {
      throw Error(
          fmt::format("{}: tensor '{}': the name is taken; each may stand once", path.string(), tensor.name));
    }
    header[tensor.name] = {{"dtype", dtype_name(tensor.dtype)},
                           {"shape", tensor.shape},
                           {"data_offsets", {offset, offset + tensor.bytes.size()}}};
    offset += tensor.bytes.size();
  }
  std::string text = header.dump();
  text.append((8 - text.size() % 8) % 8, ' ');
  std::string prefix;
  for (int i = 0; i < 8; ++i) prefix += static_cast<char>(text.size() >> (8 * i) & 0xff);
  return prefix + text;
}

}  // namespace

void write_safetensors(const fs::path& path, std::vector<TensorToWrite> tensors,
                       const std::map<std::string, std::string>& metadata) {
  std::sort(tensors.begin(), tensors.end(), [](const TensorToWrite& a, const TensorToWrite& b) {
    return std::make_tuple(dtype_size(b.dtype), std::string_view(a.name)) <
           std::make_tuple(dtype_size(a.dtype), std::string_view(b.name));
  });
  const std::string header = header_of(path, tensors, metadata);
  AsideFile file(path);
  file.write(std::as_bytes(std::span(header)));
  for (const TensorToWrite& tensor : tensors) file.write(tensor.bytes);
  file.publish();
}

}  // namespace imp::models
