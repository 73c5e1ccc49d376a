// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <atomic>
#include <memory>

#include "harness/inventory/removal.h"
#include "harness/lease/lease.h"
#include "harness/plan/plan_resources.h"
#include "harness/plan/text_table.h"
#include "harness/programs/sweep_options.h"
#include "harness/stages/stage_store.h"
#include "models/io/printable.h"

namespace imp::harness {
namespace {

using nlohmann::ordered_json;

std::int64_t total_bytes(const std::vector<Leftover>& leftovers) {
  std::int64_t bytes = 0;
  for (const Leftover& leftover : leftovers) bytes += leftover.bytes;
  return bytes;
}

ordered_json as_json(const std::vector<Leftover>& leftovers) {
  ordered_json list = ordered_json::array();
  for (const Leftover& each : leftovers) {
    list.push_back({{"path", each.path.string()},
                    {"kind", kind_name(each.kind)},
                    {"bytes", each.bytes},
                    {"reason", each.reason}});
  }
  return list;
}

ordered_json as_json(const std::vector<LeftAlone>& left_alone) {
  ordered_json list = ordered_json::array();
  for (const LeftAlone& each : left_alone)
    list.push_back({{"path", each.path.string()}, {"reason", each.reason}});
  return list;
}

std::string as_text(const std::vector<Leftover>& leftovers) {
  std::vector<TextRow> rows;
  for (const Leftover& each : leftovers)
    rows.push_back(
        {size_as_text(each.bytes), std::string(kind_name(each.kind)), each.path.string(), each.reason});
  return rows.empty() ? "" : as_table(rows);
}

std::string as_text(const std::vector<LeftAlone>& left_alone) {
  std::string text;
  for (const LeftAlone& each : left_alone)
    text += fmt::format("left alone: {} {}\n", each.path.string(), each.reason);
  return text;
}

void print(const ordered_json& record) {
  fmt::print("{}\n", printable_lines(record.dump(2, ' ', false, ordered_json::error_handler_t::replace)));
}

int list(const Unreferenced& found, const SweepOptions& options) {
  const std::int64_t bytes = total_bytes(found.leftovers);
  if (options.json) {
    print({{"schema", 1},
           {"leftovers", as_json(found.leftovers)},
           {"left_alone", as_json(found.left_alone)},
           {"bytes", bytes},
           {"stages_kept", found.stages_kept}});
    return 0;
  }
  const std::string sum =
      found.leftovers.empty()
          ? fmt::format("nothing to remove; sweeps and trials refer to all of {} stages\n", found.stages_kept)
          : fmt::format(
                "{} that nothing refers to, {}; `imp-sweep gc --remove` removes them. {} stages are kept\n",
                found.leftovers.size(), size_as_text(bytes), found.stages_kept);
  fmt::print("{}", printable_lines(as_text(found.leftovers) + as_text(found.left_alone) + sum));
  return 0;
}

int remove(const Unreferenced& found, const SweepOptions& options) {
  const StageStore store(options.runs);
  const std::atomic<bool> never{false};
  const ClaimStage claim = [&](const StageInput& stage) -> std::shared_ptr<void> {
    StageRequest request;
    request.kind = stage.kind;
    request.key = stage.key;
    return std::make_shared<Lease>(store.claim(request, never));
  };
  const Removal removal = remove_leftovers(options.runs, found.leftovers, claim);
  std::vector<LeftAlone> kept = found.left_alone;
  kept.insert(kept.end(), removal.kept.begin(), removal.kept.end());
  if (options.json) {
    print({{"schema", 1},
           {"removed", as_json(removal.removed)},
           {"left_alone", as_json(kept)},
           {"bytes", total_bytes(removal.removed)},
           {"stages_kept", found.stages_kept}});
    return 0;
  }
  fmt::print("{}",
             printable_lines(as_text(removal.removed) + as_text(kept) +
                             fmt::format("{} removed, {} freed. {} stages are kept\n", removal.removed.size(),
                                         size_as_text(total_bytes(removal.removed)), found.stages_kept)));
  return 0;
}

}  // namespace

int collect_garbage(const SweepOptions& options) {
  const Unreferenced found = find_unreferenced(options.runs);
  return options.remove ? remove(found, options) : list(found, options);
}

}  // namespace imp::harness
