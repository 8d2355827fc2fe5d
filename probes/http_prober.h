#pragma once

#include "probes/http_exchange.h"
#include "probes/lookout.h"
#include "probes/prober.h"
#include "probes/user_calls.h"
#include "probes/users.h"

namespace muster {

/// A population of users who ask for a page: what the kinds http and cdn have in common.
class HttpProber : public Prober {
 public:
  /// `wanted_headers` of each answer are kept for `complete`, behind the one of `served_by`.
  explicit HttpProber(const Watch& watch, const std::vector<std::string>& wanted_headers = {});

  Task<> prepare() override;
  void send(const Due& due) override { ask(due.client, due.at, SampleKind::Request); }
  std::size_t in_flight() const override { return in_flight_; }
  std::size_t most_in_flight() const override { return most_in_flight_; }
  Task<> settle() override;

 protected:
  /// Adds what else an answer says to the sample of a request, which is recorded then.
  virtual void complete(Sample& sample, const HttpAnswer& answer);

  const Watch watch_;

 private:
  std::size_t& under_way(SampleKind kind) {
    return kind == SampleKind::Watching ? watching_ : in_flight_;
  }
  void ask(std::uint32_t user, Time due, SampleKind kind);
  void record(Sample sample, const UserAnswer& answer);
  void record(const ClosedConnection& connection);

  const HttpExchange exchange_;
  const double watching_rate_;
  const std::size_t most_in_flight_;
  const std::size_t most_watching_;
  Users users_;
  UserCalls calls_;
  Lookout lookout_;
  std::size_t in_flight_ = 0;
  std::size_t watching_ = 0;
};

/// The keys of an http probe.
Schema http_probe_fields();
/// Says now what an agent would say later: throws Error where the params make no sense.
void check_http_probe(const json::object& params);

}  // namespace muster
