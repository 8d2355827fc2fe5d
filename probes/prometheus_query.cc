// prometheus_query: what a Prometheus says of the system: the value of a query over time, or
// whether an alert fires.
#include <cmath>
#include <cstdlib>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "probes/kinds.h"
#include "probes/propagation.h"

namespace muster {

namespace {

constexpr std::size_t kMostWords = 200;  // of what Prometheus says is wrong with a query

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kPlain = "-_.~";
  std::string encoded;
  for (const char letter : text) {
    const auto byte = static_cast<unsigned char>(letter);
    if (std::isalnum(byte) != 0 || kPlain.find(letter) != std::string_view::npos) {
      encoded += letter;
    } else {
      encoded += fmt::format("%{:02X}", byte);
    }
  }
  return encoded;
}

/// The member at a JSON pointer, or nullptr.
const json::value* member(const json::value& value, std::string_view pointer) {
  boost::system::error_code error;
  return value.find_pointer(pointer, error);
}

std::string_view text_of(const json::value* value) {
  return value != nullptr && value->is_string() ? std::string_view(value->get_string())
                                                : std::string_view();
}

const json::array& list_at(const json::value& value, std::string_view pointer) {
  static const json::array nothing;
  const json::value* list = member(value, pointer);
  return list != nullptr && list->is_array() ? list->get_array() : nothing;
}

/// The value of the first series of a vector, or of a scalar, as Prometheus writes it; "" without.
std::string_view first_value(const json::value& answer) {
  const json::array& result = list_at(answer, "/data/result");
  if (text_of(member(answer, "/data/resultType")) == "scalar")
    return result.size() == 2 ? text_of(&result[1]) : std::string_view();
  return result.empty() ? std::string_view() : text_of(member(result[0], "/value/1"));
}

/// "firing" where one of the alert's instances does, else "pending" where one is, else "inactive".
std::string_view state_of(const json::value& answer, std::string_view name) {
  std::string_view state = "inactive";
  for (const json::value& alert : list_at(answer, "/data/alerts")) {
    if (text_of(member(alert, "/labels/alertname")) != name) continue;
    const std::string_view own = text_of(member(alert, "/state"));
    if (own == "firing") return "firing";
    if (own == "pending") state = "pending";
  }
  return state;
}

/// Whether the answer, if it is whole, names a rule for the alert.
bool has_rule(const json::value& answer, std::string_view name) {
  for (const json::value& group : list_at(answer, "/data/groups")) {
    for (const json::value& rule : list_at(group, "/rules"))
      if (text_of(member(rule, "/name")) == name) return true;
  }
  return false;
}

std::string optional_text(const json::object& params, std::string_view key) {
  return find(params, key) == nullptr ? std::string() : text_at(params, key);
}

HttpRequest request_of(const json::object& params, std::string_view path) {
  HttpRequest request;
  request.url = text_at(params, "url");
  while (request.url.ends_with('/')) request.url.pop_back();
  request.url += path;
  request.headers = header_lines(params, "headers");
  request.ca_file = optional_text(params, "ca_file");
  request.keep_body = true;
  return request;
}

std::string path_of(const json::object& params) {
  if (find(params, "alert") != nullptr) return "/api/v1/alerts";
  return "/api/v1/query?query=" + percent_encoded(text_at(params, "query"));
}

class PrometheusProber final : public TaskProber {
 public:
  explicit PrometheusProber(const Watch& watch)
      : TaskProber(watch, duration_at(watch.item.params, "timeout"), kind_of(watch)),
        alert_(optional_text(watch.item.params, "alert")),
        call_(prepare_call(request_of(watch.item.params, path_of(watch.item.params)))),
        rules_(prepare_call(request_of(watch.item.params, "/api/v1/rules?type=alert"))),
        users_(watch, timeout_, most_in_flight()) {}

  /// A misspelt alert is one that never fires.
  Task<> prepare() override {
    if (alert_.empty()) co_return;
    auto call = rules_;
    const UserAnswer answer = co_await users_.ask(0, std::move(call), timeout_);
    boost::system::error_code error;
    const json::value rules = json::parse(answer.http.body, error);
    has_no_rule_ = !error && answer.http.status == 200 && !has_rule(rules, alert_);
  }

 protected:
  Task<> measure(Sample& sample) override {
    auto call = call_;
    const UserAnswer answer = co_await users_.ask(sample.client, std::move(call), timeout_);
    sample.dns_us = answer.dns_us;
    sample.connect_us = answer.http.connect_us;
    sample.first_byte_us = answer.http.first_byte_us;
    sample.status = static_cast<std::uint16_t>(answer.http.status);
    sample.outcome = answer.http.outcome;
    if (sample.outcome == Outcome::Good) take(answer.http, sample);
  }

 private:
  static SampleKind kind_of(const Watch& watch) {
    return find(watch.item.params, "alert") == nullptr ? SampleKind::Gauge : SampleKind::Signal;
  }

  void take(const HttpAnswer& http, Sample& sample) {
    boost::system::error_code error;
    const json::value answer = json::parse(http.body, error);
    if (http.status != 200) {
      sample.outcome = Outcome::HttpError;
      say(sample, error ? std::string_view() : text_of(member(answer, "/error")));
    } else if (error || text_of(member(answer, "/status")) != "success") {
      sample.outcome = Outcome::WrongBody;
      say(sample, "not an answer of Prometheus");
    } else if (!alert_.empty()) {
      take_state(answer, sample);
    } else {
      take_value(first_value(answer), sample);
    }
  }

  void take_state(const json::value& answer, Sample& sample) {
    const std::string_view state = state_of(answer, alert_);
    if (has_no_rule_ && state == "inactive") {
      sample.outcome = Outcome::WrongBody;
      return say(sample, "no such alert");
    }
    say(sample, state);
  }

  /// A query without a series, or whose value is no number, has none.
  void take_value(std::string_view text, Sample& sample) {
    const double value = std::strtod(std::string(text).c_str(), nullptr);
    if (text.empty() || !std::isfinite(value)) {
      sample.outcome = Outcome::WrongBody;
      return say(sample, text.empty() ? "absent" : text);
    }
    sample.value = value;
  }

  void say(Sample& sample, std::string_view words) {
    sample.text = watch_.recorder.text(printable(words, kMostWords));
  }

  const std::string alert_;
  const std::shared_ptr<const HttpCall> call_;
  const std::shared_ptr<const HttpCall> rules_;
  bool has_no_rule_ = false;
  Users users_;
};

std::vector<ProbePlace> places(const ProbeSpec& probe, const Stack& stack) {
  const Params& params = probe.params;
  if (params.has("query") == params.has("alert")) {
    throw Error(fmt::format("probe '{}' needs either 'query' or 'alert'; write  query: "
                            "\"sum(rate(http_requests_total[5s]))\"",
                            probe.name),
                params.place("url"));
  }
  prepare_call(request_of(params.values(), path_of(params.values())));
  if (!params.has("host")) return at_vantages(probe, stack);
  const StackHost* host = stack.host(params.text("host"));
  if (host == nullptr)
    fail("probe '{}': the stack has no host '{}'", probe.name, params.text("host"));
  return {{host->name, host->name, {}, host->region, params.values()}};
}

std::unique_ptr<Prober> prober(const Watch& watch) {
  return std::make_unique<PrometheusProber>(watch);
}

Schema fields() {
  return {
      {.name = "url",
       .type = Type::Text,
       .help = "of the Prometheus: http://10.41.0.2:9090",
       .required = true},
      {.name = "query",
       .type = Type::Text,
       .help = "in PromQL; the value of its first series is what is watched"},
      {.name = "alert",
       .type = Type::Text,
       .help = "instead of a query: the name of an alert, which is inactive, pending or firing"},
      {.name = "host",
       .type = Type::Name,
       .help = "asks from this host, and not from the vantages",
       .refers = Refers::Host},
      {.name = "headers", .type = Type::TextMap, .help = "sent with the request"},
      {.name = "ca_file",
       .type = Type::Text,
       .help = "authorities to trust instead of the system's"},
      {.name = "timeout",
       .type = Type::Duration,
       .help = "DNS, connecting and answer together",
       .fallback = "2s",
       .least = 0.001,
       .most = 60}};
}

}  // namespace

ProbeKind prometheus_query_probe() {
  return {{.name = "prometheus_query",
           .summary = "asks a Prometheus for the value of a query, or whether an alert fires",
           .example = "prometheus_query:\n"
                      "  url: http://10.41.0.2:9090\n"
                      "  query: 'sum(rate(nginx_http_requests_total[5s]))'\n",
           .fields = fields()},
          false,
          &places,
          &prober};
}

}  // namespace muster
