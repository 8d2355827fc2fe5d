#include "store/postgres_location.h"

#include <cctype>
#include <memory>

#include <fmt/format.h>
#include <libpq-fe.h>

#include "base/error.h"
#include "base/text.h"

namespace muster {

namespace {

using Options = std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)>;

std::map<std::string, std::string> values_of(const Options& options) {
  std::map<std::string, std::string> values;
  for (const PQconninfoOption* each = options.get(); each->keyword != nullptr; ++each)
    if (each->val != nullptr && *each->val != '\0') values[each->keyword] = each->val;
  return values;
}

std::map<std::string, std::string> parsed(const std::string& uri) {
  char* complaint = nullptr;
  const Options options(PQconninfoParse(uri.c_str(), &complaint), &PQconninfoFree);
  PQfreemem(complaint);  // it may quote the password
  if (!options)
    fail(
        "the location of the store cannot be read: write "
        "postgresql://USER@HOST:PORT/DATABASE?passfile=FILE, and a character such as @ or / in a "
        "name as %40 or %2F");
  return values_of(options);
}

/// The n-th of "a,b,c", as libpq pairs hosts and ports: a single one is everybody's.
std::string part(const std::string& list, std::size_t n) {
  const std::vector<std::string> parts = split(list, ',');
  if (n < parts.size()) return parts[n];
  return parts.size() == 1 ? parts.front() : "";
}

bool names_a_socket(const std::string& host) {
  return host.empty() || host.starts_with('/') || host.starts_with('@');
}

std::string percent_encoded(const std::string& value) {
  std::string text;
  for (const char byte : value) {
    if (std::isalnum(static_cast<unsigned char>(byte)) != 0)
      text += byte;
    else
      text += fmt::format("%{:02X}", static_cast<unsigned char>(byte));
  }
  return text;
}

}  // namespace

PostgresLocation::PostgresLocation(const std::string& uri)
    : given_(parsed(uri)), defaults_(values_of(Options(PQconndefaults(), &PQconninfoFree))) {}

std::string PostgresLocation::value(const std::string& key) const {
  for (const auto* values : {&given_, &defaults_})
    if (const auto found = values->find(key); found != values->end()) return found->second;
  return "";
}

std::vector<PostgresLocation::Server> PostgresLocation::servers() const {
  const std::string hosts = value("host");
  const std::string addresses = value("hostaddr");
  const std::string ports = value("port");
  const std::size_t count = split(addresses.empty() ? hosts : addresses, ',').size();
  std::vector<Server> found;
  found.reserve(count);
  for (std::size_t i = 0; i < std::max<std::size_t>(count, 1); ++i) {
    Server server{part(hosts, i), part(ports, i), part(addresses, i)};
    server.socket = server.address.empty() && names_a_socket(server.host);
    if (server.socket) server.host = "localhost";
    if (server.host.empty()) server.host = server.address;
    if (server.port.empty()) server.port = "5432";
    found.push_back(std::move(server));
  }
  return found;
}

std::string PostgresLocation::name() const {
  std::vector<std::string> places;
  for (const Server& server : servers()) places.push_back(server.host + ":" + server.port);
  const std::string user = value("user");
  return fmt::format(
      "postgresql://{}{}/{}", user.empty() ? "" : user + "@", join(places, ","), value("dbname"));
}

std::string PostgresLocation::connect_uri() const {
  std::map<std::string, std::string> options = {
      {"fallback_application_name", "muster"},
      {"target_session_attrs", "read-write"},  // a replica knows the claims of a moment ago
      {"keepalives_idle", "5"},
      {"keepalives_interval", "2"},
      {"keepalives_count", "3"},
      {"tcp_user_timeout", "5000"},
  };
  for (const auto& [key, given] : given_) options[key] = given;
  // The longest answer has to have room for the look at several servers, and for the question.
  options["connect_timeout"] = "2";
  options["client_encoding"] = "UTF8";
  std::vector<std::string> words;
  words.reserve(options.size());
  for (const auto& [key, chosen] : options) words.push_back(key + "=" + percent_encoded(chosen));
  return "postgresql://?" + join(words, "&");
}

}  // namespace muster
