// object_store against a real nginx that takes PUTs, one folder a region; the test replicates.
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <boost/test/unit_test.hpp>

#include "base/digest.h"
#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "test/base/loop.h"
#include "test/probes/real_server.h"
#include "test/probes/sim_http_server.h"
#include "test/probes/sim_measurement.h"

using namespace muster;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view kSettings = R"(daemon off;
master_process off;
pid {folder}/pid;
error_log {folder}/error.log;
events { worker_connections 256; }
http {
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {
    listen 127.0.0.1:{port};
    root {folder};
    location / { dav_methods PUT; }
  }
}
)";

constexpr std::int64_t kSecond = 1'000'000'000;

AgentTask::Item store_item(const std::string& put, json::object get) {
  AgentTask::Item item;
  item.probe = "objects";
  item.kind = "object_store";
  item.rate = 10;
  item.params = {{"put", put},
                 {"get", std::move(get)},
                 {"bytes", 3000},
                 {"timeout", 3 * kSecond},
                 {"give_up", kSecond}};
  return item;
}

std::vector<Sample> samples_of(Collector& collector, SampleKind kind, const std::string& place) {
  std::vector<Sample> found;
  for (const Sample& sample : collector.of("objects")) {
    if (sample.kind == kind && collector.texts.at(sample.text) == place) found.push_back(sample);
  }
  return found;
}

std::size_t count_of(Collector& collector,
                     SampleKind kind,
                     const std::string& place,
                     Outcome outcome) {
  const std::vector<Sample> samples = samples_of(collector, kind, place);
  return static_cast<std::size_t>(std::ranges::count(samples, outcome, &Sample::outcome));
}

/// Copies what is in us-east and not in eu-west, but for one object: that one it spoils.
class Replicator {
 public:
  explicit Replicator(const std::filesystem::path& folder) : folder_(folder) {}

  Task<> copy_until(Collector& collector, std::size_t shown) {
    for (int i = 0; i < 2000; ++i) {
      copy_all();
      if (count_of(collector, SampleKind::Gauge, "eu-west", Outcome::Good) >= shown) co_return;
      co_await wait(10ms);
    }
    BOOST_ERROR("nothing was replicated");
  }

  Task<> stand_still(Collector& collector, std::size_t never) {
    for (int i = 0; i < 2000; ++i) {
      if (count_of(collector, SampleKind::Gauge, "eu-west", Outcome::Timeout) >= never) co_return;
      co_await wait(10ms);
    }
    BOOST_ERROR("every object arrived without being replicated");
  }

  std::string spoilt;  ///< its name

 private:
  void copy_all() {
    for (const auto& object : std::filesystem::directory_iterator(folder_ / "us")) {
      const auto copy = folder_ / "eu" / object.path().filename();
      if (std::filesystem::exists(copy)) continue;
      std::string bytes = read_file(object.path());
      if (bytes.size() != 3000) continue;  // still being written
      if (spoilt.empty()) {
        spoilt = object.path().filename();
        bytes[1234] = '!';
      }
      write_file_atomically(copy, bytes);
    }
  }

  const std::filesystem::path folder_;
};

Task<> replicate_and_lose(Replicator& replicator,
                          Collector& collector,
                          std::filesystem::path folder) {
  co_await replicator.copy_until(collector, 4);
  co_await replicator.stand_still(collector, 3);
  // What only us-east has is lost with it.
  for (const auto& object : std::filesystem::directory_iterator(folder / "us"))
    std::filesystem::remove(object.path());
}

Task<> two_regions(Collector& collector, std::string& spoilt) {
  const ScratchFolder folder;
  const unsigned short port = free_port();
  std::string settings = replaced(std::string(kSettings), "{folder}", folder.path().string());
  write_file_atomically(folder.path() / "nginx.conf",
                        replaced(std::move(settings), "{port}", std::to_string(port)));
  for (const char* region : {"us", "eu"}) std::filesystem::create_directory(folder.path() / region);
  const auto here = make_host("here", "this machine", {});
  std::vector<std::string> argv = {
      "/usr/sbin/nginx", "-p", folder.path().string(), "-c", "nginx.conf"};
  RealServer nginx;
  co_await nginx.start(*here, std::move(argv), port);
  const std::string at = fmt::format("http://127.0.0.1:{}/", port);
  const AgentTask task = task_of(
      {store_item(at + "us/{key}", {{"us-east", at + "us/{key}"}, {"eu-west", at + "eu/{key}"}})});
  Replicator replicator(folder.path());
  Task<> happening = replicate_and_lose(replicator, collector, folder.path());
  const AgentHealth health = co_await measure_until(task, std::move(happening), collector);
  co_await nginx.stop();
  spoilt = replicator.spoilt;
  BOOST_TEST(health.died == "");
}

struct NginxIsInstalled {
  boost::test_tools::assertion_result operator()(boost::unit_test::test_unit_id) const {
    return std::filesystem::exists("/usr/sbin/nginx");
  }
};

// ---- the signature, made again from what arrived

std::string hex(std::string_view bytes) {
  std::string text;
  for (const char each : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(each));
  return text;
}

std::string keyed(const std::string& key, const std::string& text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  HMAC(EVP_sha256(),
       key.data(),
       static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()),
       text.size(),
       digest,
       &size);
  return {reinterpret_cast<const char*>(digest), size};
}

std::string header_in(const SimRequest& request, std::string_view name) {
  for (std::string& line : split(request.head, '\n')) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    std::string own = line.substr(0, colon);
    std::ranges::transform(own, own.begin(), [](unsigned char c) { return std::tolower(c); });
    if (own == name) return std::string(trim(line.substr(colon + 1)));
  }
  return {};
}

std::string part_of(const std::string& header, std::string_view name) {
  const std::size_t begin = header.find(name) + name.size();
  return header.substr(begin, header.find_first_of(", ", begin) - begin);
}

/// As "Signature Version 4" of the S3 documentation says, for the secret "not-so-secret".
std::string expected_signature(const SimRequest& request) {
  const std::string authorization = header_in(request, "authorization");
  const std::string signed_headers = part_of(authorization, "SignedHeaders=");
  std::string canonical = request.method + "\n" + request.target + "\n\n";
  for (const std::string& name : split(signed_headers, ';'))
    canonical += name + ":" + header_in(request, name) + "\n";
  canonical += "\n" + signed_headers + "\n" + header_in(request, "x-amz-content-sha256");
  const std::string date = header_in(request, "x-amz-date");
  const std::string day = date.substr(0, 8);
  const std::string to_sign = "AWS4-HMAC-SHA256\n" + date + "\n" + day +
                              "/eu-west-1/s3/aws4_request\n" + sha256(canonical).substr(7);
  const std::string key =
      keyed(keyed(keyed(keyed("AWS4not-so-secret", day), "eu-west-1"), "s3"), "aws4_request");
  return hex(keyed(key, to_sign));
}

Task<> signed_requests(std::size_t& checked) {
  auto executor = co_await boost::asio::this_coro::executor;
  SimHttpServer server(executor, [&](const SimRequest& request) {
    const std::string authorization = header_in(request, "authorization");
    BOOST_TEST(authorization.starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"));
    BOOST_TEST(part_of(authorization, "Signature=") == expected_signature(request));
    const std::string content = header_in(request, "x-amz-content-sha256");
    BOOST_TEST(content == sha256(request.body).substr(7));
    ++checked;
    SimAnswer answer;
    answer.status = request.method == "PUT" ? 200 : 404;
    return answer;
  });
  AgentTask::Item item =
      store_item(server.url("/bucket/{key}"), {{"here", server.url("/bucket/{key}")}});
  item.params["s3"] = {
      {"region", "eu-west-1"}, {"access_key", "AKIDEXAMPLE"}, {"secret_key", "not-so-secret"}};
  const AgentTask task = task_of({item});
  Collector collector;
  const AgentHealth health = co_await measure(task, 300ms, collector);
  co_await server.stop();
  BOOST_TEST(health.died == "");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(object_store)

BOOST_AUTO_TEST_CASE(what_is_late_what_is_corrupt_and_what_is_lost_are_told_apart,
                     *boost::unit_test::precondition(NginxIsInstalled())) {
  Collector collector;
  std::string spoilt;
  run_task(two_regions(collector, spoilt));
  BOOST_TEST(count_of(collector, SampleKind::Gauge, "us-east", Outcome::Good) >= 7U);
  BOOST_TEST(count_of(collector, SampleKind::Gauge, "eu-west", Outcome::Good) >= 4U);
  BOOST_TEST(count_of(collector, SampleKind::Gauge, "eu-west", Outcome::Timeout) >= 3U);
  std::map<std::pair<int, std::string>, const Sample*> last;
  std::size_t corrupt = 0;
  for (const std::string place : {"us-east", "eu-west"}) {
    for (const Sample& read : collector.of("objects")) {
      if (read.kind != SampleKind::ReadBack || collector.texts.at(read.text) != place) continue;
      last[{static_cast<int>(read.value), place}] = &read;
      if (read.outcome != Outcome::WrongBody || read.status == 404) continue;
      ++corrupt;
      BOOST_TEST(spoilt.ends_with(fmt::format("-{}", read.value)));
    }
  }
  BOOST_TEST(corrupt > 0U);
  std::size_t lost = 0;
  for (const auto& [key, read] : last) {
    if (key.second == "eu-west") continue;
    const Sample& eu = *last.at({key.first, "eu-west"});
    lost += read->status == 404 && eu.status == 404 ? 1 : 0;
  }
  BOOST_TEST(lost >= 3U);
}

BOOST_AUTO_TEST_CASE(each_round_is_a_put_and_a_get_at_each_place_to_its_users) {
  Collector collector;
  std::string spoilt;
  run_task(two_regions(collector, spoilt));
  const std::size_t requests = samples_of(collector, SampleKind::Request, "").size();
  const std::size_t rounds = samples_of(collector, SampleKind::Gauge, "us-east").size();
  BOOST_TEST(rounds > 0U);
  BOOST_TEST(requests == rounds * 3);
}

BOOST_AUTO_TEST_CASE(requests_are_signed_as_s3_asks) {
  std::size_t checked = 0;
  run_task(signed_requests(checked));
  BOOST_TEST(checked > 4U);
}

BOOST_AUTO_TEST_SUITE_END()
