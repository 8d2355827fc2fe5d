// muster-lab-app: NovVista's application server in the practice lab. Stateless: articles and
// comments live in PostgreSQL, revoked tokens in Redis; the copies in its own region are read, the
// primary is written.
#include <csignal>
#include <cstdio>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "drills/lab/programs/app/http_server.h"
#include "drills/lab/programs/app/options.h"
#include "drills/lab/programs/app/routes.h"

namespace {

using muster::app::HttpServer;

HttpServer::Handler make_handler(muster::app::Shared& shared) {
  auto routes = std::make_shared<muster::app::Routes>(shared);
  return [routes](const muster::app::Request& request) {
    return routes->answer(request);
  };
}

void serve(const muster::app::Options& options) {
  muster::app::Shared shared(options);
  HttpServer server(options.port);
  std::puts("ready");
  std::fflush(stdout);
  server.run(options.workers, [&shared] { return make_handler(shared); });
}

}  // namespace

int main(int count, char** arguments) {
  const std::vector<std::string> words(arguments + 1, arguments + count);
  if (words == std::vector<std::string>{"--help"}) {
    std::fputs(muster::app::help().c_str(), stdout);
    return 0;
  }
  const auto parsed = muster::app::parse_options(words);
  if (!parsed.error.empty()) {
    std::fprintf(stderr, "muster-lab-app: %s\n", parsed.error.c_str());
    return 2;
  }
  std::signal(SIGPIPE, SIG_IGN);
  try {
    serve(parsed.options);
  } catch (const std::system_error& error) {
    std::fprintf(stderr, "muster-lab-app: port %d: %s\n", parsed.options.port, error.what());
    return 1;
  }
}
