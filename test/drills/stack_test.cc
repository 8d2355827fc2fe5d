#include "drills/stack.h"

#include <filesystem>

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "test/drills/test_catalogue.h"

namespace muster {

using namespace std::chrono_literals;

namespace {

Stack load(std::string_view rest) {
  const Scratch scratch;
  return load_stack(scratch.write("stack.yaml", "muster_stack: 1\nstack: s\n" + std::string(rest)));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(stack)

BOOST_AUTO_TEST_CASE(the_lab_s_stack_is_read_whole) {
  const Stack lab = load_stack(source_path("drills/stacks/lab.yaml"));
  BOOST_TEST(lab.name == "novvista-lab");
  BOOST_TEST(lab.environment == "lab");
  BOOST_TEST(lab.regions == (std::vector<std::string>{"us-east", "eu-west"}),
             boost::test_tools::per_element());
  const StackHost* host = lab.host("app1-us");
  BOOST_TEST_REQUIRE(host != nullptr);
  BOOST_TEST((host->reach.kind == Reach::Kind::Lab));
  BOOST_TEST(host->reach.target == "app1-us");
  BOOST_TEST(!host->address.empty());
  BOOST_TEST(lab.service("app")->params.list("start").front() == "/run/lab/service");
  BOOST_TEST(lab.vantage("client-us")->host == "client-us");
  BOOST_TEST(lab.protects(Protection::Kind::Process, "sshd"));
  BOOST_TEST(!lab.protects(Protection::Kind::Process, "nginx"));
}

BOOST_AUTO_TEST_CASE(a_database_s_hosts_are_its_primary_and_then_its_replicas) {
  const Stack lab = load_stack(source_path("drills/stacks/lab.yaml"));
  BOOST_TEST(lab.service("db")->hosts == (std::vector<std::string>{"db-us", "db-eu"}),
             boost::test_tools::per_element());
  BOOST_TEST(lab.service("db")->params.object("dsn").has("db-eu"));
  BOOST_TEST(lab.service("cache")->params.integer("port") == 6379);
}

BOOST_AUTO_TEST_CASE(every_routing_has_the_timing_that_stands_beside_it) {
  const Stack lab = load_stack(source_path("drills/stacks/lab.yaml"));
  BOOST_TEST_REQUIRE(lab.routings.size() == 2U);
  BOOST_TEST(lab.routing("")->kind == "gdnsd");
  BOOST_TEST(lab.routing("gdnsd")->params.object("resources").has("us-east"));
  BOOST_TEST(lab.routing("haproxy")->params.object("hosts").text("eu-west") == "lb-eu");
  BOOST_TEST(lab.routing("route53") == nullptr);
  for (const Routing& routing : lab.routings) {
    BOOST_TEST(routing.check_interval.has_value());
    BOOST_TEST(routing.ttl.has_value());
    BOOST_TEST(routing.lb_interval.has_value());
    BOOST_TEST(routing.fall >= 1);
  }
}

BOOST_AUTO_TEST_CASE(the_smallest_stack_is_one_local_host) {
  const Stack stack = load("hosts: {here: {reach: local}}\nvantages: {me: {host: here}}\n");
  BOOST_TEST((stack.host("here")->reach.kind == Reach::Kind::Local));
  BOOST_TEST(stack.environment == "lab");
  BOOST_TEST(stack.routings.empty());
  BOOST_TEST(stack.vantage("me")->resolver == "");
}

BOOST_AUTO_TEST_CASE(every_way_to_reach_a_host_is_read) {
  const Stack stack = load(
      "hosts:\n  a: {reach: local}\n  b: {reach: {lab: x}}\n  c: {reach: {netns: /run/netns/y}}\n"
      "  d: {reach: {ssh: ops@d.example.org}}\n  e: {reach: {docker: web-1}}\n  f: {reach: "
      "{kubectl: shop/web-0}}\n");
  BOOST_TEST_REQUIRE(stack.hosts.size() == 6U);
  for (std::size_t i = 0; i < stack.hosts.size(); ++i) {
    BOOST_TEST(static_cast<std::size_t>(stack.hosts[i].reach.kind) == i);
  }
  BOOST_TEST(stack.host("d")->reach.target == "ops@d.example.org");
  BOOST_TEST(stack.host("f")->reach.target == "shop/web-0");
}

BOOST_AUTO_TEST_CASE(the_settings_of_ssh_name_files_beside_the_stack) {
  const Scratch scratch;
  const std::string file = scratch.write(
      "stack.yaml",
      "muster_stack: 1\nstack: s\nhosts:\n"
      "  a: {lease: 5s, reach: {ssh: ops@h, port: 2222, identity: keys/k, known_hosts: /etc/known, "
      "config: ~/.ssh/drills, guard: /usr/libexec/muster/muster-guard, sudo: true}}\n"
      "  b: {reach: {ssh: \"fd00::1\"}}\n");
  const Stack stack = load_stack(file);
  const Params& settings = stack.host("a")->reach.settings;
  BOOST_TEST(settings.integer("port") == 2222);
  BOOST_TEST(settings.text("identity") ==
             (std::filesystem::path(file).parent_path() / "keys/k").string());
  BOOST_TEST(settings.text("known_hosts") == "/etc/known");
  BOOST_TEST(settings.text("config") == "~/.ssh/drills");
  BOOST_TEST(settings.text("guard") == "/usr/libexec/muster/muster-guard");
  BOOST_TEST(settings.flag("sudo"));
  BOOST_TEST((stack.host("a")->lease == 5s));
  BOOST_TEST(stack.host("b")->reach.target == "fd00::1");
  BOOST_TEST((stack.host("b")->lease == 20s));
  BOOST_TEST(stack.host("b")->reach.settings.values().empty());
}

BOOST_AUTO_TEST_CASE(a_container_is_reached_by_docker_unless_its_engine_is_named) {
  const Stack stack = load(
      "hosts:\n  a: {reach: {docker: web-1}}\n"
      "  b: {reach: {docker: web_2.x, engine: podman, user: \"0:0\", guard: /muster-guard}}\n");
  BOOST_TEST(stack.host("a")->reach.settings.text("engine") == "docker");
  BOOST_TEST(stack.host("b")->reach.settings.text("engine") == "podman");
  BOOST_TEST(stack.host("b")->reach.settings.text("user") == "0:0");
}

BOOST_AUTO_TEST_CASE(no_container_carries_an_option_a_path_or_a_sign_of_a_shell) {
  for (const char* name : {"-it", "a/b", "a:b", "a b", "a;b", "$x", ".x", "\"\""})
    BOOST_CHECK_THROW(load(fmt::format("hosts:\n  a: {{reach: {{docker: {}}}}}\n", name)),
                      UsageError);
}

BOOST_AUTO_TEST_CASE(no_login_carries_an_option_or_a_sign_of_a_shell) {
  for (const char* login : {"ops@h", "h", "web-1.example.org", "o_p.s-1@10.0.0.1"})
    BOOST_CHECK_NO_THROW(load(fmt::format("hosts: {{h: {{reach: {{ssh: {}}}}}}}\n", login)));
  for (const char* login : {"-oProxyCommand=x",
                            "ops@-h",
                            "ops@h:/x",
                            "a@b@c",
                            "ops@",
                            "@h",
                            "ops@h#",
                            "o!p@h",
                            "ops@h{a}",
                            "ops@h(x)",
                            "ops@h~",
                            "ops@h^x",
                            "ops@h,x",
                            "ops@%h"})
    BOOST_CHECK_THROW(load(fmt::format("hosts: {{h: {{reach: {{ssh: \"{}\"}}}}}}\n", login)),
                      UsageError);
}

BOOST_AUTO_TEST_CASE(a_vantage_stands_in_the_region_of_its_host) {
  const Stack stack = load(
      "regions: [r1]\nhosts: {h: {reach: local, region: r1}}\nvantages: {v: {host: h, resolver: "
      "10.1.0.53}}\n");
  BOOST_TEST(stack.vantage("v")->region == "r1");
  BOOST_TEST(stack.vantage("v")->resolver == "10.1.0.53");
  BOOST_TEST(stack.hosts_in("r1").size() == 1U);
  BOOST_TEST(stack.hosts_in("r2").empty());
}

BOOST_AUTO_TEST_CASE(health_check_settings_have_defaults_and_the_balancer_none_until_written) {
  const Stack stack = load(
      "hosts: {h: {reach: local}}\nrouting:\n  command: {host: h, drain: [a], undrain: [b], "
      "verify: [c]}\n"
      "  health_check: {interval: 2s}\n");
  const Routing& routing = stack.routings.at(0);
  BOOST_TEST((routing.check_interval == 2s));
  BOOST_TEST(!routing.check_timeout.has_value());
  BOOST_TEST(routing.fall == 1);
  BOOST_TEST(!routing.lb_interval.has_value());
  BOOST_TEST(routing.lb_fall == 0);
  BOOST_TEST(routing.params.list("undrain") == std::vector<std::string>{"b"},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(programs_that_drain_may_have_one_that_looks_whether_users_are_back) {
  const std::string start =
      "hosts: {h: {reach: local}}\nrouting:\n  command: {host: h, drain: [a], undrain: [b], "
      "verify: [c]";
  BOOST_TEST(!load(start + "}\n").routings.at(0).params.has("verify_undrained"));
  const Stack stack = load(start + ", verify_undrained: [d, \"{region}\"]}\n");
  BOOST_TEST(stack.routings.at(0).params.list("verify_undrained") ==
                 (std::vector<std::string>{"d", "{region}"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(everything_that_may_be_protected_is_told_apart) {
  const Stack stack = load(
      "hosts: {h: {reach: local}}\nservices: {s: {kind: process, hosts: h}}\n"
      "protect: [process: p, interface: eth0, host: h, service: s, path: /etc]\n");
  BOOST_TEST(stack.protects(Protection::Kind::Process, "p"));
  BOOST_TEST(stack.protects(Protection::Kind::Interface, "eth0"));
  BOOST_TEST(stack.protects(Protection::Kind::Host, "h"));
  BOOST_TEST(stack.protects(Protection::Kind::Service, "s"));
  BOOST_TEST(stack.protects(Protection::Kind::Path, "/etc"));
  BOOST_TEST(!stack.protects(Protection::Kind::Path, "h"));
  BOOST_TEST(
      stack.protects(Protection::Kind::Path, "/etc/passwd"));  // a folder stands for all in it
  BOOST_TEST(!stack.protects(Protection::Kind::Path, "/etcetera"));
  BOOST_TEST(!stack.protects(Protection::Kind::Process, "p/q"));
}

BOOST_AUTO_TEST_CASE(a_file_that_is_not_there_is_the_user_s_mistake) {
  BOOST_CHECK_EXCEPTION(load_stack("/nowhere/stack.yaml"), UsageError, [](const UsageError& error) {
    return std::string(error.what()).find("there is no file '/nowhere/stack.yaml'") !=
           std::string::npos;
  });
  BOOST_CHECK_THROW(load_stack("/"), UsageError);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace muster
