#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "faults/guard/control.h"
#include "faults/guard/policy.h"
#include "faults/guard/recover.h"
#include "faults/guard/serve.h"
#include "faults/guard/system.h"

namespace muster::guard {

namespace {

constexpr int kNoProgram = 127;  ///< exit code, as a shell's

/// The guard goes into a session of its own. Its parent only waits and passes on its exit code: it
/// belongs to the connection, and whatever ends the connection may end it. Returns in the guard
/// alone.
void leave_session() {
  const pid_t guard = ::fork();
  if (guard < 0) fail_system("fork");
  if (guard == 0) {
    ::setsid();
    return;
  }
  const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(nothing, STDOUT_FILENO);
  int status = 0;
  ::waitpid(guard, &status, 0);
  ::_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

/// A login that runs no profile may lack the folders of an administrator's programs.
void complete_path() {
  const char* const path = std::getenv("PATH");
  const std::string own = path == nullptr ? "" : std::string(path) + ":";
  const std::string all = own + "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  ::setenv("PATH", all.c_str(), 1);
}

int usage() {
  std::fputs(
      "muster-guard applies and undoes one change next to its target; muster starts it.\n"
      "\n"
      "  muster-guard serve   --dir DIR   one change, by frames on stdin and stdout\n"
      "  muster-guard recover --dir DIR   undoes the change whose frame is on stdin\n"
      "  muster-guard sweep   --dir DIR   undoes all that dead guards left; run it at boot\n"
      "  muster-guard list    --dir DIR   one line for each change on record\n"
      "  muster-guard policy  --dir DIR   what this host allows to be done to it\n"
      "  muster-guard stdio [--dir DIR]   what the first frame on stdin says; for one fixed "
      "command\n",
      stderr);
  return 2;
}

int print_policy() {
  try {
    std::puts(Policy::of_this_host("").text().c_str());
    return kExitClean;
  } catch (const GuardError& error) {
    std::puts(error.what());
    return kExitRefused;
  }
}

/// What an Exec asks for.
[[noreturn]] void become(std::vector<std::string> words) {
  if (words.empty()) throw GuardError("an order to run a program names none");
  Policy::of_this_host("").check_program(words.front());
  std::vector<char*> argv(words.size() + 1);  // ends with a null pointer
  for (std::size_t i = 0; i < words.size(); ++i) argv[i] = words[i].data();
  ::execvp(argv.front(), argv.data());
  std::fprintf(stderr, "%s%s: %s\n", kCannotStart.data(), argv.front(), std::strerror(errno));
  std::exit(kNoProgram);
}

/// Where only one fixed command line may be used, as over ssh, the first frame says what we are
/// called for: "serve" for Arm, "recover" for Recover. Exec turns this process into its program and
/// does not return. Empty, after printing kGreeting, where there is none: somebody asked whether a
/// guard is here.
std::string_view command_of(const std::optional<Frame>& first) {
  if (!first) {
    write_all(STDOUT_FILENO, kGreeting);
    return {};
  }
  if (first->type == FrameType::Exec) become(first->fields);
  if (first->type == FrameType::Arm) return "serve";
  if (first->type == FrameType::Recover) return "recover";
  throw GuardError("the first frame is not an order");
}

/// Where a guard that was told nothing keeps its records.
std::string default_directory() {
  if (::geteuid() == 0) return "/var/lib/muster/guard";
  const char* const home = std::getenv("HOME");
  if (home == nullptr || *home != '/') throw GuardError("HOME is not set; say --dir DIR");
  return std::string(home) + "/.muster/guard";
}

int run(std::string_view mode, const std::string& directory) {
  // What the runner forgot to keep to itself, perhaps the other end of our own input.
  ::syscall(SYS_close_range, 3U, ~0U, 0U);
  complete_path();
  std::optional<Frame> first;
  if (mode == "stdio") {
    first = read_first_frame();
    mode = command_of(first);
    if (mode.empty()) return 0;
  }
  ::umask(077);
  for (const int ignored : {SIGHUP, SIGPIPE, SIGXFSZ}) ::signal(ignored, SIG_IGN);
  if (mode == "serve") {
    leave_session();
    become_hard_to_kill("muster-guard");
    return serve(directory, std::move(first));
  }
  if (mode == "recover") return recover(directory, std::move(first));
  if (mode == "sweep") return sweep(directory);
  if (mode == "list") return list(directory);
  if (mode == "policy") return print_policy();
  return usage();
}

}  // namespace

}  // namespace muster::guard

namespace guard = muster::guard;

int main(int argc, char** argv) {
  const bool told_where = argc == 4 && std::strcmp(argv[2], "--dir") == 0;
  if (!told_where && !(argc == 2 && std::strcmp(argv[1], "stdio") == 0)) return guard::usage();
  try {
    return guard::run(argv[1], told_where ? argv[3] : guard::default_directory());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "muster-guard: %s\n", error.what());
    return 70;
  }
}
