// muster-hold: takes something away from a machine for as long as it lives: processor, memory, disk
// space, or the quiet that a program would leave if it were not run again and again. Its guard
// starts it and it dies with its guard, so that nothing of it can be left: threads and memory go
// with the process, and the file that fills a disk has no name.
#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;
constexpr std::uint64_t kChunk = std::uint64_t{8} << 20U;

constexpr char kHelp[] = R"(muster-hold ID cpu PERCENT           of every processor, 1 to 100
muster-hold ID memory BYTES          touched page by page; the first to be ended when memory runs out
muster-hold ID disk FOLDER LEAVE     all of the file system but LEAVE bytes, in a file without a name
muster-hold ID repeat TIME PROGRAM...   runs it again and again, every TIME: 200ms or 1s

Holds it until it is ended, and ends with the thread that started it. Prints "ready" once it holds.
ID is any word; `muster-look` finds the process by it.

Example: muster-hold drill-7 memory 268435456
)";

[[noreturn]] void stop(int status, const std::string& message) {
  std::fprintf(stderr, "muster-hold: %s\n", message.c_str());
  std::exit(status);
}

std::uint64_t number_of(const std::string& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size())
    stop(kWrongUsage, "'" + text + "' is no number");
  return number;
}

void say_ready() {
  std::puts("ready");
  std::fflush(stdout);
}

[[noreturn]] void hold_processor(std::uint64_t percent) {
  if (percent < 1 || percent > 100) stop(kWrongUsage, "a share is 1 to 100 percent");
  const std::chrono::milliseconds slice = 20ms;
  const auto busy = slice * percent / 100;
  const auto burn = [busy, slice] {
    for (;;) {
      const auto began = Clock::now();
      while (Clock::now() - began < busy) continue;
      if (busy < slice) std::this_thread::sleep_until(began + slice);
    }
  };
  std::vector<std::thread> threads;
  for (unsigned i = 1; i < std::thread::hardware_concurrency(); ++i) threads.emplace_back(burn);
  say_ready();
  burn();
  std::abort();
}

/// Whatever runs out of memory, this process is the one to be ended.
void be_first_to_go() {
  const int file = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (file < 0) return;
  if (::write(file, "1000", 4) != 4) std::fputs("cannot become the first to go\n", stderr);
  ::close(file);
}

[[noreturn]] void hold_memory(std::uint64_t bytes) {
  be_first_to_go();
  for (std::uint64_t held = 0; held < bytes;) {
    const std::uint64_t next = std::min(kChunk, bytes - held);
    void* const chunk =
        ::mmap(nullptr, next, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (chunk == MAP_FAILED) stop(kFailed, std::string("no more memory: ") + std::strerror(errno));
    std::memset(chunk, 1, next);
    held += next;
  }
  say_ready();
  for (;;) ::pause();
}

std::uint64_t free_bytes(int file) {
  struct statvfs state {};
  if (::fstatvfs(file, &state) != 0)
    stop(kFailed, std::string("cannot see how full it is: ") + std::strerror(errno));
  return state.f_bavail * state.f_frsize;
}

/// What others free while the fault lasts is taken as well.
[[noreturn]] void hold_disk(const std::string& folder, std::uint64_t leave) {
  const int file = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (file < 0) stop(kFailed, folder + ": " + std::strerror(errno));
  off_t held = 0;
  bool told = false;
  for (;;) {
    const std::uint64_t free = free_bytes(file);
    std::uint64_t more = free > leave ? free - leave : 0;
    while (more > 0 && ::fallocate(file, 0, held, static_cast<off_t>(more)) != 0) {
      if (errno != ENOSPC && errno != EINTR) stop(kFailed, folder + ": " + std::strerror(errno));
      more = errno == EINTR ? more : more / 2;
    }
    held += static_cast<off_t>(more);
    if (!told && more == 0) {
      say_ready();
      told = true;
    }
    std::this_thread::sleep_for(told ? 200ms : 0ms);
  }
}

std::chrono::milliseconds time_of(const std::string& text) {
  std::size_t digits = 0;
  while (digits < text.size() && (std::isdigit(static_cast<unsigned char>(text[digits])) != 0))
    ++digits;
  const std::string unit = text.substr(digits);
  const auto number = static_cast<std::int64_t>(number_of(text.substr(0, digits)));
  if (unit != "ms" && unit != "s")
    stop(kWrongUsage, "'" + text + "' is no time such as 200ms or 1s");
  return std::chrono::milliseconds(unit == "s" ? number * 1000 : number);
}

/// Its wait status. What it prints goes nowhere: our own output is read by the guard.
int run_to_end(const std::vector<char*>& argv) {
  const pid_t self = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) stop(kFailed, std::string(argv[0]) + ": " + std::strerror(errno));
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != self) ::_exit(kFailed);
    const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    ::dup2(nowhere, STDOUT_FILENO);
    ::execvp(argv[0], argv.data());
    ::_exit(kFailed);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  return status;
}

[[noreturn]] void hold_repeating(std::chrono::milliseconds every, std::vector<char*> argv) {
  argv.push_back(nullptr);
  bool told = false;
  for (;;) {
    const auto next = Clock::now() + every;
    const int status = run_to_end(argv);
    if (!told && status != 0) stop(kFailed, std::string(argv[0]) + " fails");
    if (!told) say_ready();
    told = true;
    std::this_thread::sleep_until(next);
  }
}

}  // namespace

int main(int argc, char** argv) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() == 1 && words[0] == "--help") {
    std::fputs(kHelp, stdout);
    return 0;
  }
  const std::string what = words.size() < 3 ? "" : words[1];
  if (words.size() == 3 && what == "cpu") hold_processor(number_of(words[2]));
  if (words.size() == 3 && what == "memory") hold_memory(number_of(words[2]));
  if (words.size() == 4 && what == "disk") hold_disk(words[2], number_of(words[3]));
  if (words.size() >= 4 && what == "repeat")
    hold_repeating(time_of(words[2]), {argv + 4, argv + argc});
  std::fputs(kHelp, stderr);
  return kWrongUsage;
}
