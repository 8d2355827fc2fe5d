// The engine of an agent as a closed loop: each of N users sends as soon as he was answered, and
// every request is a sample on disk, as in a run. What one costs at most speed can be held against
// tools that know no schedule.
//
//   closed_loop --url URL --samples FILE [--connections 64] [--seconds 2]
//
// One line goes to stdout: requests, failed. A failed request is a sample, too, and the last of its
// user.
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>

#include <boost/asio.hpp>

#include "base/clock.h"
#include "base/error.h"
#include "probes/http_client.h"
#include "probes/prober.h"
#include "probes/sample_columns.h"

namespace muster {

namespace {

using namespace std::chrono_literals;

constexpr Duration kTimeout = 5s;

struct Options {
  std::string url;
  std::string samples;
  std::uint32_t connections = 64;
  double seconds = 2;
};

Options parse(int count, char** words) {
  Options options;
  for (int i = 1; i < count; i += 2) {
    const std::string key = words[i];
    if (i + 1 == count) fail("{} wants a value", key);
    const std::string value = words[i + 1];
    if (key == "--url") {
      options.url = value;
    } else if (key == "--samples") {
      options.samples = value;
    } else if (key == "--connections") {
      options.connections = static_cast<std::uint32_t>(std::atoi(value.c_str()));
    } else if (key == "--seconds") {
      options.seconds = std::atof(value.c_str());
    } else {
      fail("unknown option {}", key);
    }
  }
  if (options.url.empty() || options.samples.empty()) fail("--url and --samples are needed");
  return options;
}

HttpRequest get(const std::string& url) {
  HttpRequest request;
  request.url = url;
  return request;
}

class ClosedLoop {
 public:
  explicit ClosedLoop(const Options& options)
      : options_(options),
        call_(prepare_call(get(options.url))),
        file_(create_sample_file(options.samples)),
        client_(make_http_client(
            loop_.get_executor(),
            {.users = options.connections, .most_in_flight = options.connections, .closed = {}})) {}

  void run() {
    end_ = clock_.now() + from_seconds(options_.seconds);
    for (std::uint32_t user = 0; user < options_.connections; ++user) send(user);
    loop_.run_for(from_seconds(options_.seconds) + kTimeout);
    client_.reset();
    file_->flush();
  }

  void report() const {
    std::printf("requests %llu failed %llu\n",
                static_cast<unsigned long long>(file_->count()),
                static_cast<unsigned long long>(failed_));
  }

 private:
  void send(std::uint32_t user) {
    const Time sent = clock_.now();
    client_->send(user, call_, {}, kTimeout, kTimeout, [this, user, sent](HttpAnswer& answer) {
      record(user, sent, answer);
      if (answer.outcome != Outcome::Good) ++failed_;
      if (answer.outcome == Outcome::Good && clock_.now() < end_) return send(user);
      if (++stopped_ == options_.connections) loop_.stop();
    });
  }

  void record(std::uint32_t user, Time sent, const HttpAnswer& answer) {
    Sample sample;
    sample.due = sent;
    sample.sent = sent;
    sample.done = clock_.now();
    sample.client = user;
    sample.connect_us = answer.connect_us;
    sample.first_byte_us = answer.first_byte_us;
    sample.status = static_cast<std::uint16_t>(answer.status);
    sample.outcome = answer.outcome;
    round_to_microseconds(sample);
    file_->add("loop", "me", sample);
  }

  const Options options_;
  boost::asio::io_context loop_{1};
  SystemClock clock_;
  const std::shared_ptr<const HttpCall> call_;
  const std::unique_ptr<SampleFile> file_;
  std::unique_ptr<HttpClient> client_;
  Time end_;
  std::uint32_t stopped_ = 0;
  std::uint64_t failed_ = 0;
};

}  // namespace

}  // namespace muster

int main(int count, char** words) {
  try {
    muster::ClosedLoop loop(muster::parse(count, words));
    loop.run();
    loop.report();
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "closed_loop: %s\n", error.what());
    return 2;
  }
}
