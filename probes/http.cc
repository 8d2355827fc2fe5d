// http: what users of a web page get, as a population of independent users.
#include "probes/http_prober.h"
#include "probes/kinds.h"

namespace muster {

namespace {

std::vector<ProbePlace> places(const ProbeSpec& probe, const Stack& stack) {
  check_http_probe(probe.params.values());
  return at_vantages(probe, stack);
}

std::unique_ptr<Prober> prober(const Watch& watch) {
  return std::make_unique<HttpProber>(watch);
}

}  // namespace

ProbeKind http_probe() {
  return {{.name = "http",
           .summary = "requests a URL as a population of users, each with a DNS cache and "
                      "connections of their own",
           .example = "http:\n"
                      "  url: http://www.novvista.test/article/1\n"
                      "  timeout: 2s\n"
                      "  expect: {status: 200, body_contains: \"<article\"}\n"
                      "  served_by: {header: x-region}\n",
           .fields = http_probe_fields()},
          false,
          &places,
          &prober};
}

}  // namespace muster
