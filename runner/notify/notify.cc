#include "runner/notify/notify.h"

#include <algorithm>
#include <array>
#include <deque>
#include <map>

#include <boost/asio.hpp>

#include "base/random.h"
#include "base/text.h"
#include "runner/notify/courier.h"
#include "runner/notify/message.h"

namespace muster {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr std::array<Duration, 5> kPauses = {1s, 5s, 30s, 2min, 10min};
constexpr double kJitter = 0.2;
constexpr std::size_t kLongestQueue = 200;
constexpr std::size_t kRemembered = 100;

using Delivery = Notifier::Delivery;

struct Letter {
  Notice notice;
  Time due;
  std::shared_ptr<Delivery> delivery;
};

/// One receiver and what it is still to be told, by age.
struct Mailbox {
  NotifySettings receiver;
  std::map<std::uint64_t, Letter> letters;
  Notifier::Counts counts;  ///< `waiting` includes the letter that is on its way
  std::shared_ptr<Happening> news;

  bool wants(NotifyEvent event) const {
    if (receiver.on.empty()) return event != NotifyEvent::Started;
    return std::ranges::find(receiver.on, event) != receiver.on.end();
  }
  auto earliest() {
    return std::ranges::min_element(letters, {}, [](const auto& each) { return each.second.due; });
  }
  void wake() const {
    if (news) news->set();
  }
};

}  // namespace

struct Notifier::State {
  State(std::vector<NotifySettings> receivers,
        Clock& time,
        std::unique_ptr<Courier> by,
        Log* log_of_process)
      : clock(time),
        courier(std::move(by)),
        log(log_of_process == nullptr ? own_log : *log_of_process) {
    for (NotifySettings& receiver : receivers) {
      Mailbox& box = boxes.emplace_back();
      box.counts.receiver = receiver.name;
      box.receiver = std::move(receiver);
    }
  }

  void lost(const Letter& letter, const std::string& why) {
    const Delivery& delivery = *letter.delivery;
    log.error("a notification was not delivered",
              {{"receiver", delivery.receiver},
               {"about", summary_of(letter.notice)},
               {"run", letter.notice.run},
               {"tries", std::to_string(delivery.tries)},
               {"why", why}});
  }

  void put(Mailbox& box, const Notice& notice) {
    if (box.letters.size() >= kLongestQueue) drop_oldest(box);
    auto delivery = std::make_shared<Delivery>();
    delivery->id = make_run_id(clock.utc_now(), random);
    delivery->receiver = box.receiver.name;
    delivery->event = notice.event;
    delivery->at = notice.at;
    delivery->state = "waiting";
    newest.push_back(delivery);
    if (newest.size() > kRemembered) newest.pop_front();
    box.letters.emplace(next_number++, Letter{notice, clock.now(), std::move(delivery)});
    ++box.counts.waiting;
    box.wake();
  }

  void drop_oldest(Mailbox& box) {
    const auto oldest = box.letters.begin();
    oldest->second.delivery->state = "dropped";
    lost(oldest->second, fmt::format("{} newer ones are waiting", kLongestQueue));
    box.letters.erase(oldest);
    ++box.counts.dropped;
    --box.counts.waiting;
  }

  Task<> serve(Mailbox& box) {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    for (;;) {
      box.news = std::make_shared<Happening>(executor);
      const auto next = box.earliest();
      if (next == box.letters.end()) {
        co_await box.news->wait();
      } else if (const Duration pause = next->second.due - clock.now(); pause > Duration::zero()) {
        co_await with_deadline(clock, box.news->wait(), pause);
      } else {
        auto letter = box.letters.extract(next);
        co_await deliver(box, letter);
        if (!letter.empty()) box.letters.insert(std::move(letter));
        if (all_done && open() == 0) all_done->set();
      }
    }
  }

  /// Leaves `taken` empty unless it has to be tried again.
  Task<> deliver(Mailbox& box, std::map<std::uint64_t, Letter>::node_type& taken) {
    Letter& letter = taken.mapped();
    Delivery& delivery = *letter.delivery;
    const UtcTime now = clock.utc_now();
    const DeliveryTry end = co_await courier->carry(box.receiver, letter.notice, delivery.id, now);
    ++delivery.tries;
    delivery.problem = end.problem;
    const auto tries = static_cast<std::size_t>(delivery.tries);
    const bool again = end.outcome == DeliveryTry::Outcome::Failed && tries <= kPauses.size();
    if (again && !all_done) {
      const double stretch = 1 - kJitter + 2 * kJitter * random.unit();
      const Duration pause = from_seconds(to_seconds(kPauses.at(tries - 1)) * stretch);
      letter.due = clock.now() + std::max(pause, end.wait);
      co_return;
    }
    --box.counts.waiting;
    if (end.outcome == DeliveryTry::Outcome::Delivered) {
      ++box.counts.delivered;
      delivery.state = "delivered";
    } else {
      ++box.counts.given_up;
      delivery.state = "given up";
      lost(letter, end.problem);
    }
    taken = {};
  }

  std::uint64_t open() const {
    std::uint64_t count = 0;
    for (const Mailbox& box : boxes) count += box.counts.waiting;
    return count;
  }

  Clock& clock;
  std::unique_ptr<Courier> courier;
  Log own_log{false};
  Log& log;
  Random random{entropy()};
  std::deque<Mailbox> boxes;
  std::deque<std::shared_ptr<Delivery>> newest;
  std::uint64_t next_number = 0;
  std::unique_ptr<Happening> all_done;  ///< there is one once the process is about to end
};

Notifier::Notifier(std::vector<NotifySettings> receivers, Clock& clock, Host& here, Log* log)
    : state_(std::make_unique<State>(std::move(receivers), clock, make_courier(here), log)) {}

Notifier::Notifier(std::vector<NotifySettings> receivers,
                   Clock& clock,
                   std::unique_ptr<Courier> courier)
    : state_(std::make_unique<State>(std::move(receivers), clock, std::move(courier), nullptr)) {}

Notifier::~Notifier() = default;

void Notifier::tell(Notice notice) {
  for (Mailbox& box : state_->boxes)
    if (box.wants(notice.event)) state_->put(box, notice);
}

Task<> Notifier::run() {
  TaskGroup group(co_await asio::this_coro::executor);
  for (Mailbox& box : state_->boxes) group.spawn(state_->serve(box));
  co_await group.join();
}

Task<> Notifier::finish(Duration limit) {
  if (state_->open() == 0) co_return;
  state_->all_done = std::make_unique<Happening>(co_await asio::this_coro::executor);
  for (Mailbox& box : state_->boxes) {
    for (auto& [number, letter] : box.letters) letter.due = state_->clock.now();
    box.wake();
  }
  co_await with_deadline(state_->clock, state_->all_done->wait(), limit);
  if (const std::uint64_t left = state_->open(); left > 0)
    state_->log.error("the end came before all were told", {{"waiting", std::to_string(left)}});
}

std::vector<Notifier::Delivery> Notifier::deliveries() const {
  std::vector<Delivery> list;
  list.reserve(state_->newest.size());
  for (const auto& delivery : state_->newest) list.push_back(*delivery);
  return list;
}

std::vector<Notifier::Counts> Notifier::counts() const {
  std::vector<Counts> list;
  list.reserve(state_->boxes.size());
  for (const Mailbox& box : state_->boxes) list.push_back(box.counts);
  return list;
}

}  // namespace muster
