#include "runner/observer.h"

#include <cstdio>

#include "base/text.h"
#include "runner/terminal.h"

namespace muster {

namespace {

constexpr Duration kHeartbeat = std::chrono::seconds(10);

std::string clock_text(Duration since_start) {
  return fmt::format("{:8.2f} s", to_seconds(since_start));
}

class PlainObserver final : public Observer {
 public:
  void event(const EventRecord& event, Duration at) override {
    last_line_ = at;
    std::fputs(
        fmt::format("{}  {:<9} {:<10} {}\n", clock_text(at), event.kind, event.source, event.text)
            .c_str(),
        stdout);
    std::fflush(stdout);
  }

  void tick(const Snapshot& now) override {
    const Duration at = now.now - now.started;
    if (at - last_line_ < kHeartbeat) return;
    last_line_ = at;
    std::string rows;
    for (const LiveRow& row : now.rows) {
      if (row.requests == 0) continue;
      rows += fmt::format(
          "; {} from {}: {} of {} failed", row.probe, row.vantage, row.failed, row.requests);
    }
    std::fputs(fmt::format("{}  {}{}\n", clock_text(at), now.step, rows).c_str(), stdout);
    std::fflush(stdout);
  }

  void finished() override {}

 private:
  Duration last_line_{};
};

class JsonObserver final : public Observer {
 public:
  void event(const EventRecord& event, Duration at) override {
    json::object line;
    line["at_s"] = to_seconds(at);
    line["kind"] = event.kind;
    line["source"] = event.source;
    line["text"] = event.text;
    line["ref"] = event.ref;
    std::fputs((compact_json(line) + "\n").c_str(), stdout);
    std::fflush(stdout);
  }
  void tick(const Snapshot&) override {}
  void finished() override {}
};

}  // namespace

std::unique_ptr<Observer> make_plain_observer() {
  return std::make_unique<PlainObserver>();
}

std::unique_ptr<Observer> make_json_observer() {
  return std::make_unique<JsonObserver>();
}

std::unique_ptr<Observer> make_observer(bool json, bool plain) {
  if (json) return make_json_observer();
  const ScreenSize size = screen_size();
  const bool live = !plain && stdout_is_for_people() && size.columns >= 80 && size.rows >= 24;
  return live ? make_live_view() : make_plain_observer();
}

}  // namespace muster
