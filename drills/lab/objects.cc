// The object stores: one in each region, of files by WebDAV or, where asked for, of S3 objects. The
// one in us-east takes writes; a replicator brings them to eu-west, a second or two later.
#include <fmt/format.h>

#include "drills/lab/part_kinds.h"

namespace muster::lab {

namespace {

constexpr std::string_view kReceiverPort = "8730";
constexpr std::string_view kS3Port = "4568";

/// What an object is answered from: nginx's own files, or s3rver behind it.
std::string store_location(bool s3) {
  if (s3)
    return fmt::format(R"(
      proxy_pass http://127.0.0.1:{};
      proxy_set_header Host $http_host;
      proxy_http_version 1.1;)",
                       kS3Port);
  return R"(
      root /run/lab/objects/data;
      dav_methods PUT DELETE;
      create_full_put_path on;)";
}

/// The two files are the faults' switches: with `deny` every request is refused, with `corrupt`
/// every object is answered with something else.
std::string objects_configuration(const HostRow& row, bool s3) {
  return fmt::format(
      R"(daemon off;
worker_processes 1;
user root root;
pid /run/lab/objects/nginx.pid;
error_log stderr warn;
events {{ worker_connections 512; }}

http {{
  access_log off;
  client_body_temp_path /run/lab/objects/body;
  proxy_temp_path /run/lab/objects/proxy;
  fastcgi_temp_path /run/lab/objects/fastcgi;
  uwsgi_temp_path /run/lab/objects/uwsgi;
  scgi_temp_path /run/lab/objects/scgi;
  client_max_body_size 8m;

  server {{
    listen {address}:80;
    add_header x-region {region} always;
    add_header x-served-by {name} always;
    error_page 418 = @corrupt;
    location = /health {{
      if (-f /run/lab/objects/deny) {{ return 503; }}
      return 200 "ok\n";
    }}
    location @corrupt {{ return 200 "these are not the bytes that were stored\n"; }}
    location / {{
      # add_header here hides those above.
      add_header x-region {region} always;
      add_header x-served-by {name} always;
      add_header Cache-Control "public, s-maxage=5";
      if (-f /run/lab/objects/deny) {{ return 403; }}
      set $answer $request_method;
      if (-f /run/lab/objects/corrupt) {{ set $answer "${{answer}} corrupt"; }}
      if ($answer = "GET corrupt") {{ return 418; }}{store}
    }}
  }}
}}
)",
      fmt::arg("address", row.address),
      fmt::arg("region", region_of(row.site)),
      fmt::arg("name", row.name),
      fmt::arg("store", store_location(s3)));
}

/// Sends what changed a second after it did, and everything when it starts.
std::string replicator_configuration() {
  return fmt::format(
      R"(settings {{ nodaemon = true, insist = true, inotifyMode = "CloseWrite" }}
sync {{
  default.rsync,
  source = "/run/lab/objects/data",
  target = "rsync://{}:{}/objects/",
  delay = 1,
  delete = true,
  rsync = {{ archive = false, times = true, _extra = {{ "--timeout=3", "--contimeout=2" }} }},
}}
)",
      host_row("obj-eu").address,
      kReceiverPort);
}

/// rsync's server gives up being root, which no user namespace allows: there it never is.
std::string receiver_configuration(const Machine& machine) {
  return fmt::format(
      R"(use chroot = no
reverse lookup = no
{}[objects]
path = /run/lab/objects/data
read only = no
)",
      machine.root ? "uid = root\ngid = root\n" : "");
}

std::vector<std::string> receiver(const Machine& machine) {
  std::vector<std::string> argv;
  if (!machine.root) argv = {"unshare", "-U", "--map-user=1000", "--map-group=1000", "--"};
  for (const std::string& word : {std::string("rsync"),
                                  std::string("--daemon"),
                                  std::string("--no-detach"),
                                  std::string("--config=/run/lab/objects/rsyncd.conf"),
                                  "--port=" + std::string(kReceiverPort),
                                  std::string("--log-file=/dev/stderr")})
    argv.push_back(word);
  return argv;
}

void add_replication(Plan& plan, const Machine& machine) {
  HostPlan& from = plan.host("obj-us");
  HostPlan& to = plan.host("obj-eu");
  from.files["objects/lsyncd.lua"] = replicator_configuration();
  to.files["objects/rsyncd.conf"] = receiver_configuration(machine);
  plan.parts.push_back({{"obj-eu", "receiver"}, "object stores", receiver(machine), "TERM", {}});
  plan.parts.push_back({{"obj-us", "replicator"},
                        "object stores",
                        {"lsyncd", "-nodaemon", "/run/lab/objects/lsyncd.lua"},
                        "TERM",
                        {{"obj-eu", "receiver"}}});
}

/// s3rver keeps its buckets as folders; the copy of one region is made by rclone, again and again.
void add_s3(Plan& plan, const Machine& machine) {
  for (const std::string site : {"us", "eu"})
    plan.parts.push_back({{"obj-" + site, "s3rver"},
                          "object stores",
                          {machine.s3rver,
                           "--directory",
                           "/run/lab/objects/data",
                           "--address",
                           "127.0.0.1",
                           "--port",
                           std::string(kS3Port),
                           "--silent",
                           "--no-vhost-buckets",
                           "--configure-bucket",
                           "objects"},
                          "TERM",
                          {}});
  HostPlan& from = plan.host("obj-us");
  const auto remote = [](std::string_view name, std::string_view address) {
    return fmt::format(
        "[{}]\ntype = s3\nprovider = Other\naccess_key_id = S3RVER\nsecret_access_key = S3RVER\n"
        "region = us-east-1\nendpoint = http://{}\nforce_path_style = true\n",
        name,
        address);
  };
  from.files["objects/rclone.conf"] =
      remote("us", host_row("obj-us").address) + remote("eu", host_row("obj-eu").address);
  plan.parts.push_back({{"obj-us", "replicator"},
                        "object stores",
                        {machine.programs + "/muster-lab-init",
                         "repeat",
                         "1",
                         "rclone",
                         "--config=/run/lab/objects/rclone.conf",
                         "--contimeout=2s",
                         "--timeout=3s",
                         "--retries=1",
                         "--low-level-retries=1",
                         "sync",
                         "us:objects",
                         "eu:objects"},
                        "TERM",
                        {{"obj-us", "objects"}, {"obj-eu", "objects"}}});
}

}  // namespace

void add_object_stores(Plan& plan, const Machine& machine, const Settings& settings) {
  const bool s3 = settings.at("object_store") == "s3";
  for (const std::string site : {"us", "eu"}) {
    HostPlan& host = plan.host("obj-" + site);
    host.files["objects/nginx.conf"] = objects_configuration(host.row, s3);
    host.setup.push_back({"folder", "/run/lab/objects/data/objects"});
    // What anybody may look at, to see whether the store answers with what is in it.
    const std::string look = "objects/data/objects/look";
    host.files[s3 ? look + "._S3rver_object" : look] = "muster\n";
    PartPlan part{{host.row.name, "objects"},
                  "object stores",
                  {"nginx", "-c", "/run/lab/objects/nginx.conf", "-e", "stderr"},
                  "TERM",
                  {}};
    plan.parts.push_back(std::move(part));
  }
  if (s3)
    add_s3(plan, machine);
  else
    add_replication(plan, machine);
}

std::vector<Question> ask_object_store(const HostRow& row) {
  return {ask_http(row.name, row.address + ":80", "/health")};
}

void read_object_store(const PartPlan&,
                       const HostRow& row,
                       const Answers& answers,
                       PartHealth& result) {
  const int status = http_of(answers[0]).status;
  result.role = region_of(row.site) + " object store";
  healthy_if(status == 200, result, fmt::format("/health answers {}", status));
}

std::vector<Question> ask_s3rver(const HostRow& row) {
  return {ask_http(row.name, "127.0.0.1:" + std::string(kS3Port), "/")};
}

void read_s3rver(const PartPlan&, const HostRow&, const Answers& answers, PartHealth& result) {
  const int status = http_of(answers[0]).status;
  result.role = "buckets";
  healthy_if(status != 0, result, "it does not answer");
}

std::vector<Question> ask_replicator(const HostRow& row) {
  return {ask_init(row.name, "status\treplicator")};
}

void read_replicator(const PartPlan&, const HostRow&, const Answers& answers, PartHealth& result) {
  result.role = "brings objects to eu-west";
  healthy_if(answers[0].bytes.starts_with("0\n"), result, "it does not run");
}

std::vector<Question> ask_receiver(const HostRow& row) {
  return {ask_rsync(row.name, "127.0.0.1:" + std::string(kReceiverPort))};
}

void read_receiver(const PartPlan&, const HostRow&, const Answers& answers, PartHealth& result) {
  result.role = "takes objects from us-east";
  healthy_if(answers[0].bytes.starts_with("@RSYNCD:"), result, "it does not answer");
}

}  // namespace muster::lab
