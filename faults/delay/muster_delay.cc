// muster-delay: holds every packet of one NFQUEUE for a given time, then lets it go on its way.
//
// The kernel keeps the packets; this program only knows their numbers and says "accept" when each
// is due. It gives the lab its wide-area link and the latency fault its effect on any kernel with
// NFQUEUE, without netem. With `--queue-bypass` on the rule it fails open: when it dies, traffic
// flows undelayed. (Packets held at the very moment of a SIGKILL are dropped by the kernel; SIGTERM
// releases them first.)
#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <deque>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "faults/delay/netfilter_queue.h"

namespace {

using muster::NetfilterQueue;
using Nanoseconds = std::chrono::nanoseconds;

constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;
constexpr Nanoseconds kLongestDelay = std::chrono::minutes(1);

constexpr char kHelp[] = R"(muster-delay --queue N --delay TIME [--jitter TIME] [--die-with-parent]

Holds every packet of NFQUEUE number N for TIME, then accepts it. Packets keep their order.

  --queue N           the queue, 0 to 65535, as in `iptables -j NFQUEUE --queue-num N --queue-bypass`
  --delay TIME        how long a packet is held: 40ms, 1.5s, 250us; at most 60s
  --jitter TIME       adds a random time between 0 and TIME to each packet
  --die-with-parent   end by SIGKILL when the thread that started this program ends
  --help              this text

Prints "ready" once the queue is bound. Ends on SIGTERM or SIGINT and releases what it holds.
Example: muster-delay --queue 1 --delay 40ms
)";

[[noreturn]] void stop(int status, const std::string& message) {
  std::fprintf(stderr, "muster-delay: %s\n", message.c_str());
  std::exit(status);
}

[[noreturn]] void stop_with_errno(const std::string& what) {
  stop(kFailed, what + ": " + std::strerror(errno));
}

// ---- options

struct Options {
  std::uint16_t queue = 0;
  Nanoseconds delay{0};
  Nanoseconds jitter{0};
  bool die_with_parent = false;
};

Nanoseconds parse_duration(const std::string& option, std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view unit(end, text.data() + text.size() - end);
  const double scale = unit == "us" ? 1e3 : unit == "ms" ? 1e6 : unit == "s" ? 1e9 : 0;
  const double length = number * scale;
  if (error != std::errc{} || scale == 0 || !(length >= 0) ||
      length > static_cast<double>(kLongestDelay.count()))
    stop(kWrongUsage,
         option + " wants a time such as 40ms, at most 60s; got '" + std::string(text) + "'");
  return Nanoseconds(static_cast<std::int64_t>(length));
}

std::uint16_t parse_queue(std::string_view text) {
  std::uint16_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size())
    stop(kWrongUsage, "--queue wants a number from 0 to 65535; got '" + std::string(text) + "'");
  return number;
}

Options parse_options(std::span<char*> arguments) {
  Options options;
  bool has_queue = false;
  bool has_delay = false;
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    const std::string option = arguments[i];
    if (option == "--help") {
      std::fputs(kHelp, stdout);
      std::exit(0);
    }
    if (option == "--die-with-parent") {
      options.die_with_parent = true;
      continue;
    }
    if (option != "--queue" && option != "--delay" && option != "--jitter")
      stop(kWrongUsage, "unknown option '" + option + "'; see muster-delay --help");
    if (++i == arguments.size()) stop(kWrongUsage, option + " wants a value");
    if (option == "--queue") options.queue = parse_queue(arguments[i]);
    if (option == "--delay") options.delay = parse_duration(option, arguments[i]);
    if (option == "--jitter") options.jitter = parse_duration(option, arguments[i]);
    has_queue |= option == "--queue";
    has_delay |= option == "--delay";
  }
  if (!has_queue || !has_delay)
    stop(kWrongUsage, "--queue and --delay are both needed; see muster-delay --help");
  return options;
}

// ---- holding and releasing

Nanoseconds monotonic_now() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::chrono::seconds(now.tv_sec) + Nanoseconds(now.tv_nsec);
}

class Holder {
 public:
  Holder(const Options& options, NetfilterQueue& queue)
      : queue_(queue),
        delay_(options.delay),
        jitter_(0, options.jitter.count()),
        random_(std::random_device{}()) {
    timer_ = ::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (timer_ < 0) stop_with_errno("timer");
  }
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;
  ~Holder() { ::close(timer_); }

  int timer() const { return timer_; }

  void take_arrivals() {
    queue_.read_arrived([this](std::uint32_t number) { hold(number); });
  }

  void release_due() {
    const Nanoseconds now = monotonic_now();
    bool any = false;
    while (!held_.empty() && held_.front().due <= now) {
      last_released_ = held_.front().number;
      any = true;
      held_.pop_front();
    }
    if (any) queue_.release_through(last_released_);
  }

  void set_timer() {
    if (held_.empty() || held_.front().due == timer_set_for_) return;
    timer_set_for_ = held_.front().due;
    itimerspec wake{};
    wake.it_value.tv_sec = timer_set_for_ / std::chrono::seconds(1);
    wake.it_value.tv_nsec = (timer_set_for_ % std::chrono::seconds(1)).count();
    ::timerfd_settime(timer_, TFD_TIMER_ABSTIME, &wake, nullptr);
  }

  void release_everything() { queue_.open(held_.empty() ? last_released_ : held_.back().number); }

 private:
  struct Packet {
    Nanoseconds due;
    std::uint32_t number;
  };

  void hold(std::uint32_t number) {
    Nanoseconds due = monotonic_now() + delay_ + Nanoseconds(jitter_(random_));
    // Order is kept: jitter must look like a busy link, not like a reordering one.
    if (!held_.empty()) due = std::max(due, held_.back().due);
    held_.push_back({due, number});
  }

  NetfilterQueue& queue_;
  Nanoseconds delay_;
  std::uniform_int_distribution<std::int64_t> jitter_;
  std::minstd_rand random_;
  std::deque<Packet> held_;
  std::uint32_t last_released_ = 0;
  Nanoseconds timer_set_for_{0};
  int timer_ = -1;
};

// ---- the program

/// The parent may have ended before prctl took effect; then nobody would ever end us.
void die_with_parent(pid_t parent_at_start) {
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) stop_with_errno("PR_SET_PDEATHSIG");
  if (::getppid() != parent_at_start) stop(kFailed, "the parent has ended already");
}

int ending_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  ::sigprocmask(SIG_BLOCK, &signals, nullptr);
  return ::signalfd(-1, &signals, SFD_CLOEXEC);
}

void run(const Options& options) {
  const int signals = ending_signals();
  ::prctl(PR_SET_TIMERSLACK, 1000);
  NetfilterQueue queue(options.queue);
  Holder holder(options, queue);
  // A closed pipe here also means that the parent is gone.
  if (std::puts("ready") < 0 || std::fflush(stdout) != 0) stop_with_errno("stdout");

  std::array<pollfd, 3> waiting{pollfd{queue.descriptor(), POLLIN, 0},
                                pollfd{holder.timer(), POLLIN, 0},
                                pollfd{signals, POLLIN, 0}};
  for (;;) {
    if (::poll(waiting.data(), waiting.size(), -1) < 0 && errno != EINTR) stop_with_errno("poll");
    if (waiting[2].revents != 0) break;
    std::uint64_t expirations = 0;
    if (waiting[1].revents != 0) (void)!::read(holder.timer(), &expirations, sizeof expirations);
    if (waiting[0].revents != 0) holder.take_arrivals();
    holder.release_due();
    holder.set_timer();
  }
  holder.release_everything();
}

}  // namespace

int main(int count, char** arguments) {
  const pid_t parent = ::getppid();
  const Options options = parse_options({arguments, static_cast<std::size_t>(count)});
  if (options.die_with_parent) die_with_parent(parent);
  try {
    run(options);
  } catch (const std::system_error& error) {
    stop(kFailed, "queue " + std::to_string(options.queue) + ": " + error.what());
  }
}
