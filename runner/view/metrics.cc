#include "runner/view/metrics.h"

#include <charconv>
#include <csignal>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>

#include <pthread.h>

#include <boost/asio.hpp>
#include <prometheus/counter.h>
#include <prometheus/exposer.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include "base/error.h"
#include "base/text.h"
#include "reports/measure/setting.h"
#include "reports/measure/timeline.h"

namespace muster {

namespace asio = boost::asio;

namespace {

using prometheus::Histogram;

/// 1 to 65535, in digits alone: the library takes letters behind them for options.
std::optional<std::uint16_t> port_in(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

std::optional<asio::ip::tcp::endpoint> endpoint_of(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const auto port = port_in(text.substr(colon + 1));
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  boost::system::error_code wrong;
  const auto address = asio::ip::make_address(host, wrong);
  const bool has_scope = host.find('%') != std::string_view::npos;
  if (wrong || !port || has_scope || address.is_v6() != bracketed) return std::nullopt;
  return asio::ip::tcp::endpoint(address, *port);
}

/// The library only says that it did not work.
std::string why_nobody_can_listen(const asio::ip::tcp::endpoint& endpoint) {
  asio::io_context context;
  asio::ip::tcp::acceptor acceptor(context);
  boost::system::error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  return error ? error.message() : "its server did not start";
}

/// Threads inherit what is blocked here: a signal that one of them took would run handlers which
/// count on the main thread. What a thread's own mistake raises stays open, so that the terminal is
/// put back even then.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t blocked;
    ::sigfillset(&blocked);
    for (const int own : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) ::sigdelset(&blocked, own);
    ::pthread_sigmask(SIG_SETMASK, &blocked, &before_);
  }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;
  ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_{};
};

std::unique_ptr<prometheus::Exposer> listen_without_signals(const std::string& address) {
  const SignalsBlocked blocked;
  return std::make_unique<prometheus::Exposer>(address, 1);
}

/// From what a user does not feel to what they leave for; seconds.
const Histogram::BucketBoundaries kLatencies = {
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30};
const Histogram::BucketBoundaries kLags = {0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 1};

/// What one probe at one vantage counts into; looked up once, not for each sample.
struct Meters {
  std::map<Outcome, prometheus::Counter*> by_outcome;
  Histogram* latency = nullptr;
  Histogram* lag = nullptr;
};

class PrometheusExposition final : public Exposition {
 public:
  PrometheusExposition(const std::string& address, const Playbook& playbook)
      : exposer_(listen_without_signals(address)),
        registry_(std::make_shared<prometheus::Registry>()),
        requests_(prometheus::BuildCounter()
                      .Name("muster_probe_requests_total")
                      .Help("Requests that were due, by how they ended.")
                      .Register(*registry_)),
        latencies_(prometheus::BuildHistogram()
                       .Name("muster_probe_request_duration_seconds")
                       .Help("From when a good request was due until it was answered.")
                       .Register(*registry_)),
        lags_(prometheus::BuildHistogram()
                  .Name("muster_probe_send_lag_seconds")
                  .Help("How long after it was due a request left.")
                  .Register(*registry_)),
        faults_(prometheus::BuildGauge()
                    .Name("muster_fault_active")
                    .Help("1 while the change is in force.")
                    .Register(*registry_)),
        phases_(prometheus::BuildGauge()
                    .Name("muster_phase")
                    .Help("1 for the phase that the drill is in.")
                    .Register(*registry_)) {
    prometheus::BuildGauge()
        .Name("muster_build_info")
        .Help("The muster that runs the drill.")
        .Register(*registry_)
        .Add({{"version", MUSTER_VERSION}})
        .Set(1);
    for (const ProbeSpec& probe : playbook.probes)
      operations_[probe.name] = operation_of(probe.kind);
    exposer_->RegisterCollectable(registry_);
  }

  std::unique_ptr<SampleFile> counting(std::unique_ptr<SampleFile> file) override;
  std::unique_ptr<Observer> showing(std::unique_ptr<Observer> observer) override;

  void count(std::string_view probe, std::string_view vantage, const Sample& sample) {
    if (!is_request(sample) && sample.kind != SampleKind::Signal) return;
    Meters& meters = meters_of(probe, vantage);
    prometheus::Counter*& counter = meters.by_outcome[sample.outcome];
    if (counter == nullptr) {
      auto labels = labels_of(probe, vantage);
      labels["outcome"] = std::string(name_of(sample.outcome));
      counter = &requests_.Add(labels);
    }
    counter->Increment();
    if (!failed(sample)) meters.latency->Observe(to_seconds(latency(sample)));
    if (sample.sent != Time()) meters.lag->Observe(to_seconds(sample.sent - sample.due));
  }

  void show(const Snapshot& now) {
    set_one(phases_, "phase", std::set{std::string(phase_of(now.milestones))}, seen_phases_);
    set_one(faults_,
            "fault",
            std::set<std::string>(now.in_force.begin(), now.in_force.end()),
            seen_faults_);
  }

 private:
  using Gauges = prometheus::Family<prometheus::Gauge>;

  prometheus::Labels labels_of(std::string_view probe, std::string_view vantage) const {
    const auto operation = operations_.find(probe);
    return {{"probe", std::string(probe)},
            {"vantage", std::string(vantage)},
            {"op", operation == operations_.end() ? "other" : operation->second}};
  }

  Meters& meters_of(std::string_view probe, std::string_view vantage) {
    const auto [place, is_new] = meters_.try_emplace({std::string(probe), std::string(vantage)});
    if (is_new) {
      place->second.latency = &latencies_.Add(labels_of(probe, vantage), kLatencies);
      place->second.lag = &lags_.Add(labels_of(probe, vantage), kLags);
    }
    return place->second;
  }

  /// What was seen once stays, at 0: a series that ends tells nothing.
  static void set_one(Gauges& family,
                      const std::string& label,
                      const std::set<std::string>& on,
                      std::set<std::string>& seen) {
    seen.insert(on.begin(), on.end());
    for (const std::string& each : seen)
      family.Add({{label, printable(each, 120)}}).Set(on.contains(each) ? 1 : 0);
  }

  std::unique_ptr<prometheus::Exposer> exposer_;
  std::shared_ptr<prometheus::Registry> registry_;
  prometheus::Family<prometheus::Counter>& requests_;
  prometheus::Family<Histogram>& latencies_;
  prometheus::Family<Histogram>& lags_;
  Gauges& faults_;
  Gauges& phases_;
  std::map<std::string, std::string, std::less<>> operations_;
  std::map<std::pair<std::string, std::string>, Meters> meters_;
  std::set<std::string> seen_phases_, seen_faults_;
};

class CountingFile final : public SampleFile {
 public:
  CountingFile(std::unique_ptr<SampleFile> file, PrometheusExposition& exposition)
      : file_(std::move(file)), exposition_(exposition) {}
  void add(std::string_view probe, std::string_view vantage, const Sample& sample) override {
    file_->add(probe, vantage, sample);
    exposition_.count(probe, vantage, sample);
  }
  void add_text(std::uint16_t index, std::string_view text) override {
    file_->add_text(index, text);
  }
  void flush() override { file_->flush(); }
  std::uint64_t count() const override { return file_->count(); }
  std::vector<SampleSeries> read_back() const override { return file_->read_back(); }

 private:
  std::unique_ptr<SampleFile> file_;
  PrometheusExposition& exposition_;
};

class ShowingObserver final : public Observer {
 public:
  ShowingObserver(std::unique_ptr<Observer> observer, PrometheusExposition& exposition)
      : observer_(std::move(observer)), exposition_(exposition) {}
  void begin(const RunHead& head) override { observer_->begin(head); }
  void event(const EventRecord& event, Duration at) override { observer_->event(event, at); }
  void milestone(const LiveMilestone& milestone) override { observer_->milestone(milestone); }
  void tick(const Snapshot& now) override {
    observer_->tick(now);
    exposition_.show(now);
  }
  void notice(const std::string& line) override { observer_->notice(line); }
  void take_keys(boost::asio::any_io_executor executor, std::function<void()> abort) override {
    observer_->take_keys(std::move(executor), std::move(abort));
  }
  bool asks() const override { return observer_->asks(); }
  Task<bool> ask(std::string question) override { return observer_->ask(std::move(question)); }
  void finished() override { observer_->finished(); }

 private:
  std::unique_ptr<Observer> observer_;
  PrometheusExposition& exposition_;
};

std::unique_ptr<SampleFile> PrometheusExposition::counting(std::unique_ptr<SampleFile> file) {
  return std::make_unique<CountingFile>(std::move(file), *this);
}

std::unique_ptr<Observer> PrometheusExposition::showing(std::unique_ptr<Observer> observer) {
  return std::make_unique<ShowingObserver>(std::move(observer), *this);
}

class NoExposition final : public Exposition {
 public:
  std::unique_ptr<SampleFile> counting(std::unique_ptr<SampleFile> file) override { return file; }
  std::unique_ptr<Observer> showing(std::unique_ptr<Observer> observer) override {
    return observer;
  }
};

}  // namespace

void check_metrics_address(const std::string& address) {
  if (address.empty() || endpoint_of(address)) return;
  throw UsageError(fmt::format(
      "--metrics {}: it wants ADDRESS:PORT, the address in figures, such as 127.0.0.1:9464",
      printable(address, 120)));
}

std::unique_ptr<Exposition> expose_metrics(const std::string& address, const Playbook& playbook) {
  check_metrics_address(address);
  if (address.empty()) return std::make_unique<NoExposition>();
  try {
    return std::make_unique<PrometheusExposition>(address, playbook);
  } catch (const std::runtime_error&) {
    fail("metrics cannot be served at {}: {}; give a free ADDRESS:PORT such as 127.0.0.1:9464",
         address,
         why_nobody_can_listen(*endpoint_of(address)));
  }
}

}  // namespace muster
