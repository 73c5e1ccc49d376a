// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "harness/lease/heartbeat.h"
#include "harness/lease/lease_record.h"

namespace imp::harness {

// Who makes a stage, or runs a trial, holds a lease on its name, so that others leave it alone: a file
// `.lease-<name>`, which needs no lock and so works on a network file system.
//
// Taken: the whole file is written aside and linked to its name, which fails where there is one. Held: the
// owner's heartbeat changes the file's content. Given back: removed. Abandoned: the owner was a process of
// this machine that is gone, or the content has not changed for `stale` by the watcher's own steady clock (no
// two clocks are compared). Taken over: the watcher renames the abandoned file to a name of its own, which
// succeeds for one of several, then looks whether what it has is what it had watched. If not, it hit a lease
// that another one took in between, and links it back. Then it takes the name like anyone.
//
// A lease keeps two from the same work; it alone does not keep files whole, since an owner may stall, be
// taken over, and wake, or lose its name for the moment in which it is linked back. What keeps them whole is
// that owners write in a folder named after their lease, which a successor renames first (stage_store.h).

struct LeaseTiming {
  std::chrono::milliseconds heartbeat{10'000};  ///< between two changes of the file
  std::chrono::milliseconds stale{60'000};      ///< without a change, after which a lease counts as abandoned
  std::chrono::milliseconds poll{250};          ///< between two looks of who waits
};

/// A name taken, until it is destroyed.
class Lease {
 public:
  Lease(Lease&& other) noexcept = default;
  Lease& operator=(Lease&&) = delete;
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  ~Lease();

  [[nodiscard]] const std::string& token() const { return token_; }
  /// False once another process has taken it over.
  [[nodiscard]] bool is_held() const;

 private:
  friend class Leases;
  Lease(std::shared_ptr<Heartbeat> heartbeat, std::filesystem::path file, std::string token)
      : heartbeat_(std::move(heartbeat)), file_(std::move(file)), token_(std::move(token)) {}

  std::shared_ptr<Heartbeat> heartbeat_;  ///< none: moved from
  std::filesystem::path file_;
  std::string token_;
};

/// The leases in a folder, as one process sees and takes them; of one thread.
class Leases {
 public:
  explicit Leases(std::filesystem::path folder, LeaseTiming timing = {});

  /// Nothing where another one holds it. Throws imp::Error (environment) if the folder cannot be written.
  [[nodiscard]] std::optional<Lease> try_take(const std::string& name);

  /// Waits for it; `waiting` is told once who holds it, if someone does. Nothing where `stop` became true.
  [[nodiscard]] std::optional<Lease> take(const std::string& name, const std::atomic<bool>& stop,
                                          const std::function<void(const LeaseOwner&)>& waiting = {});

  /// Who holds it and has not abandoned it, as far as has been seen; nobody where it is free.
  [[nodiscard]] std::optional<LeaseOwner> holder(const std::string& name);
  /// The holders of all leases in the folder, by name.
  [[nodiscard]] std::map<std::string, LeaseOwner> holders();

 private:
  struct Sighting {
    std::string content;
    std::chrono::steady_clock::time_point since;
  };
  [[nodiscard]] std::filesystem::path file_of(const std::string& name) const;
  [[nodiscard]] std::optional<Lease> create(const std::string& name);
  [[nodiscard]] bool is_abandoned(const std::string& name, const std::string& content);

  std::filesystem::path folder_;
  LeaseTiming timing_;
  std::shared_ptr<Heartbeat> heartbeat_;
  std::map<std::string, Sighting> seen_;  ///< by name: what stands in others' files, and since when
};

/// Takes a lease file away if its content is `expected`, and only then, whoever else does the same or takes
/// the name meanwhile. Returns whether it did.
bool take_away(const std::filesystem::path& lease_file,
               const std::function<bool(const std::string& content)>& is_expected);

/// Removes what processes of this machine left in a folder that were killed while they held, took or gave
/// back a lease, and that nobody may ever ask for again.
void remove_leases_of_gone_processes(const std::filesystem::path& folder);

}  // namespace imp::harness
