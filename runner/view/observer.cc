#include "runner/view/observer.h"

#include <cstdio>

#include "base/error.h"
#include "base/text.h"
#include "runner/view/plain_lines.h"

namespace muster {

namespace {

void put_line(const std::string& line) {
  if (line.empty()) return;
  std::fputs((line + "\n").c_str(), stdout);
  std::fflush(stdout);
}

class PlainObserver final : public Observer {
 public:
  void begin(const RunHead& head) override {
    lines_.begin(head);
    put_line(lines_.title());
  }
  void event(const EventRecord& event, Duration) override { put_line(lines_.event(event)); }
  void milestone(const LiveMilestone& reached) override { put_line(lines_.milestone(reached)); }
  void tick(const Snapshot& now) override { put_line(lines_.heartbeat(now)); }
  void finished() override {}

 private:
  PlainLines lines_;
};

class JsonObserver final : public Observer {
 public:
  void begin(const RunHead& head) override { head_ = head; }
  void event(const EventRecord& event, Duration at) override {
    json::object line;
    line["at_s"] = to_seconds(at);
    line["kind"] = event.kind;
    line["source"] = event.source;
    line["text"] = event.text;
    line["ref"] = event.ref;
    put_line(compact_json(line));
  }
  void milestone(const LiveMilestone& reached) override {
    json::object line;
    line["at_s"] = to_seconds(*reached.began + *reached.took - head_.started);
    line["kind"] = "milestone";
    line["source"] = reached.probe;
    line["text"] = reached.name();
    line["took_s"] = to_seconds(*reached.took);
    if (reached.budget) line["budget_s"] = to_seconds(*reached.budget);
    put_line(compact_json(line));
  }
  void tick(const Snapshot&) override {}
  void finished() override {}

 private:
  RunHead head_;
};

}  // namespace

void Observer::notice(const std::string& line) {
  std::fputs((printable(line) + "\n").c_str(), stderr);
}

Task<bool> Observer::ask(std::string question) {
  fail("nobody can be asked here: {}", question);
  co_return false;
}

std::unique_ptr<Observer> make_plain_observer() {
  return std::make_unique<PlainObserver>();
}

std::unique_ptr<Observer> make_json_observer() {
  return std::make_unique<JsonObserver>();
}

std::unique_ptr<Observer> make_observer(bool json, bool plain) {
  if (json) return make_json_observer();
  auto live = plain ? nullptr : make_live_view();
  return live ? std::move(live) : make_plain_observer();
}

}  // namespace muster
