// SPDX-License-Identifier: Apache-2.0
#include "harness/lease/lease.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <thread>
#include <utility>
#include <vector>

#include "models/io/error.h"

namespace imp::harness {
namespace fs = std::filesystem;
namespace {

const std::string kStart = ".lease-";
constexpr const char *kNew = ".new-", *kTaken = ".taken-";  ///< parts of names beside a lease's own

/// The content of a file that may go at any time.
std::optional<std::string> content_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return std::nullopt;
  return std::string{std::istreambuf_iterator<char>(stream), {}};
}

[[noreturn]] void fail(const fs::path& file, const char* action) {
  throw Error(fmt::format("{}: cannot {}: {}", file.string(), action, std::strerror(errno)),
              ErrorKind::environment);
}

/// link(2), by its effect: on NFS the answer to a request that succeeded may be lost.
bool link_to(const fs::path& aside, const fs::path& file) {
  const bool linked = ::link(aside.c_str(), file.c_str()) == 0;
  struct stat status {};
  return linked || (::stat(aside.c_str(), &status) == 0 && status.st_nlink == 2);
}

/// Of a process of this machine that is gone.
bool is_of_gone(const std::string& content) {
  const auto owner = owner_of(content);
  return owner && is_gone(owner->process);
}

/// The files of leases in a folder, and those beside them.
std::vector<fs::path> files_of_leases(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code absent;
  for (fs::directory_iterator entry(folder, absent), end; !absent && entry != end; entry.increment(absent))
    if (entry->path().filename().string().starts_with(kStart)) files.push_back(entry->path());
  return files;
}

/// Whether it is of a process that takes or gives back a lease, and not the lease itself.
bool is_beside(const std::string& file) {
  return file.find(kNew) != std::string::npos || file.find(kTaken) != std::string::npos;
}

/// Also of a content that is just being written over: what changes in it is the number of beats alone.
bool is_of(const std::string& content, const std::string& token) {
  return content.find(token) != std::string::npos;
}

}  // namespace

bool take_away(const fs::path& lease_file, const std::function<bool(const std::string&)>& is_expected) {
  fs::path mine = lease_file;
  mine += kTaken + random_token();
  if (::rename(lease_file.c_str(), mine.c_str()) != 0) return false;
  const auto content = content_of(mine);
  const bool expected = content && is_expected(*content);
  if (!expected) link_to(mine, lease_file);  // fails where the name has been taken since: see lease.h
  ::unlink(mine.c_str());
  return expected;
}

void remove_leases_of_gone_processes(const fs::path& folder) {
  for (const fs::path& file : files_of_leases(folder)) {
    const auto content = content_of(file);
    if (!content || !is_of_gone(*content)) continue;
    if (is_beside(file.filename())) {
      ::unlink(file.c_str());
    } else {
      take_away(file, is_of_gone);
    }
  }
}

Lease::~Lease() {
  if (!heartbeat_) return;
  heartbeat_->remove(token_);
  if (is_held()) take_away(file_, [&](const std::string& content) { return is_of(content, token_); });
}

bool Lease::is_held() const {
  const auto content = content_of(file_);
  return content && is_of(*content, token_);
}

Leases::Leases(fs::path folder, LeaseTiming timing)
    : folder_(std::move(folder)),
      timing_(timing),
      heartbeat_(std::make_shared<Heartbeat>(timing.heartbeat)) {}

fs::path Leases::file_of(const std::string& name) const {
  return folder_ / (kStart + name);
}

std::optional<Lease> Leases::create(const std::string& name) {
  std::error_code error;
  fs::create_directories(folder_, error);
  if (error)
    throw Error(fmt::format("{}: cannot create folder: {}", folder_.string(), error.message()),
                ErrorKind::environment);
  const LeaseOwner owner{this_process(), random_token()};
  const std::string record = lease_record(owner);
  const fs::path file = file_of(name);
  fs::path aside = file;
  aside += kNew + owner.token;
  const int descriptor = ::open(aside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (descriptor < 0) fail(aside, "write");
  errno = 0;
  const bool written =
      ::pwrite(descriptor, record.data(), record.size(), 0) == static_cast<ssize_t>(record.size()) &&
      ::fsync(descriptor) == 0;
  const int reason = errno == 0 ? ENOSPC : errno;  // a part was written
  const bool linked = written && link_to(aside, file);
  ::unlink(aside.c_str());
  if (linked) {
    heartbeat_->add(owner.token, descriptor, record);
    return Lease(heartbeat_, file, owner.token);
  }
  ::close(descriptor);
  if (!written) {
    errno = reason;
    fail(file, "write");
  }
  return std::nullopt;
}

bool Leases::is_abandoned(const std::string& name, const std::string& content) {
  if (is_of_gone(content)) return true;
  const auto now = std::chrono::steady_clock::now();
  Sighting& sighting = seen_.try_emplace(name, Sighting{content, now}).first->second;
  if (sighting.content != content) sighting = {content, now};
  return now - sighting.since >= timing_.stale;
}

std::optional<Lease> Leases::try_take(const std::string& name) {
  const fs::path file = file_of(name);
  if (const auto content = content_of(file)) {
    if (!is_abandoned(name, *content)) return std::nullopt;
    if (!take_away(file, [&](const std::string& taken) { return taken == *content; })) return std::nullopt;
  }
  seen_.erase(name);
  return create(name);
}

std::optional<Lease> Leases::take(const std::string& name, const std::atomic<bool>& stop,
                                  const std::function<void(const LeaseOwner&)>& waiting) {
  bool told = false;
  while (!stop.load()) {
    if (auto lease = try_take(name)) return lease;
    if (!told && waiting) {
      if (const auto owner = holder(name)) {
        waiting(*owner);
        told = true;
      }
    }
    std::this_thread::sleep_for(timing_.poll);
  }
  return std::nullopt;
}

std::optional<LeaseOwner> Leases::holder(const std::string& name) {
  const auto content = content_of(file_of(name));
  if (!content || is_abandoned(name, *content)) return std::nullopt;
  return owner_of(*content).value_or(LeaseOwner{});
}

std::map<std::string, LeaseOwner> Leases::holders() {
  std::map<std::string, LeaseOwner> owners;
  for (const fs::path& path : files_of_leases(folder_)) {
    const std::string file = path.filename();
    if (is_beside(file)) continue;
    const std::string name = file.substr(kStart.size());
    if (auto owner = holder(name)) owners.emplace(name, std::move(*owner));
  }
  return owners;
}

}  // namespace imp::harness
