// object_store: objects PUT at one place and read at the others: how long replication takes, what
// comes back corrupt, and what was acknowledged and is gone.
#include <algorithm>
#include <set>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "probes/kinds.h"
#include "probes/propagation.h"

namespace muster {

using namespace std::chrono_literals;

namespace {

constexpr std::string_view kKey = "{key}";
constexpr int kNotFound = 404;
constexpr std::size_t kReaders = 32;  // of all objects at the end
constexpr Duration kReadAgain = 500ms;
constexpr Duration kSettle = 15s;

/// What is stored under a key: its name, and letters that follow from it, so that a piece of
/// another object, or of an older one, is found.
std::string body_of(std::string_view key, std::size_t bytes) {
  std::string body = fmt::format("{}\n", key);
  std::uint64_t state = 14695981039346656037U;
  for (const char letter : key)
    state = (state ^ static_cast<unsigned char>(letter)) * 1099511628211U;
  body.reserve(bytes);
  while (body.size() < bytes) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    body += static_cast<char>('a' + (state >> 33U) % 26);
  }
  return body;
}

void sign(const json::object& params, HttpRequest& request) {
  const json::value* s3 = find(params, "s3");
  if (s3 == nullptr) return;
  const json::object& account = s3->as_object();
  request.s3_region = text_at(account, "region");
  request.s3_account = text_at(account, "access_key") + ":" + text_at(account, "secret_key");
}

HttpRequest put_request(const json::object& params) {
  HttpRequest request;
  request.method = "PUT";
  request.url = text_at(params, "put");
  request.headers = header_lines(params, "headers");
  sign(params, request);
  prepare_call(request);
  return request;
}

std::vector<Place> readers(const json::object& params) {
  std::vector<Place> places = places_of(params, "get", header_lines(params, "headers"));
  for (Place& place : places) sign(params, place.request);
  return places;
}

class ObjectStoreProber final : public PropagationProber {
 public:
  explicit ObjectStoreProber(const Watch& watch)
      : PropagationProber(
            watch, readers(watch.item.params), limits_of(watch.item.params), watch.item.rate),
        put_(put_request(watch.item.params)),
        bytes_(static_cast<std::size_t>(integer_at(watch.item.params, "bytes"))) {}

  Task<> settle() override {
    co_await PropagationProber::settle();
    const Time end = watch_.clock.now() + kSettle;
    TaskGroup reading(watch_.executor);
    for (std::size_t i = 0; i < kReaders; ++i) reading.spawn(read_what_is_left(end));
    co_await reading.join();
  }

 protected:
  Task<> act(Round& round) override {
    round.subject =
        fmt::format("{}-{}-{}", watch_.task.run, watch_.task.vantage, round.due.number + 1);
    HttpRequest request = with_filled_in(put_, kKey, round.subject);
    request.body = body_of(round.subject, bytes_);
    const UserAnswer answer = co_await ask(round, std::move(request), limits_.act);
    round.act.dns_us = answer.dns_us;
    round.act.connect_us = answer.http.connect_us;
    round.act.first_byte_us = answer.http.first_byte_us;
    round.act.status = static_cast<std::uint16_t>(answer.http.status);
    round.act.outcome = answer.http.outcome;
    const bool stored = answer.http.status >= 200 && answer.http.status < 300;
    if (answer.http.outcome == Outcome::Good && !stored) round.act.outcome = Outcome::HttpError;
    if (round.act.outcome == Outcome::Good) stored_.push_back(round.due);
  }

  HttpRequest look_request(const Round& round, const Place& place) const override {
    return with_filled_in(place.request, kKey, round.subject);
  }

  Sight judge(const Round& round, const HttpAnswer& answer) const override {
    switch (outcome_of(round.subject, answer)) {
      case Outcome::Good:
        return answer.status == kNotFound ? Sight::NotYet : Sight::Shown;
      case Outcome::WrongBody:
        return Sight::NotYet;
      default:
        return Sight::NotTold;
    }
  }

  /// The first look of a round at a place is what a user there gets who was told of the object.
  void looked(const Round& round,
              const Place& place,
              Time sent,
              const UserAnswer& answer) override {
    const Outcome outcome = outcome_of(round.subject, answer.http);
    if (first_looks_.insert({round.due.number, place.name}).second) {
      Sample request = sample_of(round, sent, answer, SampleKind::Request);
      request.value = 0;
      request.outcome = outcome;
      watch_.recorder.record(request);
    }
    if (outcome == Outcome::WrongBody) record_read(round, place, sent, answer, outcome);
  }

  void sighted(const Round& round, const Place& place, const Sighting&) override {
    first_looks_.erase({round.due.number, place.name});
  }

 private:
  static Limits limits_of(const json::object& params) {
    const Duration timeout = duration_at(params, "timeout");
    return {timeout, timeout, duration_at(params, "give_up")};
  }

  /// Good: the object, or an honest "not found".
  Outcome outcome_of(const std::string& key, const HttpAnswer& answer) const {
    if (answer.outcome != Outcome::Good) return answer.outcome;
    if (answer.status == kNotFound) return Outcome::Good;
    if (answer.status != 200) return Outcome::HttpError;
    return answer.body == body_of(key, bytes_) ? Outcome::Good : Outcome::WrongBody;
  }

  void record_read(const Round& round,
                   const Place& place,
                   Time sent,
                   const UserAnswer& answer,
                   Outcome outcome) {
    Sample read = sample_of(round, sent, answer, SampleKind::ReadBack);
    read.text = watch_.recorder.text(place.name);
    read.outcome = outcome;
    watch_.recorder.record(read);
  }

  Task<> read_what_is_left(Time end) {
    while (next_ < stored_.size() * places_.size()) {
      const std::size_t turn = next_++;
      const Due due = stored_[turn / places_.size()];
      co_await last_look(due, places_[turn % places_.size()], end);
    }
  }

  /// Until the place has answered; what it could not be asked in time is not sent.
  Task<> last_look(Due due, const Place& place, Time end) {
    Round round;
    round.due = due;
    round.subject = fmt::format("{}-{}-{}", watch_.task.run, watch_.task.vantage, due.number + 1);
    UserAnswer answer;
    Outcome outcome = Outcome::NotSent;
    Time sent = watch_.clock.now();
    while (watch_.clock.now() < end) {
      sent = watch_.clock.now();
      HttpRequest request = look_request(round, place);
      answer = co_await ask(round, std::move(request), limits_.look);
      outcome = outcome_of(round.subject, answer.http);
      if (outcome == Outcome::Good || outcome == Outcome::WrongBody) break;
      co_await watch_.clock.sleep_for(kReadAgain);
    }
    if (outcome == Outcome::Good && answer.http.status == kNotFound) outcome = Outcome::WrongBody;
    record_read(round, place, sent, answer, outcome);
  }

  const HttpRequest put_;
  const std::size_t bytes_;
  std::vector<Due> stored_;  ///< acknowledged
  std::size_t next_ = 0;     ///< of them, at the end
  std::set<std::pair<std::uint64_t, std::string>> first_looks_;
};

std::vector<ProbePlace> places(const ProbeSpec& probe, const Stack& stack) {
  const json::object& params = probe.params.values();
  std::vector<std::string> urls = {put_request(params).url};
  for (const Place& place : readers(params)) urls.push_back(place.request.url);
  for (const std::string& url : urls) {
    if (url.find(kKey) == std::string::npos)
      fail("probe '{}': '{}' needs {{key}}, or every object is the same", probe.name, url);
  }
  return at_vantages(probe, stack);
}

std::unique_ptr<Prober> prober(const Watch& watch) {
  return std::make_unique<ObjectStoreProber>(watch);
}

Field s3_field() {
  return {.name = "s3",
          .type = Type::Object,
          .help = "signs every request as S3 asks (AWS signature, version 4)",
          .fields = {{.name = "region",
                      .type = Type::Text,
                      .help = "that the signature is for",
                      .fallback = "us-east-1"},
                     {.name = "access_key",
                      .type = Type::Text,
                      .help = "whose the requests are",
                      .required = true},
                     {.name = "secret_key",
                      .type = Type::Text,
                      .help = "${secret:file:/run/secrets/s3}",
                      .required = true}}};
}

Schema fields() {
  return {{.name = "put",
           .type = Type::Text,
           .help = "URL that an object is written to; {key} is its name",
           .required = true},
          places_field("get", "place: URL that the object is read from; {key} is its name"),
          {.name = "bytes",
           .type = Type::Size,
           .help = "of an object",
           .fallback = "4KiB",
           .least = 1,
           .most = 128 * 1024},
          s3_field(),
          {.name = "headers", .type = Type::TextMap, .help = "sent with every request"},
          {.name = "timeout",
           .type = Type::Duration,
           .help = "of one PUT or GET",
           .fallback = "2s",
           .least = 0.001,
           .most = 60},
          give_up_field()};
}

}  // namespace

ProbeKind object_store_probe() {
  return {{.name = "object_store",
           .summary = "writes objects at one place and reads them at others until each has them",
           .example = "object_store:\n"
                      "  put: \"http://obj.us.novvista.test/objects/{key}\"\n"
                      "  get: {us-east: \"http://obj.us.novvista.test/objects/{key}\", eu-west: "
                      "\"http://obj.eu.novvista.test/objects/{key}\"}\n"
                      "  bytes: 4KiB\n",
           .fields = fields()},
          false,
          &places,
          &prober};
}

}  // namespace muster
