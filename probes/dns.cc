// dns: what a resolver answers, and for how long it may be remembered.
#include <algorithm>

#include "base/clock.h"
#include "base/text.h"
#include "probes/kinds.h"
#include "probes/prober.h"
#include "probes/resolver.h"

namespace muster {

namespace {

class DnsProber final : public Prober {
 public:
  explicit DnsProber(const Watch& watch)
      : watch_(watch),
        name_(text_at(watch.item.params, "name")),
        family_(text_at(watch.item.params, "type") == "AAAA" ? DnsFamily::V6 : DnsFamily::V4),
        timeout_(duration_at(watch.item.params, "timeout")),
        resolver_(make_resolver(watch.executor, server_of(watch.item), timeout_, 1)) {}

  void send(const Due& due) override {
    ++in_flight_;
    const Time sent = watch_.clock.now();
    resolver_->ask(name_, family_, [this, due, sent](const DnsAnswer& answer) {
      --in_flight_;
      record(due, sent, answer);
    });
  }

  std::size_t in_flight() const override { return in_flight_; }
  std::size_t most_in_flight() const override {
    return in_flight_limit(watch_.item.rate, timeout_);
  }
  SampleKind sample_kind() const override { return SampleKind::Signal; }
  Task<> settle() override { return drained(watch_.clock, timeout_ * 2); }

 private:
  static std::string server_of(const AgentTask::Item& item) {
    return find(item.params, "server") == nullptr ? item.resolver : text_at(item.params, "server");
  }

  void record(const Due& due, Time sent, const DnsAnswer& answer) {
    std::vector<std::string> addresses = answer.addresses;
    std::sort(addresses.begin(), addresses.end());  // servers turn the order; the answer is the set
    Sample sample;
    sample.due = due.at;
    sample.sent = sent;
    sample.done = watch_.clock.now();
    sample.client = due.client;
    sample.dns_us = microseconds(sample.done - sent);
    sample.value = to_seconds(answer.ttl);
    sample.text = watch_.recorder.text(join(addresses, ","));
    sample.outcome = answer.outcome;
    sample.status = static_cast<std::uint16_t>(answer.rcode);
    sample.kind = SampleKind::Signal;
    watch_.recorder.record(sample);
  }

  const Watch watch_;
  const std::string name_;
  const DnsFamily family_;
  const Duration timeout_;
  std::size_t in_flight_ = 0;
  std::unique_ptr<Resolver> resolver_;
};

std::unique_ptr<Prober> prober(const Watch& watch) {
  return std::make_unique<DnsProber>(watch);
}

}  // namespace

ProbeKind dns_probe() {
  return {{.name = "dns",
           .summary = "asks a resolver for a name; shows the answer and its TTL over time",
           .example = "dns:\n"
                      "  name: www.novvista.test\n",
           .fields = {{.name = "name", .type = Type::Text, .help = "to ask for", .required = true},
                      {.name = "type",
                       .type = Type::Choice,
                       .help = "of the record",
                       .fallback = "A",
                       .choices = {"A", "AAAA"}},
                      {.name = "server",
                       .type = Type::Text,
                       .help = "address[:port] to ask; by default the vantage's resolver"},
                      {.name = "timeout",
                       .type = Type::Duration,
                       .help = "one question is asked, never repeated",
                       .fallback = "2s",
                       .least = 0.001,
                       .most = 60}}},
          true,
          &at_vantages,
          &prober};
}

}  // namespace muster
