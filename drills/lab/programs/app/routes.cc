#include "drills/lab/programs/app/routes.h"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <thread>

#include "drills/lab/programs/app/denylist.h"
#include "drills/lab/programs/app/unavailable.h"

namespace muster::app {
namespace {

using namespace std::chrono_literals;

/// The balancer gives a check 800 ms; a slower database is a sick one.
constexpr auto kHealthDeadline = 500ms;
constexpr std::size_t kLongestKey = 120;

Response error(int status, std::string_view why) {
  Response response;
  response.status = status;
  response.body = "{\"error\":" + json_text(why) + "}";
  return response;
}

Response json(int status, std::string body) {
  Response response;
  response.status = status;
  response.body = std::move(body);
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

bool is_number(std::string_view text) {
  return !text.empty() && text.size() <= 9 &&
         std::ranges::all_of(text, [](unsigned char c) { return std::isdigit(c) != 0; });
}

bool is_key(std::string_view text) {
  const auto allowed = [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '.' || c == '_' || c == '-';
  };
  return !text.empty() && text.size() <= kLongestKey && std::ranges::all_of(text, allowed);
}

std::string date_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char text[40];
  std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return text;
}

std::string bearer_token(const Request& request) {
  const std::string value = request.header("authorization");
  return value.starts_with("Bearer ") ? value.substr(7) : std::string();
}

/// Holds one of a limited number of places; without the limit, workers that wait for a far primary
/// would use up the pool and take the local pages down with them.
class Slot {
 public:
  Slot(std::atomic<int>& taken, int limit) : taken_(taken), fits_(++taken <= limit || limit == 0) {}
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;
  ~Slot() { --taken_; }
  bool fits() const { return fits_; }

 private:
  std::atomic<int>& taken_;
  bool fits_;
};

}  // namespace

/// Who is asking; or the answer that refuses them.
struct Routes::Session {
  Claims claims;
  bool accepted = false;
  bool checked = false;  ///< the denylist was asked
  Response refusal;
};

struct Routes::Route {
  std::string_view method;
  std::string_view path;  ///< ends in '/': one more word follows
  Response (Routes::*answer)(const Request&, std::string_view rest);
};

const Routes::Route Routes::kRoutes[] = {
    {"GET", "/article/", &Routes::article},
    {"POST", "/article/", &Routes::publish},
    {"GET", "/comments/", &Routes::comments},
    {"POST", "/comment", &Routes::add_comment},
    {"POST", "/login", &Routes::login},
    {"POST", "/logout", &Routes::logout},
    {"POST", "/logout-everywhere", &Routes::logout_everywhere},
    {"GET", "/me", &Routes::me},
    {"POST", "/ledger/", &Routes::add_entry},
    {"GET", "/ledger/", &Routes::entries},
    {"GET", "/health", &Routes::health},
    {"GET", "/livez", &Routes::alive},
    {"GET", "/lag", &Routes::lag},
    {"GET", "/metrics", &Routes::metrics},
};

Routes::Routes(Shared& shared)
    : shared_(shared),
      local_(shared.options.pg_read),
      primary_(shared.options.pg_write),
      local_denylist_(shared.options.redis_read),
      primary_denylist_(shared.options.redis_write) {
  // The first write would otherwise pay for the connection, which takes four crossings of the sea.
  try {
    primary_.read("select 1", {}, shared.options.query_timeout);
  } catch (const Unavailable&) {
    // Made again when it is needed.
  }
}

const Routes::Route* Routes::find(const Request& request) {
  const std::string_view method =
      request.method == "HEAD" ? "GET" : std::string_view(request.method);
  for (const Route& route : kRoutes) {
    const bool wants_more = route.path.ends_with('/');
    const bool fits =
        wants_more ? request.path.starts_with(route.path) : request.path == route.path;
    if (fits && route.method == method) return &route;
  }
  return nullptr;
}

Response Routes::answer(const Request& request) {
  const auto begin = std::chrono::steady_clock::now();
  const Route* route = find(request);
  Response response =
      request.method.empty() ? error(400, "this is no HTTP request") : error(404, "no such page");
  if (route != nullptr) {
    try {
      response = (this->*route->answer)(request,
                                        std::string_view(request.path).substr(route->path.size()));
    } catch (const Unavailable& unavailable) {
      std::fprintf(stderr,
                   "%lld %s: %s\n",
                   static_cast<long long>(std::time(nullptr)),
                   request.path.c_str(),
                   unavailable.what());
      response = error(503, unavailable.what());
    }
  }
  response.headers.emplace_back("Date", date_now());
  response.headers.emplace_back("x-region", shared_.options.region);
  response.headers.emplace_back("x-served-by", shared_.options.name);
  const std::string_view label = route == nullptr ? "other" : route->path;
  shared_.metrics.count(label, response.status, std::chrono::steady_clock::now() - begin);
  return response;
}

// ---- articles and comments

Response Routes::article(const Request&, std::string_view rest) {
  if (!is_number(rest)) return error(404, "no such article");
  const auto rows = local_.read("select id, title, body, rev from article where id = $1::int",
                                {std::string(rest)},
                                shared_.options.query_timeout);
  if (rows.empty()) return error(404, "no such article");
  std::this_thread::sleep_for(shared_.options.page_cost);
  const Row& row = rows.front();
  const std::string title = html_text(row[1]);
  Response response;
  response.content_type = "text/html; charset=utf-8";
  response.body = "<!doctype html>\n<html lang=\"en\"><head><title>" + title +
                  "</title></head>\n<body><article id=\"" + row[0] + "\" data-rev=\"" + row[3] +
                  "\"><h1>" + title + "</h1><p>" + html_text(row[2]) +
                  "</p></article></body></html>\n";
  response.headers = {
      {"Cache-Control", "public, s-maxage=" + std::to_string(shared_.options.s_maxage.count())},
      {"Cache-Tag", "article-" + row[0] + ",articles"},
      {"xkey", "article-" + row[0] + " articles"}};
  return response;
}

/// The body becomes the article's.
Response Routes::publish(const Request& request, std::string_view rest) {
  if (!is_number(rest)) return error(404, "no such article");
  const auto rows =
      write("update article set body = $2, rev = rev + 1 where id = $1::int returning rev",
            {std::string(rest), request.body});
  if (rows.empty()) return error(404, "no such article");
  return json(200, "{\"rev\":" + rows[0][0] + "}");
}

Response Routes::comments(const Request&, std::string_view rest) {
  if (!is_number(rest)) return error(404, "no such article");
  const auto rows =
      local_.read("select count(*), coalesce(max(id), 0) from comment where article = $1::int",
                  {std::string(rest)},
                  shared_.options.query_timeout);
  return json(200, "{\"count\":" + rows[0][0] + ",\"max_id\":" + rows[0][1] + "}");
}

/// The body is the article's number, a blank, and the comment.
Response Routes::add_comment(const Request& request, std::string_view) {
  const Session session = session_of(request);
  if (!session.accepted) return session.refusal;
  const auto blank = request.body.find(' ');
  const std::string article = request.body.substr(0, blank);
  if (blank == std::string::npos || !is_number(article)) return error(400, "want: ARTICLE TEXT");
  const auto rows = write(
      "insert into comment(article, author, body) values($1::int, $2, $3)"
      " returning id, coalesce(host(inet_server_addr()), 'local'), pg_current_wal_insert_lsn()",
      {article, session.claims.subject, request.body.substr(blank + 1)});
  const Row& row = rows.front();
  return json(201,
              "{\"id\":" + row[0] + ",\"writer\":" + json_text(row[1]) +
                  ",\"lsn\":" + json_text(row[2]) + "}");
}

std::vector<Row> Routes::write(const char* statement, const std::vector<std::string>& parameters) {
  const Slot slot(shared_.writes_in_flight, shared_.options.write_slots);
  if (!slot.fits()) throw Unavailable("all write slots are taken");
  return primary_.write(statement, parameters, shared_.options.query_timeout);
}

// ---- sessions

Routes::Session Routes::session_of(const Request& request) {
  const Options& options = shared_.options;
  Session session;
  const VerifiedToken token =
      verify_token(bearer_token(request), options.jwt_secret, std::time(nullptr), options.leeway);
  session.claims = token.claims;
  if (!token.good()) {
    session.refusal = error(401, token.refusal);
    return session;
  }
  bool denied = false;
  try {
    denied = is_denied(token.claims);
    session.checked = true;
  } catch (const Unavailable&) {
    if (options.deny_mode == DenyMode::Closed) throw;
  }
  session.accepted = !denied;
  if (!session.accepted) session.refusal = error(401, "revoked");
  return session;
}

bool Routes::is_denied(const Claims& claims) {
  const auto now = std::chrono::steady_clock::now();
  const auto known = believed_.find(claims.id);
  if (known != believed_.end() && now < known->second) return false;
  if (known != believed_.end()) believed_.erase(known);
  if (local_denylist_.command({"EXISTS", denied_key(claims)}) == "1") return true;
  if (is_too_old(claims, local_denylist_.command({"GET", too_old_key(claims)}))) return true;
  if (shared_.options.deny_cache > 0s) {
    std::erase_if(believed_, [&](const auto& each) { return each.second <= now; });
    believed_[claims.id] = now + shared_.options.deny_cache;
  }
  return false;
}

Response Routes::login(const Request& request, std::string_view) {
  const std::string user = request.body.empty() ? "reader" : request.body;
  if (!is_key(user)) return error(400, "a user's name has letters, digits and . _ -");
  const std::int64_t now = std::time(nullptr);
  const std::string serial = std::to_string(++shared_.tokens_issued);
  const Claims claims{.subject = user,
                      .id = shared_.options.name + "-" + std::to_string(now) + "-" + serial,
                      .issued_at = now,
                      .expires_at = now + shared_.options.jwt_ttl.count()};
  return json(200, "{\"token\":" + json_text(sign_token(claims, shared_.options.jwt_secret)) + "}");
}

Response Routes::logout(const Request& request, std::string_view) {
  return revoke(request, [](const Claims& claims, std::int64_t) {
    return std::pair(denied_key(claims), std::string("1"));
  });
}

/// Every token of the user that there is now, on whatever device; in the denylist it is one entry.
Response Routes::logout_everywhere(const Request& request, std::string_view) {
  return revoke(request, [](const Claims& claims, std::int64_t now) {
    return std::pair(too_old_key(claims), std::to_string(now));
  });
}

Response Routes::revoke(const Request& request, Entry entry_of) {
  const Options& options = shared_.options;
  const std::int64_t now = std::time(nullptr);
  const VerifiedToken token =
      verify_token(bearer_token(request), options.jwt_secret, now, options.leeway);
  if (!token.good()) return error(401, token.refusal);
  const auto [key, value] = entry_of(token.claims, now);
  // Another token of the user may be as young as this second.
  const std::int64_t left = options.jwt_ttl.count() + options.leeway.count();
  primary_denylist_.command({"SET", key, value, "EX", std::to_string(left)});
  return json(200, "{\"revoked\":true}");
}

Response Routes::me(const Request& request, std::string_view) {
  const Session session = session_of(request);
  if (!session.accepted) return session.refusal;
  Response response = json(200,
                           "{\"sub\":" + json_text(session.claims.subject) +
                               ",\"jti\":" + json_text(session.claims.id) + "}");
  if (!session.checked) response.headers.emplace_back("x-denylist", "skipped");
  return response;
}

// ---- the write ledger: numbered writes, read back in each region

Response Routes::add_entry(const Request&, std::string_view rest) {
  if (!is_key(rest)) return error(400, "a key has 1 to 120 letters, digits and . _ -");
  const auto rows = write(
      "insert into ledger(key) values($1) returning coalesce(host(inet_server_addr()), 'local')",
      {std::string(rest)});
  return json(201, "{\"key\":" + json_text(rest) + ",\"writer\":" + json_text(rows[0][0]) + "}");
}

Response Routes::entries(const Request&, std::string_view rest) {
  if (!is_key(rest)) return error(400, "a key has 1 to 120 letters, digits and . _ -");
  const auto rows = local_.read("select count(*) from ledger where key = $1",
                                {std::string(rest)},
                                shared_.options.query_timeout);
  const bool found = rows[0][0] != "0";
  return json(found ? 200 : 404, "{\"key\":" + json_text(rest) + ",\"count\":" + rows[0][0] + "}");
}

// ---- how it is

Response Routes::health(const Request&, std::string_view) {
  if (shared_.options.health == Health::Shallow) return json(200, R"({"ok":true})");
  local_.read("select 1",
              {},
              std::min<std::chrono::milliseconds>(kHealthDeadline, shared_.options.query_timeout));
  return json(200, R"({"ok":true,"postgres":"up"})");
}

Response Routes::alive(const Request&, std::string_view) {
  return json(200, R"({"ok":true})");
}

Response Routes::lag(const Request&, std::string_view) {
  const auto rows = local_.read(
      "select pg_is_in_recovery(),"
      " coalesce(extract(epoch from now() - pg_last_xact_replay_timestamp()), 0)::numeric(12, 3),"
      " case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end,"
      " (select count(*) from pg_stat_wal_receiver where status = 'streaming')",
      {},
      shared_.options.query_timeout);
  const Row& row = rows.front();
  return json(200,
              std::string("{\"recovery\":") + (row[0] == "t" ? "true" : "false") +
                  ",\"replay_age_seconds\":" + row[1] + ",\"lsn\":" + json_text(row[2]) +
                  ",\"receivers\":" + row[3] + "}");
}

Response Routes::metrics(const Request&, std::string_view) {
  Response response;
  response.content_type = "text/plain; version=0.0.4";
  response.body = shared_.metrics.text(shared_.options.region, shared_.options.name);
  return response;
}

}  // namespace muster::app
