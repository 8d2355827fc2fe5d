// ledger: numbered writes through the front door, each acknowledged one read back from every
// vantage. What was acknowledged and is gone, is there twice, or is missing where users look for
// it, shows in no other measurement.
#include <map>
#include <set>

#include <boost/asio.hpp>

#include "base/clock.h"
#include "base/text.h"
#include "probes/http_exchange.h"
#include "probes/kinds.h"
#include "probes/users.h"

namespace muster {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t kMostReads = 64;  // in flight
constexpr Duration kReadAgain = 250ms;  // until it is found
constexpr Duration kReadSeldom = 2s;    // where it was not found for long
constexpr Duration kLong = 10s;
constexpr Duration kRelay = 500ms;  // what the runner needs to tell everyone of a last write
constexpr Duration kSettleUnknown = 2s;

/// How many there are of what was asked for: "count" of a JSON object, or 1 where the answer says
/// no number.
int count_in(const HttpAnswer& answer) {
  if (answer.status == 404) return 0;
  boost::system::error_code error;
  const json::value body = json::parse(answer.body, error);
  const json::value* count =
      !error && body.is_object() ? find(body.get_object(), "count") : nullptr;
  if (count == nullptr || !count->is_int64()) return 1;
  return static_cast<int>(std::clamp<std::int64_t>(count->get_int64(), 0, UINT16_MAX));
}

/// A write is refused where it surely did not happen, and unknown where nobody can tell.
Outcome judge_write(const HttpExchange& exchange, const HttpAnswer& answer) {
  const Outcome outcome = judge_answer(exchange, answer);
  if (outcome == Outcome::Good) return outcome;
  if (answer.outcome != Outcome::Good) return answer.reached ? Outcome::Unknown : Outcome::Refused;
  return answer.status >= 400 && answer.status < 500 ? Outcome::Refused : Outcome::Unknown;
}

/// One number of one vantage.
struct Entry {
  std::string writer;
  std::uint64_t number = 0;
  bool acknowledged = false;
  bool asked_at_the_end = false;
  bool settled = false;
  Time since;  ///< when it was first looked for in this phase
};

class LedgerProber final : public Prober {
 public:
  explicit LedgerProber(const Watch& watch)
      : watch_(watch),
        write_(http_exchange(at(watch.item.params, "write").as_object(), {200, 201, 202, 204})),
        read_(http_exchange(at(watch.item.params, "read").as_object(), {200})),
        key_(text_at(watch.item.params, "key")),
        settle_within_(duration_at(watch.item.params, "settle_within")),
        most_in_flight_(in_flight_limit(watch.item.rate, write_.timeout)),
        users_(watch, std::max(write_.timeout, read_.timeout), most_in_flight_ + kMostReads),
        timer_(watch.executor) {
    read_.request.keep_body = true;
    prepare_call(for_number(write_.request, watch.task.vantage, 1));
    prepare_call(for_number(read_.request, watch.task.vantage, 1));
  }

  void send(const Due& due) override {
    ++in_flight_;
    const Time sent = watch_.clock.now();
    const std::uint64_t number = due.number + 1;
    auto call = prepare_call(for_number(write_.request, watch_.task.vantage, number));
    users_.send(
        due.client, std::move(call), write_.timeout, [this, due, sent, number](UserAnswer& answer) {
          --in_flight_;
          record_write(due, sent, number, answer);
        });
  }

  std::size_t in_flight() const override { return in_flight_; }
  std::size_t most_in_flight() const override { return most_in_flight_; }
  SampleKind sample_kind() const override { return SampleKind::Write; }

  void written(std::string_view writer, const std::vector<std::uint64_t>& numbers) override {
    for (const std::uint64_t number : numbers) note(std::string(writer), number, true);
  }

  Task<> settle() override {
    co_await drained(watch_.clock, write_.timeout * 2);
    co_await watch_.clock.sleep_for(write_.timeout +
                                    kRelay);  // the others may have written until now
    look_at_all_once_more();
    const Time end = watch_.clock.now() + settle_within_ + kRelay;
    while (unsettled_ > 0 && watch_.clock.now() < end) co_await watch_.clock.sleep_for(10ms);
    record_unasked();
    over_ = true;
    const Time patience = watch_.clock.now() + read_.timeout * 2;
    while (reading_ > 0 && watch_.clock.now() < patience) co_await watch_.clock.sleep_for(5ms);
  }

 private:
  HttpRequest for_number(HttpRequest request,
                         const std::string& writer,
                         std::uint64_t number) const {
    const std::string text = std::to_string(number);
    const auto fill = [&](std::string pattern) {
      pattern =
          replaced(replaced(std::move(pattern), "{run}", watch_.task.run), "{vantage}", writer);
      return replaced(std::move(pattern), "{number}", text);
    };
    const std::string key = fill(key_);
    request.url = fill(replaced(std::move(request.url), "{key}", key));
    request.body = fill(replaced(std::move(request.body), "{key}", key));
    for (std::string& header : request.headers)
      header = fill(replaced(std::move(header), "{key}", key));
    return request;
  }

  void fill_in(Sample& sample, const UserAnswer& answer) const {
    sample.done = watch_.clock.now();
    sample.dns_us = answer.dns_us;
    sample.connect_us = answer.http.connect_us;
    sample.tls_us = answer.http.tls_us;
    sample.first_byte_us = answer.http.first_byte_us;
  }

  void record_write(const Due& due, Time sent, std::uint64_t number, const UserAnswer& answer) {
    Sample sample;
    sample.due = due.at;
    sample.sent = sent;
    sample.client = due.client;
    sample.value = static_cast<double>(number);
    sample.status = static_cast<std::uint16_t>(answer.http.status);
    sample.outcome = judge_write(write_, answer.http);
    sample.kind = SampleKind::Write;
    fill_in(sample, answer);
    watch_.recorder.record(sample);
    if (sample.outcome == Outcome::Good) note(watch_.task.vantage, number, true);
    if (sample.outcome == Outcome::Unknown) note(watch_.task.vantage, number, false);
  }

  /// Remembers a number; an acknowledged one is looked for at once, an unknown one at the end.
  void note(std::string writer, std::uint64_t number, bool acknowledged) {
    const auto [place, is_new] = entries_.try_emplace({writer, number});
    Entry& entry = place->second;
    if (!is_new) return;
    entry.writer = std::move(writer);
    entry.number = number;
    entry.acknowledged = acknowledged;
    if (ending_) ++unsettled_;
    if (acknowledged || ending_) look_for(entry, watch_.clock.now());
  }

  void look_for(Entry& entry, Time at) {
    if (entry.since == Time{}) entry.since = at;
    reads_.emplace(at, &entry);
    read_what_is_due();
  }

  void look_at_all_once_more() {
    ending_ = true;
    end_phase_ = watch_.clock.now();
    reads_.clear();
    unsettled_ = entries_.size();
    for (auto& [key, entry] : entries_) {
      entry.since = end_phase_;
      reads_.emplace(end_phase_, &entry);
    }
    read_what_is_due();
  }

  void read_what_is_due() {
    if (std::exchange(sending_reads_, true))
      return;  // an answer that came inside send(): the loop below goes on
    const Time now = watch_.clock.now();
    while (!over_ && !reads_.empty() && reads_.begin()->first <= now && reading_ < kMostReads) {
      const auto [due, entry] = *reads_.begin();
      reads_.erase(reads_.begin());
      read(*entry, due);
    }
    sending_reads_ = false;
    if (over_ || reads_.empty() || reading_ >= kMostReads) return;
    timer_.expires_at(asio::steady_timer::time_point(reads_.begin()->first.time_since_epoch()));
    timer_.async_wait([this](boost::system::error_code error) {
      if (!error) read_what_is_due();
    });
  }

  void read(Entry& entry, Time due) {
    ++reading_;
    const auto user = static_cast<std::uint32_t>(
        next_reader_++ % static_cast<std::uint64_t>(std::max(watch_.item.clients, 1)));
    const Time sent = watch_.clock.now();
    auto call = prepare_call(for_number(read_.request, entry.writer, entry.number));
    users_.send(
        user, std::move(call), read_.timeout, [this, &entry, due, sent, user](UserAnswer& answer) {
          --reading_;
          const Outcome outcome = record_read(entry, due, sent, user, answer);
          if (!over_) next_for(entry, sent, outcome);
          read_what_is_due();
        });
  }

  Outcome record_read(
      const Entry& entry, Time due, Time sent, std::uint32_t user, const UserAnswer& answer) {
    const bool answered = answer.http.outcome == Outcome::Good && answer.http.status == 404;
    const Outcome judged = answered ? Outcome::Good : judge_answer(read_, answer.http);
    const int count = judged == Outcome::Good ? count_in(answer.http) : 0;
    Sample sample;
    sample.due = due;
    sample.sent = sent;
    sample.client = user;
    sample.value = static_cast<double>(entry.number);
    sample.status = static_cast<std::uint16_t>(count);
    sample.text = watch_.recorder.text(entry.writer);
    sample.outcome = judged == Outcome::Good && count == 0 ? Outcome::WrongBody : judged;
    sample.kind = SampleKind::ReadBack;
    fill_in(sample, answer);
    watch_.recorder.record(sample);
    return sample.outcome;
  }

  /// What is still to be done for an entry of which a read, sent at `sent`, came to `outcome`.
  void next_for(Entry& entry, Time sent, Outcome outcome) {
    const Time now = watch_.clock.now();
    const bool answered = outcome == Outcome::Good || outcome == Outcome::WrongBody;
    if (ending_) {
      if (sent < end_phase_) return;  // of before; the last look was already scheduled
      entry.asked_at_the_end = entry.asked_at_the_end || answered;
      const Duration patience =
          entry.acknowledged ? settle_within_ : std::min(kSettleUnknown, settle_within_);
      if (outcome == Outcome::Good || (answered && now - entry.since >= patience)) {
        entry.settled = true;
        --unsettled_;
        return;
      }
    } else if (outcome == Outcome::Good) {
      return;
    }
    reads_.emplace(now + (now - entry.since > kLong && !ending_ ? kReadSeldom : kReadAgain),
                   &entry);
  }

  /// A number whose fate could not be learned in time is said to be so, not left out.
  void record_unasked() {
    for (const auto& [key, entry] : entries_) {
      if (entry.settled || entry.asked_at_the_end) continue;
      Sample sample;
      sample.due = entry.since;
      sample.done = watch_.clock.now();
      sample.value = static_cast<double>(entry.number);
      sample.text = watch_.recorder.text(entry.writer);
      sample.outcome = Outcome::NotSent;
      sample.kind = SampleKind::ReadBack;
      watch_.recorder.record(sample);
    }
  }

  const Watch watch_;
  const HttpExchange write_;
  HttpExchange read_;
  const std::string key_;
  const Duration settle_within_;
  const std::size_t most_in_flight_;
  Users users_;
  asio::steady_timer timer_;
  std::map<std::pair<std::string, std::uint64_t>, Entry> entries_;
  std::multimap<Time, Entry*> reads_;  ///< when to look for what
  std::size_t in_flight_ = 0;
  std::size_t reading_ = 0;
  bool sending_reads_ = false;
  std::size_t unsettled_ = 0;
  std::uint64_t next_reader_ = 0;
  bool ending_ = false;
  Time end_phase_;
  bool over_ = false;
};

std::vector<ProbePlace> places(const ProbeSpec& probe, const Stack& stack) {
  const Params& params = probe.params;
  const std::string key = params.text("key");
  for (const std::string_view part : {"{run}", "{vantage}", "{number}"}) {
    if (key.find(part) == std::string::npos) {
      throw Error(
          fmt::format(
              "probe '{}': its key needs {}, or two writes have the same", probe.name, part),
          params.place("key"));
    }
  }
  return at_vantages(probe, stack);
}

std::unique_ptr<Prober> prober(const Watch& watch) {
  return std::make_unique<LedgerProber>(watch);
}

}  // namespace

ProbeKind ledger_probe() {
  return {
      {.name = "ledger",
       .summary = "numbered writes through the front door, read back from every vantage",
       .example = "ledger:\n"
                  "  write: {method: POST, url: \"http://www.novvista.test/ledger/{key}\"}\n"
                  "  read: {url: \"http://www.novvista.test/ledger/{key}\"}\n",
       .fields =
           {{.name = "write",
             .type = Type::Object,
             .help = "acknowledged with 200, 201, 202 or 204 unless it says otherwise",
             .required = true,
             .fields = http_fields("POST")},
            {.name = "read",
             .type = Type::Object,
             .help = "200 where the number is there (\"count\": how often), 404 where it is not",
             .required = true,
             .fields = http_fields("GET")},
            {.name = "key",
             .type = Type::Text,
             .help = "what {key} stands for in url, headers and body",
             .fallback = "{run}-{vantage}-{number}"},
            {.name = "settle_within",
             .type = Type::Duration,
             .help =
                 "how long, at the end, an acknowledged write that is missing is still looked for",
             .fallback = "15s",
             .least = 0,
             .most = 600}}},
      false,
      &places,
      &prober};
}

}  // namespace muster
