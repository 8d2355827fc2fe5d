#include <cstdlib>
#include <stdexcept>
#include <string>

#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "runner/view/observer.h"

using namespace muster;

namespace {

/// Everything that `act` shows on a terminal of its own, of 80 x 24. It is another process.
std::string shown_by(void (*act)(Observer&)) {
  int master = -1;
  winsize size{24, 80, 0, 0};
  const pid_t child = ::forkpty(&master, nullptr, nullptr, &size);
  if (child < 0) throw std::runtime_error("no terminal");
  if (child == 0) {
    ::unsetenv("CI");
    ::setenv("TERM", "xterm", 1);
    try {
      const auto view = make_live_view();
      if (view) act(*view);
    } catch (const std::logic_error&) {
      // What the engine might throw; the view is gone by now.
    }
    ::_exit(0);
  }
  std::string shown;
  char buffer[4096];
  for (ssize_t got = 0; (got = ::read(master, buffer, sizeof buffer)) > 0;)
    shown.append(buffer, static_cast<std::size_t>(got));
  ::close(master);
  ::waitpid(child, nullptr, 0);
  return shown;
}

constexpr std::string_view kBackToOwnScreen = "\x1b[?1049l";

void is_told_what_is_not_undone(Observer& view) {
  view.begin(RunHead());
  view.tick(Snapshot());
  EventRecord event;
  event.kind = "undo";
  event.text = "NOT UNDONE: block the stream";
  view.event(event, Duration());
}

/// How often it stands on the normal screen at the end.
int times_on_own_screen(const std::string& shown) {
  const std::size_t back = shown.rfind(kBackToOwnScreen);
  BOOST_REQUIRE_MESSAGE(back != std::string::npos, shown);
  int times = 0;
  const std::string line = "NOT UNDONE: block the stream\r\n";
  for (std::size_t at = back; (at = shown.find(line, at)) != std::string::npos; ++at) ++times;
  return times;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(live_view)

BOOST_AUTO_TEST_CASE(a_view_that_nobody_finished_still_leaves_what_it_was_told) {
  const std::string shown = shown_by([](Observer& view) {
    is_told_what_is_not_undone(view);
    throw std::logic_error("a bug");
  });
  BOOST_TEST(times_on_own_screen(shown) == 1, shown);
}

BOOST_AUTO_TEST_CASE(a_view_that_is_finished_twice_says_everything_once) {
  const std::string shown = shown_by([](Observer& view) {
    is_told_what_is_not_undone(view);
    view.finished();
    view.finished();
  });
  BOOST_TEST(times_on_own_screen(shown) == 1, shown);
}

BOOST_AUTO_TEST_SUITE_END()
