#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/host.h"
#include "drills/lab/lines.h"

/// What is asked of the lab's parts, over the wire they speak, and how their answers read. Every
/// question is a few bytes sent once, answered by bytes up to the end of the connection.
namespace muster::lab {

struct Question {
  std::string host;     ///< in whose network the asking happens
  std::string kind;     ///< tcp | udp | unix | file
  std::string address;  ///< 10.1.0.10:80, or a path below /proc/PID of the host's process 1
  std::string bytes = {};
};

struct Answer {
  std::string bytes;
  std::string error;  ///< "Connection refused", "no answer within 1000 ms", "powered off"; then
                      ///< there are no bytes
  bool ok() const { return error.empty(); }
};

Question ask_http(std::string host,
                  std::string address,
                  std::string_view path,
                  std::string_view name = "lab");
Question ask_redis(std::string host, std::string address);
/// One SQL statement, as postgres, where the server trusts the network.
Question ask_sql(std::string host, std::string address, std::string_view statement);
/// An A record; `subnet` ("10.12") makes the server answer as for a user of that /16 (EDNS client
/// subnet).
Question ask_dns(std::string host,
                 std::string address,
                 std::string_view name,
                 std::string_view subnet = "");
/// A request to the host's process 1: "status", "start\tapp".
Question ask_init(std::string host, std::string_view request);
Question ask_haproxy(std::string host, std::string_view command);
/// The names of what an rsync server offers.
Question ask_rsync(std::string host, std::string address);
Question ask_file(std::string host, std::string path);

struct HttpAnswer {
  int status = 0;
  std::string text;  ///< head and body
  std::string header(std::string_view name) const;
};
HttpAnswer http_of(const Answer& answer);
/// The columns of the first row; empty, with `complaint` set, where the server refused.
std::vector<std::string> row_of(const Answer& answer, std::string& complaint);
/// The addresses of the A records; empty for NXDOMAIN, SERVFAIL and the like.
std::vector<std::string> addresses_of(const Answer& answer);
/// "name:value" of an INFO text.
std::string redis_value(const Answer& answer, std::string_view name);

/// Puts questions from inside the lab. One helper process, in the supervisor's namespaces, ended
/// with this object.
class Asker {
 public:
  static Task<std::unique_ptr<Asker>> start(std::string program,
                                            std::vector<std::string> supervisor_entry);
  explicit Asker(std::unique_ptr<Channel> channel) : input_(std::move(channel)) {}

  /// All at the same time, each for at most `patience`; the answers in the same order.
  Task<std::vector<Answer>> ask(std::vector<Question> questions, Duration patience);

 private:
  Lines input_;
};

}  // namespace muster::lab
