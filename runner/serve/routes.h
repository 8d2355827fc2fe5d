#pragma once

#include <string>
#include <vector>

#include "reports/formats/formats.h"
#include "reports/site/views.h"
#include "runner/serve/application.h"
#include "runner/serve/desk.h"
#include "runner/serve/gate_keeper.h"

namespace muster {

// The table of what is served, in four parts; the OpenAPI document is made from all of them.

/// Pages for people: drills, schedule, runs, reports, histories, comparisons, live runs; and their
/// forms: start, abort, halt.
std::vector<Route> page_routes(const Desk& desk);
/// Logging in and out. The door outlives its routes, as all that follows.
struct Door {
  const Desk& desk;
  AccessControl& access;
};
std::vector<Route> door_routes(const Door& door);
/// The same for programs, under /api/v1.
std::vector<Route> api_routes(const Desk& desk);
/// May we deploy? /gate, for people, scripts, Flagger and Argo Rollouts.
std::vector<Route> gate_routes(GateKeeper& keeper);

// ---- what several of them do

/// The handler of a route: a function of what it works on, which outlives it, and the request.
template <class Place>
LookingHandler at(Place& place, Task<WebResponse> (*handle)(Place&, RoutedRequest)) {
  return [&place, handle](RoutedRequest request) {
    return handle(place, std::move(request));
  };
}
template <class Place>
MovingHandler at(Place& place, Task<WebResponse> (*handle)(Place&, RoutedRequest, Effect)) {
  return [&place, handle](RoutedRequest request, Effect effect) {
    return handle(place, std::move(request), effect);
  };
}

/// Of the path and of the query, by name; "" where there is none.
std::string parameter(const RoutedRequest& request, const std::string& name);
std::string query(const RoutedRequest& request, const std::string& name);
SiteViewer viewer_of(const Caller& caller);
WebResponse page_answer(std::string html);
/// The result of a run, of this machine or as the store keeps it; nullptr where there is none.
Task<ResultShelf::Kept> result_of(const Desk& desk, std::string id);
/// What the format makes of it.
Task<std::string> rendered(const Desk& desk, const ReportFormat& format, ResultShelf::Kept result);
/// Engages the safety lever: every running drill undoes everything, and none starts.
WebResponse halt(const Desk& desk, const Caller& caller, const std::string& reason, Effect);
/// Lets drills run again. 409 where the lever is not engaged.
WebResponse release(const Desk& desk, const Caller& caller, Effect);
/// Ends one run. 404 where it does not run on this machine.
Task<WebResponse> stop_run(const Desk& desk, std::string run, Caller caller, Effect);
/// Plans a turn for now. 409 with the reason where that cannot be.
Task<WebResponse> start_drill(const Desk& desk, std::string name, Caller caller, Effect);

}  // namespace muster
