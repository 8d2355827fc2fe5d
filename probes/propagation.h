#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "probes/http_exchange.h"
#include "probes/prober.h"
#include "probes/users.h"

// "Do something here, see it there": how long what one place acknowledged takes to show at others.
//
// A round is one act of the schedule (a revocation, a PUT, a publication), and then looks at every
// place until it shows the act or `give_up` is over: every 50 ms in the first second, then every
// 200 ms. Rounds do not wait for each other. What is recorded of a round:
//
//   Request  the act: a request of the schedule like any other. Where it fails nobody looks.
//   Gauge    one a place. text: the place. done - value: the acknowledgement, from which it counts;
//            sent: when the last look left that had not shown the act, or the acknowledgement; so
//            the place first showed it in (sent, done].
//              ok           value: seconds from the acknowledgement to the answer that showed it
//              timeout      it answered and never showed it; value: for how long that is known
//              wrong-body   it had shown the act before it happened: nothing can be told of it
//              unreachable  no look of the round was answered: nothing is known
//              not-sent     no look of the round could be sent
namespace muster {

/// What one look told of a place.
enum class Sight {
  NotYet,   ///< it answered, and does not show the act
  Shown,    ///< it shows the act
  NotTold,  ///< it could not be asked, or answered something else
};

/// One act and what became of it.
struct Round {
  Due due;
  Sample act;           ///< what is recorded of the act; an outcome but Good ends the round
  std::string subject;  ///< what the looks are for: a token, a key, a number
  Time acknowledged;
  std::vector<bool> shown_before;  ///< the places that showed it before it was done
};

/// One place that is looked at.
struct Place {
  std::string name;
  HttpRequest request;  ///< a pattern: the kind fills the round's subject in
};

/// How a place came to show an act.
struct Sighting {
  Outcome outcome = Outcome::NotSent;
  Time not_yet;  ///< the last look that had not shown it, as sent; the acknowledgement without any
  Time at;       ///< the answer that showed it; else when looking ended
  int status = 0;  ///< of the last answer, 0 without any
};

class PropagationProber : public Prober {
 public:
  void send(const Due& due) override;
  std::size_t in_flight() const override { return open_; }
  std::size_t most_in_flight() const override { return most_open_; }
  Task<> settle() override;

 protected:
  struct Limits {
    Duration act{};      ///< the act, all its requests together
    Duration look{};     ///< one look
    Duration give_up{};  ///< all looks of a round
  };
  PropagationProber(const Watch& watch, std::vector<Place> places, Limits limits, double rate);

  /// Does it: fills in subject and outcome (Good where it was acknowledged).
  virtual Task<> act(Round& round) = 0;
  /// The request of a look at this place.
  virtual HttpRequest look_request(const Round& round, const Place& place) const = 0;
  virtual Sight judge(const Round& round, const HttpAnswer& answer) const = 0;
  /// What is recorded of an act; the usual one is the round's sample.
  virtual void record_act(const Round& round);
  /// Told of each look.
  virtual void looked(const Round& round, const Place& place, Time sent, const UserAnswer& answer);
  /// Told when the looks at a place are over, once they are recorded.
  virtual void sighted(const Round& round, const Place& place, const Sighting& sighting);
  /// What else is looked at beside a round; joined before the round is over.
  virtual Task<> beside(const Round& round);

  Task<UserAnswer> ask(const Round& round, HttpRequest request, Duration timeout);
  /// A sample of a kind of its own, of the same user, with the answer's times.
  Sample sample_of(const Round& round, Time sent, const UserAnswer& answer, SampleKind kind) const;

  const Watch watch_;
  const std::vector<Place> places_;
  const Limits limits_;
  Users users_;

 private:
  Task<> round(Due due);
  Task<> do_act(Round& round);
  Task<> follow(const Round& round, std::size_t place);
  Task<Sighting> look_until_shown(const Round& round, const Place& place);
  void record(const Round& round, const Place& place, const Sighting& sighting);

  const std::size_t most_open_;
  std::size_t open_ = 0;
  std::size_t looking_ = 0;
  TaskGroup rounds_;
};

/// The key `give_up`.
Field give_up_field();
/// The key that names the places: `help` says what is asked there.
Field places_field(std::string_view key, std::string_view help);
/// GET requests to what is written under `key`, with `headers`. Throws Error where a URL is none.
std::vector<Place> places_of(const json::object& params,
                             std::string_view key,
                             const std::vector<std::string>& headers);
/// "name: value" of a map of headers; empty where the key is absent.
std::vector<std::string> header_lines(const json::object& params, std::string_view key);
/// `name` in the URL, the headers and the body, replaced by `value`.
HttpRequest with_filled_in(HttpRequest request, std::string_view name, std::string_view value);

}  // namespace muster
