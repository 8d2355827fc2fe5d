// muster-postgres: what a guard does next to a PostgreSQL server and psql cannot: takes connections
// and keeps them, and brings a pair of servers home after a failover, one step at a time.
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <unistd.h>

#include "faults/postgres/connections.h"
#include "faults/postgres/failback.h"

namespace {

using namespace muster::postgres;

constexpr int kNotYet = 1;
constexpr int kWrongUsage = 2;
constexpr long kPatience = 4'000;  ///< ms for a turn to come, before the guard asks again
constexpr long kConnects = 3'000;  ///< ms that a standby may take to find its primary
constexpr timespec kPause{0, 100'000'000};

constexpr char kHelp[] = R"(muster-postgres connections --dsn DSN --name NAME --leave N
muster-postgres failback STEP [--look] --home DSN --away DSN --since TIMELINE [-- PROGRAM WORD...]

connections   takes connections until N are left to ordinary users, and keeps them; prints "ready"
failback      runs PROGRAM where it is this step's turn: rejoin-home, stop-away, promote-home, rejoin-away.
              Home was the primary until TIMELINE, away was promoted in its place.
              0: nothing is left to do, or what the program ended with; 1: it is not its turn
  --look      runs nothing: 0 where nothing is left to do
)";

[[noreturn]] void wrong_usage(const std::string& what) {
  std::fprintf(stderr, "muster-postgres: %s; see muster-postgres --help\n", what.c_str());
  std::exit(kWrongUsage);
}

struct Words {
  std::map<std::string, std::string, std::less<>> options;
  std::vector<std::string> program;  ///< behind "--"
  bool look = false;

  const std::string& text(std::string_view name) const {
    const auto found = options.find(name);
    if (found == options.end()) wrong_usage("--" + std::string(name) + " is missing");
    return found->second;
  }
  int number(std::string_view name) const {
    const std::string& value = text(name);
    int number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc() || end != value.data() + value.size() || number < 0)
      wrong_usage("'" + value + "' is no number for --" + std::string(name));
    return number;
  }
};

Words read_words(const std::vector<std::string>& words) {
  Words read;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--") {
      read.program.assign(words.begin() + static_cast<std::ptrdiff_t>(i) + 1, words.end());
      break;
    }
    if (words[i] == "--look") {
      read.look = true;
      continue;
    }
    if (!words[i].starts_with("--")) wrong_usage("unknown word '" + words[i] + "'");
    if (i + 1 == words.size()) wrong_usage(words[i] + " wants a value");
    read.options[words[i].substr(2)] = words[i + 1];
    ++i;
  }
  return read;
}

long now_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1'000'000;
}

int run(std::vector<std::string> program) {
  std::vector<char*> argv;
  for (std::string& word : program) argv.push_back(word.data());
  argv.push_back(nullptr);
  ::execvp(argv.front(), argv.data());
  std::fprintf(stderr, "muster-postgres: %s: %s\n", argv.front(), std::strerror(errno));
  return kNotYet;
}

int failback(Step step, const Words& words) {
  const std::string& home = words.text("home");
  const std::string& away = words.text("away");
  const int since = words.number("since");
  if (!words.look && words.program.empty()) wrong_usage("the program is missing");
  const long began = now_ms();
  long standing_since = began;
  Turn turn;
  do {
    turn = turn_of(step, look_at(home), look_at(away), since);
    if (turn.kind != Turn::Kind::IfStays) standing_since = now_ms();
    const bool stayed = now_ms() - standing_since >= kConnects;
    const bool now = turn.kind == Turn::Kind::Now || stayed;
    if (turn.kind == Turn::Kind::Done || words.look) break;
    if (now) return run(words.program);
    ::nanosleep(&kPause, nullptr);
  } while (now_ms() - began < kPatience);
  std::printf("%.*s\n", static_cast<int>(turn.why.size()), turn.why.data());
  return turn.kind == Turn::Kind::Done ? 0 : kNotYet;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  const std::string verb = words.empty() ? "" : words.front();
  if (verb == "--help") {
    std::fputs(kHelp, stdout);
    return 0;
  }
  if (verb == "connections") {
    const Words options = read_words({words.begin() + 1, words.end()});
    return take_connections({options.text("dsn"), options.text("name"), options.number("leave")});
  }
  if (verb == "failback" && words.size() > 1) {
    const auto step = step_named(words[1]);
    if (!step) wrong_usage("there is no step '" + words[1] + "'");
    return failback(*step, read_words({words.begin() + 2, words.end()}));
  }
  wrong_usage(verb.empty() ? "nothing to do" : "cannot do '" + verb + "'");
}
