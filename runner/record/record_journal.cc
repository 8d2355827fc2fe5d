#include "runner/record/record_journal.h"

#include "runner/record/record_json.h"
#include "runner/record/run_store.h"

namespace muster {

void RecordJournal::open(const RunRecord& record) {
  journal_.append("run-started",
                  run_started_record(record.id, record.playbook, record.stack, record.started_utc),
                  true);
  journal_.append("opening", opening_json(record), false);
}

void RecordJournal::keep_up(const RunRecord& record) {
  if (!agents_ && !record.agents.empty()) {
    journal_.append("agents", agents_json(record.agents), false);
    agents_ = true;
  }
  if (!baseline_ && record.baseline_ended) {
    journal_.append("baseline", baseline_json(record), false);
    baseline_ = true;
  }
  for (; checks_ < record.checks.size(); ++checks_)
    journal_.append("check", check_json(record.checks[checks_]), false);
  for (; events_ < record.events.size(); ++events_)
    journal_.append("event", event_json(record.events[events_]), false);
}

void RecordJournal::finish(const RunRecord& record) {
  agents_ = false;
  keep_up(record);
  journal_.append("ended", {{"at", record.ended.time_since_epoch().count()}}, false);
}

}  // namespace muster
