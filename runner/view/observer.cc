#include "runner/view/observer.h"

#include <cstdio>

#include "base/error.h"
#include "base/secret.h"
#include "base/text.h"
#include "runner/view/plain_lines.h"

namespace muster {

namespace {

void put_line(const std::string& line) {
  if (line.empty()) return;
  std::fputs((without_secrets(line) + "\n").c_str(), stdout);
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
  explicit JsonObserver(bool progress) : progress_(progress) {}

  void begin(const RunHead& head) override {
    head_ = head;
    json::object line;
    line["at_s"] = 0.0;
    line["kind"] = "begin";
    line["source"] = "muster";
    line["text"] = head.drill;
    line["run"] = head.run_id;
    line["number"] = head.number;
    line["stack"] = head.stack;
    line["environment"] = head.environment;
    line["trial"] = head.trial;
    line["trials"] = head.trials;
    put_line(compact_json(line));
  }
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
  void tick(const Snapshot& now) override {
    if (!progress_ || (told_ && now.now - *told_ < kProgressEvery)) return;
    told_ = now.now;
    json::array in_force;
    for (const std::string& change : now.in_force)
      in_force.emplace_back(json::object{{"ref", ""}, {"text", change}, {"source", ""}});
    json::array users;
    for (const LiveRow& row : now.rows) {
      json::object each{{"probe", row.probe}, {"vantage", row.vantage}, {"failed", nullptr}};
      if (row.requests > 0)
        each["failed"] = static_cast<double>(row.failed) / static_cast<double>(row.requests);
      users.emplace_back(std::move(each));
    }
    const std::string_view phase = phase_of(now.milestones);
    json::object line;
    line["at_s"] = to_seconds(now.now - head_.started);
    line["kind"] = "progress";
    line["text"] = now.step;
    line["phase"] = json::string(phase.data(), phase.size());
    line["in_force"] = std::move(in_force);
    line["users"] = std::move(users);
    line["stopping"] = now.stopping;
    put_line(compact_json(line));
  }
  void finished() override {}

 private:
  static constexpr Duration kProgressEvery = std::chrono::seconds(1);

  bool progress_;
  RunHead head_;
  std::optional<Time> told_;
};

}  // namespace

void Observer::notice(const std::string& line) {
  std::fputs((printable(without_secrets(line)) + "\n").c_str(), stderr);
}

Task<bool> Observer::ask(std::string question) {
  fail("nobody can be asked here: {}", question);
  co_return false;
}

std::unique_ptr<Observer> make_plain_observer() {
  return std::make_unique<PlainObserver>();
}

std::unique_ptr<Observer> make_json_observer(bool progress) {
  return std::make_unique<JsonObserver>(progress);
}

std::unique_ptr<Observer> make_observer(bool json, bool plain) {
  if (json) return make_json_observer();
  auto live = plain ? nullptr : make_live_view();
  return live ? std::move(live) : make_plain_observer();
}

}  // namespace muster
