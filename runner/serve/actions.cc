#include <csignal>

#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"
#include "base/random.h"
#include "base/text.h"
#include "reports/site/site.h"
#include "runner/interlocks/lever.h"
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

Task<ResultShelf::Kept> result_of(const Desk& desk, std::string id) {
  if (!is_run_id(id)) co_return nullptr;
  std::filesystem::path directory = runs_directory() / id;
  std::error_code unreadable;
  if (std::filesystem::exists(directory, unreadable))
    co_return co_await desk.results.of_run(std::move(directory));
  auto read = [id](Store& store) {
    return store.result(id);
  };
  std::optional<SignedResult> kept = co_await desk.store.ask(std::move(read));
  if (!kept) co_return nullptr;
  co_return co_await desk.results.of_text(std::move(kept->text));
}

Task<std::string> rendered(const Desk& desk, const ReportFormat& format, ResultShelf::Kept result) {
  auto render = [&format, result = std::move(result)] {
    return format.render(*result);
  };
  co_return co_await desk.results.make(std::move(render));
}

WebResponse halt(const Desk& desk, const Caller& caller, const std::string& reason, Effect) {
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

WebResponse release(const Desk& desk, const Caller& caller, Effect) {
  if (!release_lever()) return problem(409, "the lever of this home is not engaged");
  desk.log.warning("the lever was released", {{"who", caller.name()}});
  return json_answer(json::object{{"halted", false}});
}

/// A run that a person started is told as `muster stop` tells it.
Task<WebResponse> stop_run(const Desk& desk, std::string run, Caller caller, Effect) {
  const std::string reason = "stopped by " + caller.name() + " over HTTP";
  if (const auto turn = desk.scheduler.running(run)) {
    std::string copy = reason;
    co_await turn->stop(std::move(copy));
    co_return json_answer(json::object{{"stopping", run}}, 202);
  }
  for (const RunTrace& trace : open_runs()) {
    if (trace.id == run && !trace.unreadable.empty())
      co_return problem(500, trace.text() + ": end its process on its machine");
    if (trace.id != run || !trace.running()) continue;
    if (::kill(trace.runner.pid, SIGTERM) != 0)
      co_return problem(500, "the run could not be told; use `muster stop` on its machine");
    co_return json_answer(json::object{{"stopping", run}}, 202);
  }
  co_return problem(404, "no such run is running on this machine");
}

Task<WebResponse> start_drill(const Desk& desk, std::string name, Caller caller, Effect) {
  std::string who = caller.name();
  std::string copy = name;
  const std::string why = co_await desk.scheduler.start_now(std::move(copy), std::move(who));
  if (!why.empty()) co_return problem(desk.drill_named(name) == nullptr ? 404 : 409, why);
  co_return json_answer(json::object{{"planned", name}}, 202);
}

}  // namespace muster
