#include <optional>
#include <system_error>

#include <arpa/inet.h>
#include <netdb.h>
#include <poll.h>

#include <fmt/format.h>
#include <libpq-fe.h>
#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "store/database.h"
#include "store/postgres_location.h"
#include "store/schema.h"
#include "store/store.h"
#include "store/watchdog.h"
#include "store/within.h"

namespace muster {

namespace {

// So that neither a slow statement, nor a row that another holds, nor a muster that was stopped in
// the middle of a transaction keeps the others waiting. Said with each transaction instead of once
// a connection, for a pooler may give each another connection.
constexpr const char* kPatience =
    "; SET LOCAL statement_timeout = 4000; SET LOCAL lock_timeout = 3000; "
    "SET LOCAL idle_in_transaction_session_timeout = 5000";

/// What PostgreSQL said, without what SOCI puts in front of it.
std::string words_of_postgres(const soci::soci_error& error) {
  std::string text = error.get_error_message();
  for (const char* prefix : {"Cannot establish connection to the database.",
                             "Cannot execute query.",
                             "Cannot prepare statement.",
                             "Connection failed.",
                             "Fatal error."})
    text = replaced(text, prefix, "");
  return printable(trim(replaced(text, "\n", " ")));
}

std::string advice(const soci::postgresql_soci_error& error) {
  const std::string state = error.sqlstate();
  if (state.starts_with("08") || state.starts_with("57P")) return "see that it runs";
  if (state == "42501") return "give that user the right to make and change tables there";
  if (state == "3F000") return "make the schema that its search_path names";
  if (state == "53100") return "make room on its disk";
  return "the log of the database may say more";
}

PGconn* connection_of(soci::session& sql) {
  return static_cast<soci::postgresql_session_backend*>(sql.get_backend())->conn_;
}

bool is_at_rest(soci::session& sql) {
  PGconn* connection = connection_of(sql);
  return PQstatus(connection) == CONNECTION_OK && PQtransactionStatus(connection) == PQTRANS_IDLE;
}

/// Between two calls a server says nothing, unless that it goes.
bool is_alive(soci::session& sql) {
  pollfd socket{PQsocket(connection_of(sql)), POLLIN, 0};
  return is_at_rest(sql) && ::poll(&socket, 1, 0) == 0;
}

/// The addresses of a name, as literals; Error where it has none.
std::vector<std::string> looked_up(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int code = ::getaddrinfo(host.c_str(), nullptr, &hints, &found); code != 0)
    fail("the host {} of the store has no address: {}", host, ::gai_strerror(code));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
  std::vector<std::string> addresses;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    char text[NI_MAXHOST] = {};
    if (::getnameinfo(
            each->ai_addr, each->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST) == 0)
      addresses.emplace_back(text);
  }
  return addresses;
}

std::vector<std::string> addresses_of(const std::vector<PostgresLocation::Server>& servers) {
  std::vector<std::string> all;
  for (const PostgresLocation::Server& server : servers) {
    const std::string& place = server.address.empty() ? server.host : server.address;
    const std::vector<std::string> found =
        server.socket ? std::vector<std::string>{"127.0.0.1", "::1"} : looked_up(place);
    all.insert(all.end(), found.begin(), found.end());
  }
  return all;
}

class PostgresDatabase final : public SqlDatabase {
 public:
  explicit PostgresDatabase(const std::string& uri)
      : location_(uri), name_("the store " + location_.name()) {
    read([](soci::session&) {});  // makes the tables, or says why it cannot
  }

  const Dialect& dialect() const override { return kPostgres; }

  std::string host() const override {
    std::vector<std::string> places;
    for (const PostgresLocation::Server& server : location_.servers())
      places.push_back(server.host + ":" + server.port);
    return join(places, ",");
  }

  std::vector<std::string> addresses() override {
    std::vector<std::string> found;
    guarded([&] {
      auto answer =
          within(kLongestAnswer, [servers = location_.servers()] { return addresses_of(servers); });
      if (!answer) fail_for_silence();
      found = *std::move(answer);
    });
    return found;
  }

 private:
  void run(const std::string& begin, const Work& work) override {
    const Time deadline = clock_.now() + kLongestAnswer;
    guarded([&] {
      if (!sql_ || !is_alive(*sql_)) connect(deadline);
      ask(deadline, begin, work);
    });
  }

  /// Where all that can go wrong becomes ours, with the store that it is about.
  template <class Call>
  void guarded(Call call) {
    try {
      call();
    } catch (const soci::postgresql_soci_error& error) {
      fail("{}: {}; {}", name_, words_of_postgres(error), advice(error));
    } catch (const soci::soci_error& error) {
      fail("{}: {}; see that it runs and lets this user in", name_, words_of_postgres(error));
    } catch (const std::system_error& error) {
      fail("{}: no thread for the call: {}", name_, error.what());
    }
  }

  void connect(Time deadline) {
    sql_.reset();
    adopted_ = false;
    auto opened = within(deadline - clock_.now(), [uri = location_.connect_uri()] {
      return std::make_unique<soci::session>(soci::postgresql, uri);
    });
    if (!opened) fail_for_silence();
    sql_ = *std::move(opened);
    // What is no error is not for the terminal, where libpq would put it.
    PQsetNoticeProcessor(
        connection_of(*sql_), [](void*, const char*) {}, nullptr);
  }

  void ask(Time deadline, const std::string& begin, const Work& work) {
    const Watchdog watchdog(PQsocket(connection_of(*sql_)), deadline - clock_.now());
    try {
      if (!adopted_) adopt();
      transact(*sql_, begin + kPatience, work);
    } catch (const soci::soci_error&) {
      if (watchdog.has_barked()) fail_for_silence();
      throw;
    }
  }

  [[noreturn]] void fail_for_silence() const {
    fail("{} does not answer within {}; see whether it is stopped, or the way to it blocked",
         name_,
         human_duration(kLongestAnswer));
  }

  void adopt() {
    std::string encoding;
    *sql_ << "SELECT current_setting('server_encoding')", soci::into(encoding);
    if (encoding != "UTF8")
      fail("{} is in {}: make it anew with ENCODING 'UTF8'", name_, printable(encoding));
    const auto look = [&](soci::session& sql) {
      adopt_schema(sql, kPostgres, name_);
    };
    try {
      transact(*sql_, kPostgres.begin + std::string(kPatience), look);
    } catch (const soci::postgresql_soci_error&) {
      // Another may have made the tables at the same moment; now they are to be seen.
      if (!is_at_rest(*sql_)) throw;
      transact(*sql_, kPostgres.begin + std::string(kPatience), look);
    }
    adopted_ = true;
  }

  SystemClock clock_;
  PostgresLocation location_;
  std::string name_;
  std::unique_ptr<soci::session> sql_;
  bool adopted_ = false;
};

}  // namespace

std::unique_ptr<SqlDatabase> open_postgres(const std::string& uri) {
  return std::make_unique<PostgresDatabase>(uri);
}

}  // namespace muster
