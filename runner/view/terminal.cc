#include "runner/view/terminal.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <fmt/format.h>

namespace muster {

namespace {

bool is_set(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0';
}

constexpr std::string_view kOtherScreen = "\x1b[?1049h\x1b[?25l";
constexpr std::string_view kOwnScreen = "\x1b[0m\x1b[?25h\x1b[?1049l";

// Signals of the end, besides those which the runner ends in good order by.
constexpr std::array kDeadly = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGQUIT};

// What a signal handler needs to put the terminal back. Written by the main thread alone; the
// threads that serve metrics take no signals but those of their own mistakes.
int held_descriptor = -1;
termios held_settings{};
volatile std::sig_atomic_t settings_changed = 0;
volatile std::sig_atomic_t on_other_screen = 0;
std::array<struct sigaction, kDeadly.size()> before_us{};
struct sigaction suspend_before_us {};
alignas(16) std::array<char, 65536> handler_stack{};

/// Waits a little for a terminal that is slow; only calls that a signal handler may make.
void write_slowly(std::string_view text) {
  for (int tries = 0; !text.empty() && tries < 20; ++tries) {
    const ssize_t done = ::write(held_descriptor, text.data(), text.size());
    if (done > 0) {
      text.remove_prefix(static_cast<std::size_t>(done));
    } else if (errno == EAGAIN) {
      pollfd ready{held_descriptor, POLLOUT, 0};
      ::poll(&ready, 1, 20);
    } else if (errno != EINTR) {
      return;
    }
  }
}

void put_back() {
  const int error = errno;
  if (on_other_screen != 0) {
    on_other_screen = 0;
    write_slowly(kOwnScreen);
  }
  if (settings_changed != 0) {
    settings_changed = 0;
    // Also in the background, where this signal would stop the process.
    sigset_t background;
    sigset_t before;
    ::sigemptyset(&background);
    ::sigaddset(&background, SIGTTOU);
    ::pthread_sigmask(SIG_BLOCK, &background, &before);
    ::tcsetattr(held_descriptor, TCSANOW, &held_settings);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }
  errno = error;
}

/// Puts the terminal back and leaves the signal to whoever had it before.
void on_deadly_signal(int number) {
  put_back();
  for (std::size_t i = 0; i < kDeadly.size(); ++i) {
    if (kDeadly[i] == number) ::sigaction(number, &before_us[i], nullptr);
  }
  std::raise(number);
}

/// Ctrl-Z: the shell gets its terminal back; whoever draws next enters it again.
void on_suspend(int number) {
  const int error = errno;
  put_back();
  struct sigaction ours {};
  ::sigaction(number, &suspend_before_us, &ours);
  std::raise(number);
  sigset_t only;
  sigset_t before;
  ::sigemptyset(&only);
  ::sigaddset(&only, number);
  ::pthread_sigmask(SIG_UNBLOCK, &only, &before);  // stops here, until it is continued
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  ::sigaction(number, &ours, nullptr);
  errno = error;
}

/// A stack that has run over cannot hold the handler's frame.
void give_handlers_a_stack() {
  stack_t present{};
  if (::sigaltstack(nullptr, &present) == 0 && (present.ss_flags & SS_DISABLE) == 0) return;
  stack_t own{};
  own.ss_sp = handler_stack.data();
  own.ss_size = handler_stack.size();
  ::sigaltstack(&own, nullptr);
}

void watch_signals() {
  give_handlers_a_stack();
  struct sigaction action {};
  ::sigemptyset(&action.sa_mask);
  action.sa_flags = SA_ONSTACK;
  action.sa_handler = &on_deadly_signal;
  for (std::size_t i = 0; i < kDeadly.size(); ++i) ::sigaction(kDeadly[i], &action, &before_us[i]);
  action.sa_flags = SA_RESTART;
  action.sa_handler = &on_suspend;
  ::sigaction(SIGTSTP, &action, &suspend_before_us);
}

void leave_signals() {
  for (std::size_t i = 0; i < kDeadly.size(); ++i) ::sigaction(kDeadly[i], &before_us[i], nullptr);
  ::sigaction(SIGTSTP, &suspend_before_us, nullptr);
}

}  // namespace

bool stdout_is_for_people() {
  const char* terminal = std::getenv("TERM");
  const bool dumb = terminal != nullptr && std::string_view(terminal) == "dumb";
  return ::isatty(STDOUT_FILENO) == 1 && !is_set("CI") && !dumb;
}

bool colours_are_wanted() {
  return stdout_is_for_people() && !is_set("NO_COLOR");
}

std::string paint(std::string_view text, Colour colour, bool on) {
  if (!on) return std::string(text);
  constexpr std::string_view kCodes[] = {"31", "32", "33", "34", "90", "1"};
  return fmt::format("\x1b[{}m{}\x1b[0m", kCodes[static_cast<std::size_t>(colour)], text);
}

ScreenSize screen_size() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return {};
  return {size.ws_col, size.ws_row};
}

std::unique_ptr<Terminal> Terminal::open() {
  // Opened anew, for what is set on a descriptor that others share (not to block) is set for them,
  // and they may live longer than we.
  std::array<char, 256> name{};
  if (held_descriptor >= 0 || ::ttyname_r(STDOUT_FILENO, name.data(), name.size()) != 0)
    return nullptr;
  const int descriptor = ::open(name.data(), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  if (descriptor < 0) return nullptr;
  std::unique_ptr<Terminal> terminal(new Terminal(descriptor));
  return terminal->in_foreground() ? std::move(terminal) : nullptr;
}

Terminal::Terminal(int descriptor) : descriptor_(descriptor) {
  held_descriptor = descriptor;
  watch_signals();
}

Terminal::~Terminal() {
  leave();
  leave_signals();
  held_descriptor = -1;
  ::close(descriptor_);
}

bool Terminal::enter() {
  if (!in_foreground()) return false;
  if (settings_changed == 0) {
    if (::tcgetattr(descriptor_, &held_settings) != 0) return false;
    termios ours = held_settings;
    ours.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO | IEXTEN);
    // Ctrl-S would stop whoever writes, and with it the drill.
    ours.c_iflag &= ~static_cast<tcflag_t>(IXON);
    ours.c_cc[VMIN] = 1;
    ours.c_cc[VTIME] = 0;
    settings_changed = 1;
    if (::tcsetattr(descriptor_, TCSANOW, &ours) != 0) return false;
  }
  if (on_other_screen == 0) {
    on_other_screen = 1;
    write_slowly(kOtherScreen);
    shown_.clear();
  }
  return true;
}

void Terminal::show_lines() {
  if (on_other_screen == 0) return;
  on_other_screen = 0;
  write_slowly(kOwnScreen);
}

void Terminal::leave() {
  put_back();
}

void Terminal::draw(const std::vector<std::string>& lines, const ScreenSize& size) {
  const bool whole = shown_.empty() || shown_size_ != size;
  std::string out = whole ? "\x1b[H\x1b[2J" : "";
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const bool known = !whole && i < shown_.size() && shown_[i] == lines[i];
    if (known || (whole && lines[i].empty())) continue;
    // Cleared first: behind the last column there is nothing left to clear.
    out += fmt::format("\x1b[{};1H\x1b[2K{}", i + 1, lines[i]);
  }
  for (std::size_t i = lines.size(); !whole && i < shown_.size(); ++i)
    out += fmt::format("\x1b[{};1H\x1b[2K", i + 1);
  shown_ = lines;
  shown_size_ = size;
  if (out.empty()) return;
  if (write(out) != out.size()) shown_.clear();
}

std::size_t Terminal::write(std::string_view text) const {
  const ssize_t done = text.empty() ? 0 : ::write(descriptor_, text.data(), text.size());
  return done > 0 ? static_cast<std::size_t>(done) : 0;
}

bool Terminal::in_foreground() const {
  return ::tcgetpgrp(descriptor_) == ::getpgrp();
}

bool Terminal::read_keys(std::string& typed) const {
  std::array<char, 256> buffer{};
  const ssize_t got = ::read(descriptor_, buffer.data(), buffer.size());
  if (got > 0) typed.assign(buffer.data(), static_cast<std::size_t>(got));
  return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

}  // namespace muster
