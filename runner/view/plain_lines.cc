#include "runner/view/plain_lines.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "reports/values.h"

namespace muster {

namespace {

using Kind = LiveMilestone::Kind;

constexpr Duration kHeartbeat = std::chrono::seconds(10);

/// How the engine's own event begins, "" where it has none.
std::string same_event(const LiveMilestone& milestone) {
  if (milestone.kind == Kind::FailedOver) return "failover of " + milestone.probe + ":";
  if (milestone.kind == Kind::Recovered) return "recovery of " + milestone.probe + ":";
  return "";
}

std::string what_was_reached(const LiveMilestone& milestone) {
  switch (milestone.kind) {
    case Kind::Baseline:
    case Kind::Injected:
      break;
    case Kind::Felt:
      return "first failed request of " + milestone.probe;
    case Kind::Detected:
      return "first sign in the control plane, seen by " + milestone.probe;
    case Kind::FailedOver:
      return milestone.probe + " good again everywhere";
    case Kind::Undone:
      return "everything undone and verified";
    case Kind::Recovered:
      return milestone.probe + " good again since the undo";
  }
  return "";
}

/// "ok", "OVER by 8.2 s".
std::string against_budget(const LiveMilestone& milestone) {
  if (!milestone.budget) return "";
  const Duration beyond = *milestone.took - *milestone.budget;
  return fmt::format(
      "  budget {}  {}",
      show_seconds(to_seconds(*milestone.budget)),
      beyond > Duration::zero() ? "OVER by " + show_seconds(to_seconds(beyond)) : "ok");
}

double failed_share(std::uint64_t failed, std::uint64_t requests) {
  return requests == 0 ? 0 : static_cast<double>(failed) / static_cast<double>(requests);
}

}  // namespace

std::string PlainLines::title() const {
  const std::string trial =
      head_.trials > 1 ? fmt::format("  trial {} of {}", head_.trial, head_.trials) : "";
  return fmt::format("muster {}  {} on {} ({})  run {} ({}){}  seed {}",
                     MUSTER_VERSION,
                     printable(head_.drill),
                     printable(head_.stack),
                     printable(head_.environment),
                     head_.number,
                     head_.run_id,
                     trial,
                     head_.seed);
}

std::string PlainLines::event(const EventRecord& event) {
  for (const std::string& begin : said_) {
    if (event.text.starts_with(begin) && (event.kind == "failover" || event.kind == "recover")) {
      said_.erase(begin);
      return "";
    }
  }
  const bool own = event.source == "muster" || event.source.empty();
  return line(event.at, event.kind, own ? event.text : event.source + ": " + event.text);
}

std::string PlainLines::milestone(const LiveMilestone& reached) {
  const Time at = *reached.began + *reached.took;
  if (reached.kind == Kind::Injected) {
    injected_ = at;
    return "";  // each change has its own line
  }
  if (reached.kind == Kind::Baseline) return "";  // only as long as it was meant to be
  if (std::string begin = same_event(reached); !begin.empty()) said_.insert(std::move(begin));
  return line(at, reached.name(), text_of(reached));
}

std::string PlainLines::text_of(const LiveMilestone& reached) {
  return fmt::format("{}  {}{}",
                     what_was_reached(reached),
                     show_seconds(to_seconds(*reached.took)),
                     against_budget(reached));
}

std::string PlainLines::heartbeat(const Snapshot& now) {
  last_line_ = std::max(last_line_, head_.started);
  if (now.now - last_line_ < kHeartbeat) return "";
  std::uint64_t requests = 0;
  std::uint64_t failed = 0;
  std::string rows;
  const bool one_probe = std::ranges::all_of(
      now.rows, [&](const LiveRow& row) { return row.probe == now.rows[0].probe; });
  for (const LiveRow& row : now.rows) {
    requests += row.requests;
    failed += row.failed;
    rows += fmt::format(
        "  {}{} {}",
        one_probe ? "" : row.probe + "@",
        row.vantage,
        row.requests == 0 ? "no answer" : show_percent(failed_share(row.failed, row.requests)));
  }
  const std::string doing = now.step.empty() ? "" : "  (" + now.step + ")";
  return line(
      now.now,
      "...",
      rows.empty()
          ? now.step
          : fmt::format(
                "failed {}{}{}", show_percent(failed_share(failed, requests)), rows, doing));
}

std::string PlainLines::line(Time at, std::string_view kind, std::string_view text) {
  last_line_ = std::max(last_line_, at);
  const std::string clock = format_utc(head_.utc(at)).substr(11, 10);
  const std::string offset =
      injected_ ? fmt::format("{:+.1f}", to_seconds(at - *injected_)) : std::string();
  return fmt::format("{} {:>8}  {:<9} {}", clock, offset, printable(kind, 20), printable(text));
}

}  // namespace muster
