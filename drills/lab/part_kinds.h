#pragma once

#include <string>
#include <vector>

#include "drills/lab/health.h"
#include "drills/lab/plan.h"
#include "drills/lab/questions.h"

/// Every kind of part has one file, which says how it is set up, what it is asked, and how its
/// answers read.
namespace muster::lab {

using Answers = std::vector<Answer>;

// How it is set up: adds the hosts' files and the parts.
void add_networks(Plan& plan, const Machine& machine, const Settings& settings);
void add_databases(Plan& plan, const Machine& machine, const Settings& settings);
void add_denylists(Plan& plan, const Machine& machine, const Settings& settings);
void add_applications(Plan& plan, const Machine& machine, const Settings& settings);
void add_balancers(Plan& plan, const Machine& machine, const Settings& settings);
void add_object_stores(Plan& plan, const Machine& machine, const Settings& settings);
void add_tag_caches(Plan& plan, const Machine& machine, const Settings& settings);
void add_monitors(Plan& plan, const Machine& machine, const Settings& settings);
void add_edges(Plan& plan, const Machine& machine, const Settings& settings);
void add_name_servers(Plan& plan, const Machine& machine, const Settings& settings);
void add_users(Plan& plan, const Machine& machine, const Settings& settings);

// What a part is asked, after its host's process 1.
std::vector<Question> ask_router(const HostRow& row);
std::vector<Question> ask_delay(const HostRow& row);
std::vector<Question> ask_postgres(const HostRow& row);
std::vector<Question> ask_denylist(const HostRow& row);
std::vector<Question> ask_application(const HostRow& row);
std::vector<Question> ask_balancer(const HostRow& row);
std::vector<Question> ask_edge(const HostRow& row);
std::vector<Question> ask_name_server(const HostRow& row);
std::vector<Question> ask_resolver(const HostRow& row);
std::vector<Question> ask_object_store(const HostRow& row);
std::vector<Question> ask_s3rver(const HostRow& row);
std::vector<Question> ask_replicator(const HostRow& row);
std::vector<Question> ask_receiver(const HostRow& row);
std::vector<Question> ask_tag_cache(const HostRow& row);
std::vector<Question> ask_prometheus(const HostRow& row);
std::vector<Question> ask_blackbox(const HostRow& row);
std::vector<Question> ask_front_door(const HostRow& row);

// How the answers read: fills in `role`, and `health` or `healthy`.
void read_router(const PartPlan&, const HostRow& row, const Answers& answers, PartHealth& result);
void read_delay(const PartPlan& part, const HostRow&, const Answers& answers, PartHealth& result);
void read_postgres(const PartPlan&, const HostRow& row, const Answers& answers, PartHealth& result);
void read_denylist(const PartPlan&, const HostRow& row, const Answers& answers, PartHealth& result);
void read_application(const PartPlan&,
                      const HostRow& row,
                      const Answers& answers,
                      PartHealth& result);
void read_balancer(const PartPlan&, const HostRow&, const Answers& answers, PartHealth& result);
void read_edge(const PartPlan&, const HostRow& row, const Answers& answers, PartHealth& result);
void read_name_server(const PartPlan&, const HostRow&, const Answers& answers, PartHealth& result);
void read_resolver(const PartPlan&, const HostRow& row, const Answers& answers, PartHealth& result);
void read_object_store(const PartPlan&, const HostRow&, const Answers&, PartHealth& result);
void read_s3rver(const PartPlan&, const HostRow&, const Answers&, PartHealth& result);
void read_replicator(const PartPlan&, const HostRow&, const Answers&, PartHealth& result);
void read_receiver(const PartPlan&, const HostRow&, const Answers&, PartHealth& result);
void read_tag_cache(const PartPlan&, const HostRow&, const Answers&, PartHealth& result);
void read_prometheus(const PartPlan&, const HostRow&, const Answers&, PartHealth& result);
void read_blackbox(const PartPlan&, const HostRow&, const Answers&, PartHealth& result);
void read_front_door(const PartPlan&,
                     const HostRow& row,
                     const Answers& answers,
                     PartHealth& result);

/// Healthy where the condition holds; else its health is `otherwise`.
void healthy_if(bool condition, PartHealth& result, std::string otherwise);
/// Healthy unless something was found wrong already.
void healthy_unless_told(PartHealth& result);
/// The first address of a DNS answer; "no address" where there is none.
std::string first_address(const Answer& answer);

}  // namespace muster::lab
