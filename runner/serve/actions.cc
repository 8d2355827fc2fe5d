#include <csignal>

#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"
#include "base/random.h"
#include "base/text.h"
#include "reports/site/site.h"
#include "runner/interlocks/lever.h"
#include "runner/record/run_results.h"
#include "runner/record/run_store.h"
#include "runner/serve/routes.h"

namespace muster {

std::string parameter(const RoutedRequest& request, const std::string& name) {
  const auto found = request.parameters.find(name);
  return found == request.parameters.end() ? "" : found->second;
}

std::string query(const RoutedRequest& request, const std::string& name) {
  const auto found = request.web.query.find(name);
  return found == request.web.query.end() ? "" : found->second;
}

SiteViewer viewer_of(const Caller& caller) {
  SiteViewer viewer;
  viewer.name = caller.token.empty() ? "this machine" : caller.token;
  viewer.may_start = caller.may(Scope::DrillStart);
  viewer.may_stop = caller.may(Scope::DrillStop);
  viewer.may_log_out = caller.proof == Caller::Proof::Session;
  viewer.csrf = caller.csrf;
  return viewer;
}

WebResponse page_answer(std::string html) {
  WebResponse response;
  response.type = "text/html; charset=utf-8";
  response.body = std::move(html);
  response.headers.emplace_back("Content-Security-Policy", site_policy());
  return response;
}

Task<std::optional<Result>> result_of(const Desk& desk, std::string id) {
  if (!is_run_id(id)) co_return std::nullopt;
  if (std::filesystem::exists(runs_directory() / id)) {
    try {
      co_return result_of_run(run_directory(id));
    } catch (const Error&) {
      co_return std::nullopt;  // it runs, or nothing was drilled
    }
  }
  auto read = [id](Store& store) {
    return store.result(id);
  };
  const std::optional<SignedResult> kept = co_await desk.store.ask(std::move(read));
  if (!kept) co_return std::nullopt;
  co_return result_from_json(parse_json(kept->text, "a result").as_object());
}

WebResponse halt(const Desk& desk, const Caller& caller, const std::string& reason) {
  try {
    engage_lever(caller.name() + " (over HTTP)", printable(reason, 200), desk.clock.utc_now());
  } catch (const Error& error) {
    return problem(500,
                   fmt::format("the lever could not be engaged: {}; `touch {}` does the same",
                               error.what(),
                               home_lever_file().string()));
  }
  desk.log.warning("halted", {{"who", caller.name()}});
  return json_answer(json::object{{"halted", true}});
}

/// A run that a person started is told as `muster stop` tells it.
Task<WebResponse> stop_run(const Desk& desk, std::string run, Caller caller) {
  const std::string reason = "stopped by " + caller.name() + " over HTTP";
  if (const auto turn = desk.scheduler.running(run)) {
    std::string copy = reason;
    co_await turn->stop(std::move(copy));
    co_return json_answer(json::object{{"stopping", run}}, 202);
  }
  for (const RunTrace& trace : open_runs()) {
    if (trace.id != run || !trace.running()) continue;
    if (::kill(trace.runner.pid, SIGTERM) != 0)
      co_return problem(500, "the run could not be told; use `muster stop` on its machine");
    co_return json_answer(json::object{{"stopping", run}}, 202);
  }
  co_return problem(404, "no such run is running on this machine");
}

Task<WebResponse> start_drill(const Desk& desk, std::string name, Caller caller) {
  std::string who = caller.name();
  std::string copy = name;
  const std::string why = co_await desk.scheduler.start_now(std::move(copy), std::move(who));
  if (!why.empty()) co_return problem(desk.drill_named(name) == nullptr ? 404 : 409, why);
  co_return json_answer(json::object{{"planned", name}}, 202);
}

}  // namespace muster
