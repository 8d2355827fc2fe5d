#include "drills/lab/programs/app/postgres.h"

#include <string_view>
#include <utility>

#include <poll.h>

#include "drills/lab/programs/app/unavailable.h"

namespace muster::app {
namespace {

using Clock = std::chrono::steady_clock;

struct Clear {
  void operator()(PGresult* result) const { PQclear(result); }
};
using Result = std::unique_ptr<PGresult, Clear>;

/// SQLSTATE read_only_sql_transaction: the server was demoted under our feet, so the statement was
/// not executed.
constexpr std::string_view kReadOnly = "25006";

/// libpq follows its message with advice on lines of their own.
std::string first_line(std::string_view text) {
  return std::string(text.substr(0, text.find('\n')));
}

std::vector<Row> rows_of(const PGresult* result) {
  std::vector<Row> rows;
  for (int i = 0; i < PQntuples(result); ++i) {
    Row& row = rows.emplace_back();
    for (int j = 0; j < PQnfields(result); ++j) row.emplace_back(PQgetvalue(result, i, j));
  }
  return rows;
}

}  // namespace

struct Postgres::Answer {
  enum class State { Rows, Refused, Demoted, Lost, Late };
  State state = State::Rows;
  std::vector<Row> rows;
  std::string error;
};

std::vector<Row> Postgres::read(const char* statement,
                                const std::vector<std::string>& parameters,
                                std::chrono::milliseconds deadline) {
  return run(statement, parameters, deadline, IfLost::SendAgain);
}

std::vector<Row> Postgres::write(const char* statement,
                                 const std::vector<std::string>& parameters,
                                 std::chrono::milliseconds deadline) {
  return run(statement, parameters, deadline, IfLost::GiveUp);
}

std::vector<Row> Postgres::run(const char* statement,
                               const std::vector<std::string>& parameters,
                               std::chrono::milliseconds deadline,
                               IfLost if_lost) {
  using State = Answer::State;
  if (connection_ && noticed_its_end()) connection_.reset();
  const bool fresh = !connection_;
  if (!connection_) connect();
  Answer answer = send(statement, parameters, deadline);
  const bool lost = answer.state == State::Lost && if_lost == IfLost::SendAgain;
  if (!fresh && (lost || answer.state == State::Demoted)) {
    connection_.reset();
    connect();
    answer = send(statement, parameters, deadline);
  }
  if (answer.state == State::Rows) return std::move(answer.rows);
  if (answer.state != State::Refused) connection_.reset();
  throw Unavailable("postgres: " + first_line(answer.error));
}

/// Blocking, unlike the rest: only so does libpq apply connect_timeout to each of several hosts in
/// turn.
void Postgres::connect() {
  connection_.reset(PQconnectdb(connection_string_.c_str()));
  if (PQstatus(connection_.get()) == CONNECTION_OK) return;
  const std::string error = first_line(PQerrorMessage(connection_.get()));
  connection_.reset();
  throw Unavailable("postgres: " + error);
}

/// A server that stopped or restarted has closed the connection. Its last words come first, so all
/// of the input is read that came while we expected none.
bool Postgres::noticed_its_end() {
  pollfd socket{PQsocket(connection_.get()), POLLIN, 0};
  while (::poll(&socket, 1, 0) > 0)
    if (PQconsumeInput(connection_.get()) == 0 || PQstatus(connection_.get()) != CONNECTION_OK)
      return true;
  return false;
}

Postgres::Answer Postgres::send(const char* statement,
                                const std::vector<std::string>& parameters,
                                std::chrono::milliseconds deadline) {
  std::vector<const char*> values;
  values.reserve(parameters.size());
  for (const std::string& parameter : parameters) values.push_back(parameter.c_str());
  if (PQsendQueryParams(connection_.get(),
                        statement,
                        static_cast<int>(values.size()),
                        nullptr,
                        values.data(),
                        nullptr,
                        nullptr,
                        0) == 0)
    return {Answer::State::Lost, {}, PQerrorMessage(connection_.get())};
  return receive(deadline);
}

/// A deadline of our own: a server that is stopped still acknowledges packets, so neither
/// tcp_user_timeout nor its statement_timeout would ever end the wait.
Postgres::Answer Postgres::receive(std::chrono::milliseconds deadline) {
  using State = Answer::State;
  Answer answer;
  const auto until = Clock::now() + deadline;
  for (;;) {
    if (PQisBusy(connection_.get()) == 0) {
      const Result result(PQgetResult(connection_.get()));
      if (!result) return answer;
      const ExecStatusType status = PQresultStatus(result.get());
      if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
        answer.rows = rows_of(result.get());
        continue;
      }
      const char* code = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
      const bool alive = PQstatus(connection_.get()) == CONNECTION_OK;
      answer.state = !alive                                 ? State::Lost
                     : code != nullptr && code == kReadOnly ? State::Demoted
                                                            : State::Refused;
      answer.error = PQresultErrorMessage(result.get());
      continue;
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
    if (left.count() <= 0)
      return {State::Late, {}, "no answer within " + std::to_string(deadline.count()) + " ms"};
    pollfd socket{PQsocket(connection_.get()), POLLIN, 0};
    if (::poll(&socket, 1, static_cast<int>(left.count())) > 0 &&
        PQconsumeInput(connection_.get()) == 0)
      return {State::Lost, {}, PQerrorMessage(connection_.get())};
  }
}

}  // namespace muster::app
