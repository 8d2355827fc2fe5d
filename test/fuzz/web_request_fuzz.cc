// What anybody may send to `muster serve`, as far as the route and who asks: a request that is read
// is what the handlers trust it to be, however its bytes came; everything else is refused with a
// status and a sentence. The first byte says what the rest is: the whole, a target, or headers.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <set>

#include "base/error.h"
#include "drills/utf8.h"
#include "runner/serve/access.h"
#include "runner/serve/router.h"

namespace muster {

// The settings' own needs the whole reader of YAML.
std::string_view name_of(Scope scope) {
  return scope == Scope::Admin ? "admin" : "another";
}

namespace {

const RequestLimits kLimits{
    .most_header = 1024, .most_fields = 16, .most_body = 512, .names = {"muster.example"}};

void demand(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

bool is_line(std::string_view text) {
  return first_bad_utf8(text) == std::string_view::npos &&
         text.find_first_of("\r\n\t") == std::string_view::npos;
}

const Router& router() {
  static const Router made([] {
    std::vector<Route> routes;
    for (const char* pattern : {"/", "/a", "/a/{b}", "/{c}/d", "/a/{b}/{e}"}) {
      Route route;
      route.pattern = pattern;
      route.id = pattern;
      route.parameters = {{"b", ""}, {"q", ""}};
      routes.push_back(std::move(route));
    }
    return routes;
  }());
  return made;
}

AccessControl& access() {
  static AccessControl made([] {
    ServeSettings settings;
    settings.tokens = {{"one", token_digest("mst_x"), {Scope::GateRead}, {}}};
    return settings;
  }());
  return made;
}

void examine_route(const WebRequest& request) {
  const Router::Match match = router().find(request.method, request.path);
  if (match.route == nullptr) return;
  demand(match.allowed.empty(), "what is allowed need not be said");
  demand(match.parameters.size() == names_in_pattern(match.route->pattern).size(),
         "every name of the pattern has its value");
  for (const auto& [name, value] : match.parameters)
    demand(!value.empty() && value.find('/') == std::string::npos, "a parameter is one segment");
  if (const auto found = misfit(*match.route, request))
    demand(found->status == 400 || found->status == 415, "a misfit is the client's");
}

void examine_caller(const WebRequest& request) {
  const Caller caller = access().caller_of(request, UtcTime());
  demand(caller.scopes.empty() == caller.token.empty(), "nobody may anything without a token");
  const auto refusal = access().refusal(request, caller, Scope::DrillStart);
  demand(refusal && (refusal->status == 401 || refusal->status == 403), "nobody may start a drill");
}

void examine_request(const WebRequest& request) {
  const std::set<std::string> methods = {"GET", "HEAD", "POST", "DELETE"};
  demand(methods.contains(request.method), "the method is known");
  demand(request.path.starts_with('/') && is_line(request.path), "the path is a line of text");
  demand(("/" + request.path + "/").find("/../") == std::string::npos &&
             ("/" + request.path + "/").find("/./") == std::string::npos &&
             request.path.find("//") == std::string::npos &&
             request.path.find('\\') == std::string::npos,
         "the path leads where it says");
  for (const auto& [name, value] : request.query)
    demand(!name.empty() && is_line(name) && is_line(value), "the query is text");
  for (const auto& [name, value] : request.headers) {
    demand(std::ranges::none_of(name, [](char c) { return c >= 'A' && c <= 'Z'; }),
           "names of headers are in lower case");
    demand(value.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos,
           "a header stays on its line");
  }
  demand(!request.headers.contains("transfer-encoding"), "a body comes with its length");
  demand(request.body.size() <= kLimits.most_body, "the body is within its limit");
  demand(request.body.empty() || request.method == "POST" || request.method == "DELETE",
         "GET has no body");
  read_form(request.body);
  examine_route(request);
  examine_caller(request);
}

/// Whatever is put into a header of a response, the head has the lines that it should.
void examine_response(const std::string& bytes) {
  WebResponse response;
  response.headers = {{"Location", bytes}};
  try {
    const std::string head = response_head(response, {});
    std::size_t lines = 0;
    for (std::size_t at = head.find('\n'); at != std::string::npos; at = head.find('\n', at + 1))
      ++lines;
    demand(lines == 12, "a response has the lines that were put into it");
  } catch (const Error&) {
  }
}

/// A byte at a time it is the same request, and ends at the same byte.
void examine_pieces(const std::string& bytes, const RequestReader& whole, std::size_t taken) {
  RequestReader reader(kLimits);
  std::size_t place = 0;
  while (place < bytes.size() && reader.take(std::string_view(bytes).substr(place, 1)) == 1)
    ++place;
  demand(place == taken, "pieces end where the whole does");
  demand(reader.stage() == whole.stage(), "and come as far");
  demand(reader.refusal().why == whole.refusal().why, "and are refused alike");
}

void examine(const std::string& bytes) {
  RequestReader reader(kLimits);
  const std::size_t taken = reader.take(bytes);
  demand(taken <= bytes.size(), "no more is taken than there is");
  examine_pieces(bytes, reader, taken);
  if (reader.stage() == RequestReader::Stage::Refused) {
    const WebRefusal& refusal = reader.refusal();
    demand(refusal.status >= 400 && refusal.status <= 505 && !refusal.why.empty(),
           "a refusal says why");
    problem(refusal);
  }
  if (reader.stage() == RequestReader::Stage::Done) examine_request(std::move(reader).request());
}

}  // namespace

}  // namespace muster

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string host = "Host: localhost\r\n";
  switch (data[0] % 3) {
    case 0:
      muster::examine(bytes);
      break;
    case 1:
      muster::examine("GET /" + bytes + " HTTP/1.1\r\n" + host + "\r\n");
      break;
    default:
      muster::examine("POST /a HTTP/1.1\r\n" + host + bytes);
      break;
  }
  muster::examine_response(bytes);
  return 0;
}
