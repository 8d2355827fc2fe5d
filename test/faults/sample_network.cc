#include "sample_network.h"

#include <array>
#include <chrono>
#include <csignal>
#include <fstream>
#include <thread>

#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "base/process.h"
#include "test/base/loop.h"

namespace muster {
namespace {

using namespace std::chrono_literals;

bool become_root_of_a_new_user_namespace() {
  const std::string user = "0 " + std::to_string(::getuid()) + " 1";
  const std::string group = "0 " + std::to_string(::getgid()) + " 1";
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) return false;
  std::ofstream("/proc/self/setgroups") << "deny";
  std::ofstream("/proc/self/uid_map") << user;
  std::ofstream("/proc/self/gid_map") << group;
  return true;
}

[[noreturn]] void wait_for_the_end() {
  for (;;) ::pause();
}

/// In the child: two networks in one user namespace; writes the pid of the process that holds the
/// second.
[[noreturn]] void hold_networks(int out) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  pid_t inner = 0;
  if (!become_root_of_a_new_user_namespace()) ::_exit(1);
  std::array<int, 2> ready{};
  if (::pipe2(ready.data(), O_CLOEXEC) != 0) ::_exit(1);
  inner = ::fork();
  if (inner == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::unshare(CLONE_NEWNET) != 0) ::_exit(1);
    (void)!::write(ready[1], "r", 1);
    wait_for_the_end();
  }
  ::close(ready[1]);
  char done = 0;
  if (::read(ready[0], &done, 1) != 1) ::_exit(1);
  (void)!::write(out, &inner, sizeof inner);
  wait_for_the_end();
}

std::unique_ptr<Host> inside(const std::string& name, pid_t pid) {
  return make_host(name,
                   "sample network",
                   {"nsenter",
                    "--target",
                    std::to_string(pid),
                    "--user",
                    "--net",
                    "--preserve-credentials",
                    "--"});
}

StackHost stack_host(std::string name, std::string address) {
  StackHost host;
  host.name = name;
  host.region = std::move(name);
  host.address = std::move(address);
  return host;
}

}  // namespace

SampleNetwork::SampleNetwork() {
  stack_.name = "sample";
  stack_.regions = {"left", "right"};
  stack_.hosts = {stack_host("left", "10.9.0.1"), stack_host("right", "10.9.0.2")};

  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return;
  child_ = ::fork();
  if (child_ == 0) hold_networks(ends[1]);
  ::close(ends[1]);
  const bool told = ::read(ends[0], &inner_, sizeof inner_) == sizeof inner_;
  ::close(ends[0]);
  if (!told) return;

  left_ = inside("left", child_);
  right_ = inside("right", inner_);
  run("left",
      {"ip",
       "link",
       "add",
       "eth0",
       "type",
       "veth",
       "peer",
       "name",
       "eth0",
       "netns",
       std::to_string(inner_)});
  for (const StackHost& host : stack_.hosts) {
    run(host.name, {"ip", "link", "set", "lo", "up"});
    run(host.name, {"ip", "address", "add", host.address + "/24", "dev", "eth0"});
    run(host.name, {"ip", "link", "set", "eth0", "up"});
    run(host.name, {"ip", "route", "add", "default", "via", "10.9.0.254"});
  }
}

SampleNetwork::~SampleNetwork() {
  if (child_ <= 0) return;
  ::kill(child_, SIGKILL);
  ::waitpid(child_, nullptr, 0);
}

Host& SampleNetwork::host(std::string_view name) {
  return name == "left" ? *left_ : *right_;
}

CommandResult SampleNetwork::run(std::string_view name,
                                 std::vector<std::string> argv,
                                 std::string input) {
  Command command;
  command.argv = std::move(argv);
  command.input = std::move(input);
  CommandResult result;
  const auto go = [&]() -> Task<> {
    result = co_await host(name).try_run(std::move(command));
  };
  run_task(go());
  return result;
}

bool SampleNetwork::connected() {
  return run("left", {"ping", "-n", "-c", "1", "-W", "1", "10.9.0.2"}).ok();
}

std::string perform(SampleNetwork& network, const Change& change, const Operation& operation) {
  if (operation.kind != "exec") return "not an exec operation: " + operation.kind;
  const CommandResult result = network.run(change.host, operation.args, operation.input);
  return result.ok() ? "" : operation.text() + ": " + result.err;
}

bool seen(SampleNetwork& network,
          const Change& change,
          const Operation& operation,
          Duration within) {
  const auto until = std::chrono::steady_clock::now() + within;
  do {
    const CommandResult result = network.run(change.host, operation.args, operation.input);
    const bool contains = result.out.find(operation.contains) != std::string::npos;
    const bool lacks =
        operation.lacks.empty() || result.out.find(operation.lacks) == std::string::npos;
    if (result.ok() && contains && lacks) return true;
    std::this_thread::sleep_for(20ms);
  } while (std::chrono::steady_clock::now() < until);
  return false;
}

boost::test_tools::assertion_result NeedsNamespaces::operator()(
    boost::unit_test::test_unit_id) const {
  SampleNetwork network;
  boost::test_tools::assertion_result works(network.works());
  works.message() << "this machine allows no user and network namespaces";
  return works;
}

}  // namespace muster
