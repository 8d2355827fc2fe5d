#include "drills/lab/health.h"

#include <algorithm>
#include <cstdlib>

#include "base/text.h"
#include "drills/lab/part_kinds.h"

namespace muster::lab {

void healthy_if(bool condition, PartHealth& result, std::string otherwise) {
  result.healthy = condition;
  result.health = condition ? "healthy" : std::move(otherwise);
}

void healthy_unless_told(PartHealth& result) {
  healthy_if(result.health.empty(), result, result.health);
}

std::string first_address(const Answer& answer) {
  const auto addresses = addresses_of(answer);
  return addresses.empty() ? "no address" : addresses.front();
}

namespace {

/// A kind of part: what it is asked (after its host's process 1), and how that reads.
struct Kind {
  std::string_view part;
  std::vector<Question> (*ask)(const HostRow& row);
  void (*read)(const PartPlan& part,
               const HostRow& row,
               const Answers& answers,
               PartHealth& result);
};

constexpr Kind kKinds[] = {
    {"router", ask_router, read_router},
    {"delay-out", ask_delay, read_delay},
    {"delay-in", ask_delay, read_delay},
    {"postgres", ask_postgres, read_postgres},
    {"redis", ask_denylist, read_denylist},
    {"app", ask_application, read_application},
    {"haproxy", ask_balancer, read_balancer},
    {"nginx", ask_edge, read_edge},
    {"gdnsd", ask_name_server, read_name_server},
    {"unbound", ask_resolver, read_resolver},
    {"front-door", ask_front_door, read_front_door},
    {"objects", ask_object_store, read_object_store},
    {"s3rver", ask_s3rver, read_s3rver},
    {"replicator", ask_replicator, read_replicator},
    {"receiver", ask_receiver, read_receiver},
    {"varnish", ask_tag_cache, read_tag_cache},
    {"prometheus", ask_prometheus, read_prometheus},
    {"blackbox", ask_blackbox, read_blackbox},
};

const Kind& kind_of(const PartPlan& part) {
  return *std::find_if(std::begin(kKinds), std::end(kKinds), [&](const Kind& kind) {
    return kind.part == part.ref.part;
  });
}

/// From process 1 of the host: does the part run, and as which process?
void read_init(const PartPlan& part, const Answer& answer, PartHealth& result) {
  if (!answer.ok()) {
    result.host_broken = answer.error == "powered off";
    result.health = result.host_broken ? answer.error : "its host does not answer: " + answer.error;
    return;
  }
  const auto lines = split(answer.bytes, '\n');
  if (lines.front() != "0") {
    result.host_broken = true;
    result.health = lines.size() > 1 ? lines[1] : "its host is broken";
    return;
  }
  for (const std::string& line : lines) {
    const auto fields = split(line, '\t');
    if (fields.size() < 3 || fields[0] != part.ref.part) continue;
    result.pid_inside = std::atoi(fields[2].c_str());
    result.ended = fields[1].starts_with("ended");
    if (result.pid_inside == 0) result.health = result.ended ? fields[1] : "not started";
  }
}

}  // namespace

std::vector<Question> questions_about(const PartPlan& part) {
  std::vector<Question> questions = {ask_init(part.ref.host, "status")};
  const auto more = kind_of(part).ask(host_row(part.ref.host));
  questions.insert(questions.end(), more.begin(), more.end());
  return questions;
}

PartHealth judge(const PartPlan& part, const std::vector<Answer>& answers) {
  PartHealth result;
  read_init(part, answers.front(), result);
  const Answers own(answers.begin() + 1, answers.end());
  PartHealth read = result;
  kind_of(part).read(part, host_row(part.ref.host), own, read);
  if (!result.health.empty()) return result;  // it does not run: nothing it seems to answer counts
  if (!own.front().ok()) {
    read.healthy = false;
    read.health = own.front().error;
  }
  return read;
}

}  // namespace muster::lab
