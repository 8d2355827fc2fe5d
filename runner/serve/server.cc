#include "runner/serve/server.h"

#include <csignal>

#include <unistd.h>

#include <boost/asio.hpp>
#include <boost/asio/ssl/context.hpp>
#include <fmt/format.h>

#include "base/error.h"
#include "base/files.h"
#include "base/process.h"
#include "base/secret.h"
#include "base/text.h"
#include "reports/gate/policy.h"
#include "reports/site/site.h"
#include "runner/drill/signals.h"
#include "runner/notify/complaints.h"
#include "runner/record/gate_evidence.h"
#include "runner/record/run_results.h"
#include "runner/serve/http_server.h"
#include "runner/serve/openapi.h"
#include "runner/serve/routes.h"
#include "runner/serve/server_metrics.h"
#include "runner/serve/site_views.h"
#include "runner/serve/web_wire.h"

namespace muster {

namespace asio = boost::asio;

namespace {

constexpr Duration kTellWithin = std::chrono::seconds(10);
constexpr std::size_t kRunsInMetrics = 1000;

std::string host_name_here() {
  char name[256] = {};
  return ::gethostname(name, sizeof(name) - 1) == 0 ? name : "muster";
}

/// This process and no other ever: names of machines and numbers of processes come again.
std::string holder_here(Clock& clock, Random& random) {
  return fmt::format(
      "{}/{}/{}", host_name_here(), ::getpid(), make_run_id(clock.utc_now(), random));
}

WebServerOptions web_options(const ServeSettings& settings) {
  WebServerOptions options;
  options.address = settings.address;
  options.port = settings.port;
  options.certificate = settings.certificate;
  options.key = settings.key;
  options.limits.names = settings.names;
  return options;
}

/// Where people reach the pages, as far as the settings tell.
std::string base_url(const ServeSettings& settings) {
  const std::string host = settings.names.empty() ? settings.address : settings.names.front();
  const bool bare_v6 = host.find(':') != std::string::npos;
  return fmt::format("{}://{}:{}",
                     settings.certificate.empty() ? "http" : "https",
                     bare_v6 ? "[" + host + "]" : host,
                     settings.port);
}

/// Everything that serves, built from the ground up; the order is that of who needs whom.
class Server {
 public:
  Server(asio::any_io_executor executor, Settings settings, ServerOptions options)
      : options_(std::move(options)),
        settings_(std::move(settings)),
        drills_(scheduled_drills(settings_)),
        log_(options_.json_log),
        random_(entropy()),
        here_(make_host("here", "local", {})),
        store_(settings_.store.empty() ? default_store() : settings_.store),
        key_(SigningKey::open_or_make(signing_key_file())),
        notifier_(settings_.notify, clock_, *here_, &log_),
        scheduler_({settings_,
                    drills_,
                    clock_,
                    *here_,
                    store_,
                    notifier_,
                    log_,
                    random_,
                    holder_here(clock_, random_),
                    base_url(settings_.serve)}),
        desk_{settings_, drills_, scheduler_, store_, clock_, log_, results_, host_name_here()},
        audit_(muster_home() / "audit.jsonl"),
        access_(settings_.serve),
        application_({settings_.serve,
                      clock_,
                      log_,
                      audit_,
                      access_,
                      routes(),
                      [this](int status, const std::string& why, const Caller& caller) {
                        return error_page(status, why, caller);
                      },
                      [this](const Route* route, int status, Duration took) {
                        metrics_.count_request(route == nullptr ? "none" : route->id, status, took);
                      }}),
        web_(executor, web_options(settings_.serve), log_, [this](WebRequest request) {
          return application_.answer(std::move(request));
        }) {}

  Task<int> run() {
    auto executor = co_await asio::this_coro::executor;
    Happening asked_to_stop(executor);
    const StopSignals signals(executor, [&](int number) {
      if (number != SIGHUP) asked_to_stop.set();
    });
    announce();
    TaskGroup serving(executor), scheduling(executor), telling(executor);
    telling.spawn(notifier_.run());
    scheduling.spawn(schedule_until(asked_to_stop));
    serving.spawn(web_.run());
    co_await asked_to_stop.wait();
    log_.info("stopping; running drills undo everything first");
    co_await scheduling.stop();
    std::string reason = "the server is being stopped";
    co_await scheduler_.stop_all(std::move(reason));
    co_await serving.stop();
    co_await notifier_.finish(kTellWithin);
    co_await telling.stop();
    log_.info("stopped");
    co_return 0;
  }

 private:
  std::vector<Route> routes() {
    std::vector<Route> all = page_routes(desk_);
    for (std::vector<Route> more : {door_routes(door_), api_routes(desk_), gate_routes(keeper_)})
      for (Route& route : more) all.push_back(std::move(route));
    all.push_back(metrics_route());
    all.push_back(document_route());
    document_ = pretty_json(openapi_document(all));
    return all;
  }

  Route metrics_route() {
    Route route;
    route.action = RouteAction::get(at(*this, exposition));
    route.pattern = "/metrics";
    route.scope = Scope::ReportRead;
    route.id = "getMetrics";
    route.summary = "For Prometheus";
    route.answer_type = "text/plain";
    return route;
  }

  static Task<WebResponse> exposition(Server& server, RoutedRequest) {
    auto read = [](Store& store) {
      return store.history().runs("", kRunsInMetrics);
    };
    std::vector<HistoryRun> runs;
    try {
      runs = co_await server.store_.ask(std::move(read));
    } catch (const Error&) {
      // The scheduler says so by itself, in a metric of its own.
    }
    const KnownTurns known = co_await known_turns(server.desk_);
    WebResponse response;
    response.type = "text/plain; version=0.0.4; charset=utf-8";
    response.body = server.metrics_.render(server.desk_, runs, known, server.notifier_.counts());
    co_return response;
  }

  static Task<WebResponse> document(Server& server, RoutedRequest) {
    WebResponse response;
    response.body = server.document_;
    co_return response;
  }

  Route document_route() {
    Route route;
    route.action = RouteAction::get(at(*this, document));
    route.pattern = "/openapi.json";
    route.id = "getOpenApi";
    route.summary = "This document";
    return route;
  }

  std::string error_page(int status, const std::string& why, const Caller& caller) {
    ErrorView view{status, why, std::nullopt};
    if (caller.may(Scope::ReportRead)) view.known = site_context(desk_, viewer_of(caller));
    return render_error(view);
  }

  /// A server that answers and drills nothing would be taken for one that does: it ends with its
  /// scheduler, however that ends.
  Task<> schedule_until(Happening& ended) {
    struct SetAtEnd {
      explicit SetAtEnd(Happening& its_end) : end(its_end) {}
      SetAtEnd(const SetAtEnd&) = delete;
      SetAtEnd& operator=(const SetAtEnd&) = delete;
      ~SetAtEnd() { end.set(); }
      Happening& end;
    };
    const SetAtEnd guard(ended);
    co_await scheduler_.run();
  }

  void announce() {
    if (!options_.port_file.empty())
      write_file_atomically(options_.port_file, std::to_string(web_.port()) + "\n");
    log_.info("serving",
              {{"address", settings_.serve.address},
               {"port", std::to_string(web_.port())},
               {"drills", std::to_string(drills_.size())},
               {"key", key_.id()}});
  }

  ServerOptions options_;
  Settings settings_;
  std::vector<ScheduledDrill> drills_;
  SystemClock clock_;
  Log log_;
  Random random_;
  std::unique_ptr<Host> here_;
  SharedStore store_;
  SigningKey key_;
  Notifier notifier_;
  Scheduler scheduler_;
  ResultShelf results_;
  Desk desk_;
  AuditLog audit_;
  AccessControl access_;
  Door door_{desk_, access_};
  ServerMetrics metrics_;
  GateKeeper keeper_{desk_, key_, metrics_};
  std::string document_;  ///< OpenAPI
  Application application_;
  WebServer web_;
};

std::string complaint_of(const NotifySettings& receiver) {
  std::vector<std::string> complaints{template_complaint(receiver.text)};
  if (!receiver.webhook.empty()) complaints.push_back(web_address_complaint(receiver.webhook));
  if (!receiver.slack.empty() && !is_secret_reference(receiver.slack))
    complaints.push_back(web_address_complaint(receiver.slack));
  if (!receiver.smtp.empty()) complaints.push_back(mail_server_complaint(receiver.smtp));
  if (!receiver.mail_from.empty()) complaints.push_back(mail_address_complaint(receiver.mail_from));
  for (const std::string& address : receiver.mail_to)
    complaints.push_back(mail_address_complaint(address));
  std::erase(complaints, "");
  return join(complaints, "; ");
}

/// What only those know who use it: the port, the receivers.
void refuse_mistakes(const Settings& settings) {
  if (const std::string why = why_not_listen(settings.serve); !why.empty())
    throw UsageError(settings.file + ": " + why);
  for (const NotifySettings& receiver : settings.notify)
    if (const std::string why = complaint_of(receiver); !why.empty())
      throw UsageError(fmt::format("{}: receiver '{}': {}", settings.file, receiver.name, why));
}

/// A file that the settings name and nobody can use is their mistake.
template <class Look>
void look_at_files(const Settings& settings, Look look) {
  try {
    look();
  } catch (const UsageError&) {
    throw;  // which says where
  } catch (const Error& error) {
    throw UsageError(settings.file + ": " + error.what());
  }
}

}  // namespace

Task<int> serve(Settings settings, ServerOptions options) {
  refuse_mistakes(settings);
  auto executor = co_await asio::this_coro::executor;
  const auto server = std::make_unique<Server>(executor, std::move(settings), std::move(options));
  co_return co_await server->run();
}

std::string check_settings(const Settings& settings) {
  refuse_mistakes(settings);
  const std::vector<ScheduledDrill> drills = scheduled_drills(settings);
  look_at_files(settings, [&] {
    if (!settings.serve.certificate.empty())
      make_tls(settings.serve.certificate, settings.serve.key);
    std::vector<std::string> keys = settings.trusted_keys;
    if (!settings.policy.empty()) {
      const GatePolicy policy = load_gate_policy(settings.policy, SystemClock().utc_now());
      keys.insert(keys.end(), policy.trusted_keys.begin(), policy.trusted_keys.end());
    }
    trusted_keys(keys);
  });
  look_at_store(settings.store.empty() ? default_store() : settings.store);
  return fmt::format("{} is well: {} on schedule, {}, {}\n",
                     settings.file,
                     count_of(drills.size(), "drill"),
                     count_of(settings.serve.tokens.size(), "token"),
                     count_of(settings.notify.size(), "receiver"));
}

}  // namespace muster
