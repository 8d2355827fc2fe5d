#include "drills/lab/lab.h"

#include <csignal>

#include <poll.h>

#include <boost/test/unit_test.hpp>

#include "test/lab/lab_fixture.h"

namespace muster {

using namespace lab_test;

namespace {

int init_of(const std::string& host) {
  return std::stoi(lab_entry(host).at(2));
}

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.message();
  }
  return "";
}

bool mentions(const std::string& text, std::string_view words) {
  return text.find(words) != std::string::npos;
}

/// Waits until the condition holds; a test that waits for ever is ended by its runner.
void wait_until(const std::function<bool()>& condition) {
  constexpr int kPatience = 12'000;  // of 5 ms; no test is fast or slow by it, only ended
  for (int i = 0; !condition(); ++i) {
    BOOST_REQUIRE_MESSAGE(i < kPatience, "what was waited for never came");
    ::poll(nullptr, 0, 5);
  }
}

/// A child that brings the lab up, ended by force after `milliseconds`.
void kill_an_up_after(int milliseconds) {
  const pid_t child = ::fork();
  if (child == 0) {
    up();
    ::_exit(0);
  }
  ::poll(nullptr, 0, milliseconds);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
}

/// True where the up had finished its work before it was killed.
bool is_up_for_good() {
  try {
    return run(lab_status()).healthy();
  } catch (const Error&) {  // it ended while we looked
    return false;
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(lab_of_two_regions)

BOOST_AUTO_TEST_CASE(a_lab_comes_up_healthy_and_goes_down_without_a_trace) {
  const Home home;
  const LabStatus status = up();
  BOOST_TEST(status.up);
  BOOST_TEST(status.healthy());
  BOOST_TEST(status.parts.size() == 32U);
  for (const LabPart& part : status.parts)
    BOOST_TEST(part.health == "healthy", part.host + "/" + part.part + " is " + part.health);
  BOOST_TEST(status.memory_bytes > 0U);

  const std::set<std::string> namespaces = lab_namespaces();
  BOOST_TEST(namespaces.size() > 5 * lab_hosts().size());
  BOOST_TEST(!inhabitants(namespaces).empty());
  BOOST_TEST(sees_lab_mount(init_of("db-us")));

  BOOST_TEST(run(lab_down()));
  BOOST_TEST(descendants().empty());
  BOOST_TEST(inhabitants(namespaces).empty());
  BOOST_TEST(!sees_lab_mount(::getpid()));
  BOOST_TEST(!run(lab_status()).up);
  BOOST_TEST(!run(lab_down()));
}

BOOST_AUTO_TEST_CASE(each_part_tells_its_role_and_its_process) {
  const Home home;
  const LabStatus status = up();
  BOOST_TEST(part_of(status, "db-us", "postgres").role == "primary");
  BOOST_TEST(part_of(status, "db-eu", "postgres").role == "standby, streaming");
  BOOST_TEST(part_of(status, "cache-eu", "redis").role == "replica, link up");
  BOOST_TEST(part_of(status, "lb-us", "haproxy").role == "up, 2 of 2 applications");
  BOOST_TEST(part_of(status, "client-eu", "front-door").role ==
             "www at edge-eu, served by eu-west");
  for (const LabPart& part : status.parts)
    if (part.part != "front-door") BOOST_TEST(::kill(part.pid, 0) == 0);

  const int database = part_of(status, "db-us", "postgres").pid;
  BOOST_TEST(output_of("db-us", {"cat", "/proc/1/comm"}) == "muster-lab-init\n");
  BOOST_TEST(mentions(output_of("db-us", {"cat", "/run/lab/postgres.pid"}), "\n"));
  ::kill(database, SIGKILL);
  wait_until([] { return part_of(run(lab_status()), "db-us", "postgres").pid == 0; });
  BOOST_TEST(part_of(run(lab_status()), "db-us", "postgres").health ==
             "ended with signal 9 (Killed)");
  BOOST_TEST(!mentions(output_of("db-us", {"ls", "/run/lab"}), "postgres.pid"));
}

BOOST_AUTO_TEST_CASE(a_command_runs_on_the_host_it_is_meant_for) {
  const Home home;
  up();
  for (const std::string& host : lab_hosts())
    BOOST_TEST(output_of(host, {"hostname"}) == host + "\n");
  BOOST_TEST(output_of("client-us", {"pwd"}) == "/\n");
  BOOST_TEST(
      mentions(output_of("client-us", {"getent", "ahostsv4", "www.novvista.test"}), "10.21.0.2"));
  BOOST_TEST(
      mentions(output_of("client-eu", {"getent", "ahostsv4", "www.novvista.test"}), "10.22.0.2"));
  const std::string wrong = message_of([] { lab_entry("app1-su"); });
  BOOST_TEST(mentions(wrong, "did you mean 'app1-us'?"));
}

BOOST_AUTO_TEST_CASE(a_part_can_be_stopped_and_started_again) {
  const Home home;
  up();
  const std::string service = "/run/lab/service";
  BOOST_TEST(output_of("cache-us", {service, "stop", "redis"}) == "redis stopped\n");
  const LabStatus without = run(lab_status());
  BOOST_TEST(!without.healthy());
  BOOST_TEST(part_of(without, "cache-us", "redis").health == "ended with exit code 0");

  BOOST_TEST(mentions(output_of("cache-us", {service, "start", "redis"}), "redis started, pid "));
  BOOST_TEST(
      mentions(output_of("cache-us", {service, "start", "redis"}), "redis is running already"));
  wait_until([] { return run(lab_status()).healthy(); });
  BOOST_TEST(mentions(message_of([&] {
                        output_of("cache-us", {service, "start", "rdis"});
                      }),
                      "no part 'rdis'"));
}

BOOST_AUTO_TEST_CASE(the_end_of_a_hosts_first_process_is_a_power_off) {
  const Home home;
  const LabStatus before = up();
  const int application = part_of(before, "app1-us", "app").pid;
  const std::set<std::string> namespaces = namespaces_of(application);
  ::kill(init_of("app1-us"), SIGKILL);
  wait_until([&] { return ::kill(application, 0) != 0; });

  const LabStatus after = run(lab_status());
  BOOST_TEST(after.up);
  BOOST_TEST(part_of(after, "app1-us", "app").health == "powered off");
  BOOST_TEST(part_of(after, "app2-us", "app").healthy);
  BOOST_TEST(mentions(message_of([] { lab_entry("app1-us"); }), "powered off"));
  const std::string links = output_of("net-us", {"cat", "/proc/net/dev"});
  BOOST_TEST(!mentions(links, "v-app1-us:"));
  BOOST_TEST(mentions(links, "v-app2-us:"));
  BOOST_TEST(mentions(message_of([] { up(); }), "app1-us/app is not healthy: powered off"));
}

BOOST_AUTO_TEST_CASE(an_up_while_the_lab_is_up_says_so) {
  const Home home;
  const LabStatus first = up();
  std::vector<std::string> said;
  const auto note = [&said](std::string line) {
    said.push_back(std::move(line));
  };
  const LabStatus second = run(lab_up({}, note));
  BOOST_TEST(said == std::vector<std::string>{"the lab is up already"},
             boost::test_tools::per_element());
  BOOST_TEST(part_of(first, "db-us", "postgres").pid == part_of(second, "db-us", "postgres").pid);

  LabOptions other;
  other.settings["dns_ttl"] = "3";
  BOOST_TEST(mentions(message_of([&] { up(other); }), "the lab is up with dns_ttl=6"));
}

BOOST_AUTO_TEST_CASE(an_up_killed_at_any_instant_leaves_nothing) {
  const Home home;
  for (const int milliseconds : {0,  1,  3,  6,  10, 20, 40, 80,  160, 320, 640, 1280, 0,   2,  5,
                                 10, 15, 20, 30, 40, 60, 80, 100, 150, 200, 300, 400,  600, 800}) {
    kill_an_up_after(milliseconds);
    wait_until([] { return descendants().empty() || is_up_for_good(); });
    run(lab_down());
    BOOST_TEST(descendants().empty(), "processes are left after " << milliseconds << " ms");
  }
  BOOST_TEST(up().healthy());
}

BOOST_AUTO_TEST_CASE(the_end_of_the_supervisor_ends_everything) {
  const Home home;
  up();
  const std::set<std::string> namespaces = lab_namespaces();
  // The supervisor is the one process of the lab whose parent is outside it: us.
  for (const Process& process : all_processes())
    if (process.parent == ::getpid()) ::kill(process.pid, SIGKILL);
  // The kernel ends the namespaces' processes one after the other, and not as children of ours.
  wait_until([&] { return descendants().empty() && inhabitants(namespaces).empty(); });
  BOOST_TEST(!run(lab_status()).up);
  BOOST_TEST(mentions(message_of([] { lab_entry("app1-us"); }),
                      "the lab is down; start it with `muster lab up`"));
}

BOOST_AUTO_TEST_CASE(two_labs_run_side_by_side) {
  const Home first;
  up();
  {
    const Home second;
    up();
    BOOST_TEST(run(lab_down()));
  }
  ::setenv("MUSTER_HOME", first.path.c_str(), 1);
  BOOST_TEST(run(lab_status()).healthy());
}

BOOST_AUTO_TEST_CASE(a_lab_of_one_part_holds_what_that_part_needs_and_no_more) {
  const Home home;
  LabOptions options;
  options.only = {"app"};
  options.settings["wan_delay"] = "0";
  const LabStatus status = up(options);
  std::set<std::string> parts;
  for (const LabPart& part : status.parts) parts.insert(part.part);
  const std::set<std::string> wanted = {"router", "postgres", "redis", "app"};
  BOOST_TEST(parts == wanted, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_part_that_cannot_start_is_named_with_the_end_of_its_log) {
  const Home home;
  up();
  run(lab_down());
  fs::remove(home.path / "lab/postgres-template/primary/PG_VERSION");
  const std::string message = message_of([] { up(); });
  BOOST_TEST(
      mentions(message, "db-us/postgres (10.1.0.20) did not get healthy: ended with exit code"),
      message);
  BOOST_TEST(mentions(message, "PG_VERSION"), message);
  BOOST_TEST(mentions(message, "remove the folder postgres-template"), message);
  BOOST_TEST(descendants().empty());
  BOOST_TEST(!run(lab_status()).up);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
