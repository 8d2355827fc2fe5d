#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "faults/guard/policy.h"
#include "faults/guard/recover.h"
#include "faults/guard/serve.h"
#include "faults/guard/stdio.h"
#include "faults/guard/system.h"

namespace muster::guard {

namespace {

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
