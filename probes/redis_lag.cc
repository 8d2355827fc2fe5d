// redis_lag: how far replication has come on the primary Redis and on each replica, seen from their
// own hosts. The lag is the difference of the two series; a partition between them hides neither.
#include <cstdlib>

#include <hiredis/hiredis.h>
#include <unistd.h>

#include <boost/asio.hpp>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "probes/http_client.h"
#include "probes/kinds.h"
#include "probes/prober.h"

namespace muster {

namespace asio = boost::asio;

namespace {

constexpr const char* kHere = "127.0.0.1";  // the probe runs on the server's own host

struct Release {
  void operator()(redisContext* context) const { redisFree(context); }
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
using Connection = std::unique_ptr<redisContext, Release>;
using Reply = std::unique_ptr<redisReply, Release>;

/// The value of a line "name:value" of INFO; "" without.
std::string info_value(std::string_view info, std::string_view name) {
  for (const std::string& line : split(info, '\n')) {
    const std::string_view text = trim(line);
    if (text.size() > name.size() && text.starts_with(name) && text[name.size()] == ':')
      return std::string(text.substr(name.size() + 1));
  }
  return {};
}

class RedisProber final : public TaskProber {
 public:
  explicit RedisProber(const Watch& watch)
      : TaskProber(watch, duration_at(watch.item.params, "timeout"), SampleKind::Gauge),
        port_(static_cast<int>(integer_at(watch.item.params, "port"))) {
    if (find(watch.item.params, "password") != nullptr)
      password_ = text_at(watch.item.params, "password");
  }

 protected:
  Task<> measure(Sample& sample) override {
    sample.outcome = Outcome::Other;
    Task<> asking = ask(sample);
    const bool ended = co_await with_deadline(watch_.clock, std::move(asking), timeout_);
    if (!ended) sample.outcome = Outcome::Timeout;
  }

 private:
  /// Leaves the outcome as it is where the server does not answer as it should.
  Task<> ask(Sample& sample) {
    Connection connection = co_await connect(sample);
    if (!connection) co_return;
    const char* const words[] = {"INFO", "replication"};
    redisAppendCommandArgv(connection.get(), 2, const_cast<const char**>(words), nullptr);
    const Reply reply = co_await answer(*connection, sample);
    if (!reply || reply->type != REDIS_REPLY_STRING) co_return;
    take(std::string_view(reply->str, reply->len), sample);
    if (sample.outcome == Outcome::Good) idle_.push_back(std::move(connection));
  }

  Task<Connection> connect(Sample& sample) {
    if (!idle_.empty()) {
      Connection kept = std::move(idle_.back());
      idle_.pop_back();
      co_return kept;
    }
    sample.outcome = Outcome::Refused;  // until it stands
    Connection connection(redisConnectNonBlock(kHere, port_));
    if (!connection || connection->err != 0) co_return nullptr;
    co_await ready(*connection, asio::posix::descriptor_base::wait_write);
    sample.connect_us = microseconds(watch_.clock.now() - sample.sent);
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(connection->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) {
      sample.outcome = outcome_of_connect(error);
      co_return nullptr;
    }
    sample.outcome = Outcome::Other;
    if (password_.empty()) co_return connection;
    const char* const words[] = {"AUTH", password_.c_str()};
    redisAppendCommandArgv(connection.get(), 2, const_cast<const char**>(words), nullptr);
    const Reply reply = co_await answer(*connection, sample);
    if (!reply || reply->type == REDIS_REPLY_ERROR) co_return nullptr;
    co_return connection;
  }

  /// What was appended goes out, and the next reply comes in; nothing where the connection ended.
  Task<Reply> answer(redisContext& connection, Sample& sample) {
    int written = 0;
    while (redisBufferWrite(&connection, &written) == REDIS_OK && written == 0)
      co_await ready(connection, asio::posix::descriptor_base::wait_write);
    void* reply = nullptr;
    while (connection.err == 0 && reply == nullptr) {
      co_await ready(connection, asio::posix::descriptor_base::wait_read);
      if (redisBufferRead(&connection) == REDIS_OK) redisGetReplyFromReader(&connection, &reply);
    }
    if (reply == nullptr) sample.outcome = Outcome::Reset;
    co_return Reply(static_cast<redisReply*>(reply));
  }

  Task<> ready(redisContext& connection, asio::posix::descriptor_base::wait_type what) {
    // A descriptor of our own: hiredis closes its one.
    asio::posix::stream_descriptor socket(watch_.executor, ::dup(connection.fd));
    co_await socket.async_wait(what, asio::use_awaitable);
  }

  void take(std::string_view info, Sample& sample) {
    const std::string role = info_value(info, "role");
    const bool primary = role == "master";
    const std::string offset =
        info_value(info, primary ? "master_repl_offset" : "slave_repl_offset");
    if (offset.empty()) return;
    sample.value = std::strtod(offset.c_str(), nullptr);
    sample.text = watch_.recorder.text(primary ? "primary" : "replica");
    sample.status = primary || info_value(info, "master_link_status") == "up" ? 1 : 0;
    sample.outcome = Outcome::Good;
  }

  const int port_;
  std::string password_;
  std::vector<Connection> idle_;
};

std::vector<ProbePlace> places(const ProbeSpec& probe, const Stack& stack) {
  const StackService& service = watched_service(probe, stack, "redis");
  std::vector<ProbePlace> places;
  for (const std::string& host : service.hosts) {
    const StackHost* known = stack.host(host);
    if (known == nullptr) fail("service '{}': the stack has no host '{}'", service.name, host);
    json::object params = probe.params.values();
    params["port"] = service.params.integer("port");
    places.push_back({host, host, {}, known->region, std::move(params)});
  }
  return places;
}

std::unique_ptr<Prober> prober(const Watch& watch) {
  return std::make_unique<RedisProber>(watch);
}

}  // namespace

ProbeKind redis_lag_probe() {
  return {{.name = "redis_lag",
           .summary = "the position in the replication of a primary Redis and its replicas, from "
                      "their own hosts",
           .example = "redis_lag:\n"
                      "  service: cache\n",
           .fields = {{.name = "service",
                       .type = Type::Name,
                       .help = "of kind redis; asked on its hosts, at 127.0.0.1",
                       .required = true,
                       .refers = Refers::Service},
                      {.name = "password",
                       .type = Type::Text,
                       .help = "where it asks for one: ${secret:file:/run/secrets/redis}"},
                      {.name = "timeout",
                       .type = Type::Duration,
                       .help = "connecting and answer together",
                       .fallback = "2s",
                       .least = 0.001,
                       .most = 60}}},
          false,
          &places,
          &prober};
}

}  // namespace muster
