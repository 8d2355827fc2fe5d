// A thousand schedules at random, most of them where clocks are set, held against what a person
// would find by looking at a clock every five minutes.
#include <algorithm>
#include <array>
#include <set>

#include <boost/test/unit_test.hpp>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include "base/random.h"
#include "base/text.h"
#include "test/runner/schedule/schedule_samples.h"
#include "test/runner/schedule/scratch_calendars.h"

using namespace muster;
using namespace std::chrono_literals;
using sample::utc;

namespace {

constexpr int kGroups = 40;  // each of its own days and zone
constexpr int kSchedulesOfGroup = 25;
constexpr auto kStep = 5min;
constexpr int kSteps = kMinutesOfDay / 5;
constexpr auto kReach = 36h;
constexpr auto kMargin = 30h;

struct Place {
  const char* zone;
  const char* change;  ///< of its clocks
};

constexpr std::array<Place, 10> kPlaces = {{{"Europe/Berlin", "2026-03-29T01:00:00Z"},
                                            {"Europe/Berlin", "2026-10-25T01:00:00Z"},
                                            {"America/New_York", "2026-03-08T07:00:00Z"},
                                            {"America/New_York", "2026-11-01T06:00:00Z"},
                                            {"Australia/Lord_Howe", "2026-04-04T15:00:00Z"},
                                            {"Australia/Lord_Howe", "2026-10-03T15:30:00Z"},
                                            {"America/Havana", "2026-11-01T05:00:00Z"},
                                            {"Pacific/Apia", "2011-12-30T10:00:00Z"},
                                            {"Asia/Beirut", "2026-03-28T22:00:00Z"},
                                            {"Asia/Kathmandu", "2026-06-01T12:00:00Z"}}};

constexpr std::array kNames = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};

struct Hours {
  unsigned days = 0x7F;
  int from = 0;
  int to = 0;  ///< later than `from`; beyond 1440 on the next day
};

/// What a schedule was made of; nothing here is asked of the code under test.
struct Made {
  std::optional<Hours> span;  ///< else cron
  std::set<int> hours, minutes, month_days;
  unsigned weekdays = 0x7F;
  std::vector<Hours> windows;
  std::vector<std::pair<LocalTime, LocalTime>> blackouts;
  std::vector<UtcSpan> events;
  ScheduleSettings settings;
};

template <class Set>
std::string listed(const Set& numbers) {
  std::vector<std::string> words;
  for (const int number : numbers) words.push_back(std::to_string(number));
  return join(words, ",");
}

class Maker {
 public:
  explicit Maker(std::uint64_t seed) : random_(seed) {}

  Made make(const Place& place, UtcTime middle) {
    Made made;
    made.settings = sample::settings("", place.zone);
    if (random_.below(2) == 0)
      add_span(made);
    else
      add_cron(made);
    for (auto left = random_.below(3); left > 0; --left) {
      made.windows.push_back(hours());
      made.settings.windows.push_back(text(made.windows.back()));
    }
    const LocalTime local = TimeZone(place.zone).local(middle);
    for (auto left = random_.below(3); left > 0; --left) add_blackout(made, local);
    if (random_.below(4) == 0) add_events(made, middle);
    return made;
  }

  Random& random() { return random_; }

 private:
  int minute() { return static_cast<int>(random_.below(kSteps)) * 5; }

  Hours hours() {
    Hours out;
    out.days = random_.below(2) == 0 ? 0x7FU : static_cast<unsigned>(random_.below(0x7F)) + 1;
    // Half of them near the hours at which clocks are set.
    out.from = random_.below(2) == 0 ? minute() : static_cast<int>(random_.below(48)) * 5;
    out.to = out.from + 5 + static_cast<int>(random_.below(random_.below(2) == 0 ? 24 : 280)) * 5;
    if (out.to == out.from + kMinutesOfDay) out.to -= 5;
    return out;
  }

  static std::string text(const Hours& hours) {
    std::vector<std::string> days;
    for (unsigned i = 0; i < 7; ++i) {
      if ((hours.days >> i & 1U) != 0) days.emplace_back(kNames[i]);
    }
    const int to = hours.to > kMinutesOfDay ? hours.to - kMinutesOfDay : hours.to;
    return fmt::format("{} {:02}:{:02}-{:02}:{:02}",
                       join(days, ","),
                       hours.from / 60,
                       hours.from % 60,
                       to / 60,
                       to % 60);
  }

  void add_span(Made& made) {
    made.span = hours();
    made.weekdays = made.span->days;
    made.settings.when = text(*made.span);
  }

  void add_cron(Made& made) {
    for (auto left = 1 + random_.below(6); left > 0; --left)
      made.minutes.insert(static_cast<int>(random_.below(12)) * 5);
    for (auto left = 1 + random_.below(12); left > 0; --left)
      made.hours.insert(static_cast<int>(random_.below(random_.below(2) == 0 ? 5 : 24)));
    std::string month_days = "*";
    std::string weekdays = "*";
    if (random_.below(3) == 0) {
      for (int i = 0; i < 20; ++i) made.month_days.insert(static_cast<int>(random_.below(31)) + 1);
      month_days = listed(made.month_days);
    }
    if (random_.below(3) == 0) {
      made.weekdays = static_cast<unsigned>(random_.below(0x7F)) + 1;
      std::set<int> days;
      for (int i = 0; i < 7; ++i) {
        if ((made.weekdays >> i & 1U) != 0) days.insert((i + 1) % 7);
      }
      weekdays = listed(days);
    }
    made.settings.when = fmt::format(
        "{} {} {} * {}", listed(made.minutes), listed(made.hours), month_days, weekdays);
  }

  void add_blackout(Made& made, LocalTime middle) {
    const LocalTime day = std::chrono::floor<std::chrono::days>(middle);
    const LocalTime from =
        day + std::chrono::minutes(minute()) + std::chrono::days(random_.below(4)) - 48h;
    const LocalTime to = from + std::chrono::minutes(5 + minute());
    const auto text = [](LocalTime time) {
      const LocalTime midnight = std::chrono::floor<std::chrono::days>(time);
      return format_day(day_of(time)) + " " +
             format_minute(static_cast<int>((time - midnight).count() / 60));
    };
    made.blackouts.emplace_back(from, to);
    made.settings.blackouts.push_back({text(from), text(to), "audit"});
  }

  void add_events(Made& made, UtcTime middle) {
    std::string inside;
    for (int i = 0; i < 3; ++i) {
      const UtcTime from = middle - 36h + std::chrono::minutes(3 * minute());
      const UtcTime to = from + std::chrono::minutes(5 + minute() / 4 / 5 * 5);
      made.events.push_back({from, to});
      const auto written = [](UtcTime at) {
        std::string text = format_utc(at).substr(0, 19) + "Z";
        std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
        return text;
      };
      inside += "BEGIN:VEVENT\nSUMMARY:freeze\nDTSTART:" + written(from) +
                "\nDTEND:" + written(to) + "\nEND:VEVENT\n";
    }
    made.settings.calendars = {files_.write("freeze.ics", inside)};
  }

  Random random_;
  sample::ScratchCalendars files_;
};

/// What the clock of the zone shows every five minutes, from a day before to a day after.
struct Looks {
  UtcTime begin;
  std::vector<LocalTime> shown;
  std::vector<bool> unique;  ///< no other look shows the same

  Looks(const TimeZone& zone, UtcTime from, UtcTime to) : begin(from - kMargin) {
    for (UtcTime at = begin; at < to + kMargin; at += kStep) shown.push_back(zone.local(at));
    unique.resize(shown.size(), true);
    for (std::size_t i = 1; i < shown.size(); ++i) {
      const auto repeated = (shown[i - 1] + kStep - shown[i]) / kStep;
      for (auto k = repeated; k > 0; --k) {
        unique[i - static_cast<std::size_t>(k)] = false;
        unique[i + static_cast<std::size_t>(repeated - k)] = false;
      }
    }
  }
  UtcTime at(std::size_t i) const { return begin + kStep * static_cast<int>(i); }
  std::size_t index(UtcTime time) const { return static_cast<std::size_t>((time - begin) / kStep); }
  /// Whether an earlier look shows the same.
  bool is_repeated(std::size_t i) const {
    const auto here = shown.begin() + static_cast<std::ptrdiff_t>(i);
    return !unique[i] && std::find(shown.begin(), here, *here) != here;
  }
};

bool has_weekday(unsigned days, LocalTime midnight) {
  return (days >> weekday_of(day_of(midnight)) & 1U) != 0;
}

bool is_within(const Hours& hours, LocalTime time) {
  const LocalTime today = std::chrono::floor<std::chrono::days>(time);
  for (const LocalTime midnight : {today, today - 24h}) {
    if (has_weekday(hours.days, midnight) && time >= midnight + std::chrono::minutes(hours.from) &&
        time < midnight + std::chrono::minutes(hours.to))
      return true;
  }
  return false;
}

bool fits_cron(const Made& made, LocalTime time) {
  const LocalTime midnight = std::chrono::floor<std::chrono::days>(time);
  const auto minute = static_cast<int>((time - midnight).count() / 60);
  const bool fits_date =
      made.month_days.empty() || made.month_days.count(static_cast<int>(day_of(time).day)) > 0;
  return made.hours.count(minute / 60) > 0 && made.minutes.count(minute % 60) > 0 && fits_date &&
         has_weekday(made.weekdays, midnight);
}

/// What the windows, blackouts and events say of this reading.
bool is_closed(const Made& made, LocalTime time, UtcTime at) {
  const bool outside = !made.windows.empty() &&
                       std::none_of(made.windows.begin(),
                                    made.windows.end(),
                                    [&](const Hours& each) { return is_within(each, time); });
  return outside ||
         std::any_of(made.blackouts.begin(),
                     made.blackouts.end(),
                     [&](const auto& each) { return each.first <= time && time < each.second; }) ||
         std::any_of(made.events.begin(), made.events.end(), [&](const UtcSpan& each) {
           return each.holds(at);
         });
}

bool is_jumped_over(const Turn& turn) {
  return turn.excluded.starts_with("the clocks ");
}

struct Case {
  Made made;
  Schedule schedule;
  const Looks& looks;
  UtcTime from;
  UtcTime to;
  std::vector<Turn> turns;
};

void expect_cron_turns(const Case& one) {
  std::vector<UtcTime> wanted;
  std::vector<UtcTime> jumped;
  for (std::size_t i = one.looks.index(one.from); one.looks.at(i) < one.to; ++i) {
    const LocalTime time = one.looks.shown[i];
    const bool runs = fits_cron(one.made, time) && !one.looks.is_repeated(i);
    if (runs) wanted.push_back(one.looks.at(i));
    bool left_out = false;
    for (LocalTime gap = one.looks.shown[i - 1] + kStep; gap < time; gap += kStep)
      left_out = left_out || fits_cron(one.made, gap);
    if (left_out && !runs) jumped.push_back(one.looks.at(i));
  }
  std::vector<UtcTime> found;
  std::vector<UtcTime> skipped;
  for (const Turn& turn : one.turns) (is_jumped_over(turn) ? skipped : found).push_back(turn.begin);
  BOOST_REQUIRE((found == wanted));
  BOOST_REQUIRE((skipped == jumped));
}

/// The looks at which the clock shows a time of the window that begins on the day of `midnight`;
/// one after the other but where clocks are set.
std::vector<std::size_t> looks_within(const Case& one, LocalTime midnight) {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < one.looks.shown.size(); ++i) {
    const auto minutes = one.looks.shown[i] - midnight;
    if (minutes >= std::chrono::minutes(one.made.span->from) &&
        minutes < std::chrono::minutes(one.made.span->to))
      found.push_back(i);
  }
  return found;
}

/// The turn never shows a time outside of the window; where no clock is set it is all of it.
void expect_window(const Case& one, const Turn& turn, const std::vector<std::size_t>& looks) {
  const std::set<std::size_t> within(looks.begin(), looks.end());
  bool inside = true;
  for (UtcTime at = turn.begin; at < turn.end; at += kStep)
    inside = inside && within.count(one.looks.index(at)) > 0;
  BOOST_REQUIRE(inside);
  const bool plain =
      std::all_of(looks.begin(), looks.end(), [&](std::size_t i) { return one.looks.unique[i]; });
  if (plain) BOOST_REQUIRE(((turn.end - turn.begin) / kStep == static_cast<int>(looks.size())));
}

void expect_window_turns(const Case& one) {
  const LocalTime first = std::chrono::floor<std::chrono::days>(one.looks.shown.front()) + 24h;
  std::size_t wanted = 0;
  for (LocalTime midnight = first; midnight < one.looks.shown.back() - 48h; midnight += 24h) {
    if (!has_weekday(one.made.weekdays, midnight)) continue;
    const std::vector<std::size_t> looks = looks_within(one, midnight);
    if (looks.empty()) continue;
    const auto turn = std::find_if(one.turns.begin(), one.turns.end(), [&](const Turn& each) {
      return !is_jumped_over(each) && std::any_of(looks.begin(), looks.end(), [&](std::size_t i) {
        return each.begin == one.looks.at(i);
      });
    });
    const UtcTime begin = one.looks.at(looks.front());
    if (turn == one.turns.end() && (begin < one.from || begin + 2h >= one.to)) continue;
    BOOST_REQUIRE((turn != one.turns.end()));
    ++wanted;
    expect_window(one, *turn, looks);
  }
  const auto found = std::count_if(
      one.turns.begin(), one.turns.end(), [](const Turn& turn) { return !is_jumped_over(turn); });
  BOOST_REQUIRE(found <= static_cast<std::ptrdiff_t>(wanted) + 1);
}

void expect_order(const Case& one) {
  for (std::size_t i = 0; i < one.turns.size(); ++i) {
    BOOST_REQUIRE((one.from <= one.turns[i].begin && one.turns[i].begin < one.to));
    BOOST_REQUIRE((one.turns[i].begin < one.turns[i].end));
    if (i > 0) BOOST_REQUIRE((one.turns[i - 1].end <= one.turns[i].begin));
  }
}

void expect_same_identity(const Case& one, Random& random) {
  const UtcTime from = one.from + std::chrono::seconds(random.below(3 * 86400));
  std::vector<std::string> later;
  std::vector<std::string> open;
  for (const Turn& turn : one.turns) {
    if (turn.begin < from) continue;
    later.push_back(sample::shown(turn));
    if (turn.excluded.empty()) open.push_back(sample::shown(turn));
  }
  const auto asked = sample::shown(one.schedule.turns(from, one.to, 10'000));
  BOOST_REQUIRE((asked == later));
  const std::size_t most = random.below(4);
  later.resize(std::min(later.size(), most));
  BOOST_REQUIRE((sample::shown(one.schedule.turns(from, one.to, most)) == later));
  if (random.below(16) != 0) return;  // it looks two years ahead
  std::vector<std::string> next;
  for (const Turn& turn : one.schedule.next(from, 3)) {
    if (turn.excluded.empty() && turn.begin < one.to) next.push_back(sample::shown(turn));
  }
  open.resize(std::min<std::size_t>(open.size(), 3));
  BOOST_REQUIRE((next == open));
}

void expect_moments(const Case& one, Random& random, int& moments) {
  for (const Turn& turn : one.turns) {
    if (random.below(one.made.span ? 4 : 16) != 0) continue;
    bool all_forbidden = true;
    for (UtcTime at = turn.begin; all_forbidden && at < turn.end; at += kStep)
      all_forbidden = !one.schedule.forbidden(at).empty();
    if (!is_jumped_over(turn)) BOOST_REQUIRE(turn.excluded.empty() == !all_forbidden);
    for (const double draw : {0.0, random.unit(), 0.999999999}) {
      const std::optional<UtcTime> moment = one.schedule.moment(turn, draw);
      BOOST_REQUIRE(moment.has_value() == turn.excluded.empty());
      if (!moment) continue;
      ++moments;
      BOOST_REQUIRE((turn.begin <= *moment && *moment < turn.end));
      BOOST_REQUIRE(one.schedule.forbidden(*moment).empty());
      BOOST_REQUIRE((one.made.span || *moment == turn.begin));
    }
  }
}

void expect_forbidden(const Case& one, Random& random) {
  for (int i = 0; i < 12; ++i) {
    const std::size_t look = one.looks.index(one.from) + random.below(3 * kSteps);
    const UtcTime at = one.looks.at(look);
    const bool closed = is_closed(one.made, one.looks.shown[look], at);
    // Of a time that comes twice only what is closed by the reading is surely closed.
    if (closed || one.looks.unique[look])
      BOOST_REQUIRE(one.schedule.forbidden(at).empty() == !closed);
  }
}

struct Seen {
  int turns = 0;
  int excluded = 0;
  int jumped = 0;
  int moments = 0;
};

void examine(Made made, UtcTime middle, const Looks& looks, Random& random, Seen& seen) {
  Schedule schedule(made.settings);
  std::vector<Turn> turns = schedule.turns(middle - kReach, middle + kReach, 10'000);
  const Case one{std::move(made),
                 std::move(schedule),
                 looks,
                 middle - kReach,
                 middle + kReach,
                 std::move(turns)};
  if (one.made.span)
    expect_window_turns(one);
  else
    expect_cron_turns(one);
  expect_order(one);
  expect_same_identity(one, random);
  expect_moments(one, random, seen.moments);
  expect_forbidden(one, random);
  seen.turns += static_cast<int>(one.turns.size());
  for (const Turn& turn : one.turns) {
    seen.excluded += turn.excluded.empty() ? 0 : 1;
    seen.jumped += is_jumped_over(turn) ? 1 : 0;
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(schedule_properties)

BOOST_AUTO_TEST_CASE(no_moment_is_forbidden_and_every_turn_is_where_a_clock_would_show_it) {
  Maker maker(20260329);
  Seen seen;
  for (int group = 0; group < kGroups; ++group) {
    const Place& place = kPlaces[static_cast<std::size_t>(group) % kPlaces.size()];
    const auto steps = static_cast<int>(maker.random().below(1'000'000));
    const UtcTime middle =
        group < 3 * kGroups / 4 ? utc(place.change) : utc("2024-01-01T00:00:00Z") + kStep * steps;
    const Looks looks(TimeZone(place.zone), middle - kReach, middle + kReach);
    for (int i = 0; i < kSchedulesOfGroup; ++i) {
      Made made = maker.make(place, middle);
      BOOST_TEST_CONTEXT(place.zone << " " << format_utc(middle) << " " << made.settings.when)
      examine(std::move(made), middle, looks, maker.random(), seen);
    }
  }
  BOOST_TEST_MESSAGE(seen.turns << " turns, " << seen.excluded << " excluded, " << seen.jumped
                                << " jumped over, " << seen.moments << " moments");
  BOOST_TEST(seen.turns > 10'000);
  BOOST_TEST(seen.excluded > 1000);
  BOOST_TEST(seen.jumped > 20);
  BOOST_TEST(seen.moments > 1000);
}

BOOST_AUTO_TEST_CASE(moments_are_spread_evenly_over_what_is_open) {
  ScheduleSettings settings = sample::settings("Fri 10:00-12:00");
  settings.blackouts = {{"2026-12-04 10:30", "2026-12-04 11:30", "audit"}};
  const Schedule schedule(settings);
  const Turn turn = schedule.next(utc("2026-12-01T00:00:00Z"), 1).at(0);
  Random random(5);
  std::array<int, 4> quarters{};
  for (int i = 0; i < 4000; ++i) {
    const auto minutes = (*schedule.moment(turn, random.unit()) - turn.begin) / 1min;
    ++quarters.at(static_cast<std::size_t>(minutes / 30));
  }
  BOOST_TEST(quarters[1] == 0);
  BOOST_TEST(quarters[2] == 0);
  BOOST_TEST(quarters[0] > 1850);
  BOOST_TEST(quarters[3] > 1850);
}

BOOST_AUTO_TEST_SUITE_END()
