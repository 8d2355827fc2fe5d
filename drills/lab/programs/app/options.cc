#include "drills/lab/programs/app/options.h"

#include <array>
#include <charconv>
#include <string_view>

namespace muster::app {
namespace {

template <class Number>
bool read_number(const std::string& text, Number& number, Number least = 0) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() && number >= least;
}

template <class Duration>
bool read_duration(const std::string& text, Duration& duration) {
  std::int64_t count = 0;
  if (!read_number(text, count)) return false;
  duration = Duration(count);
  return true;
}

bool read_address(const std::string& text, Address& address) {
  const auto colon = text.rfind(':');
  if (colon == std::string::npos) return false;
  address.host = text.substr(0, colon);
  return read_number(text.substr(colon + 1), address.port, 1);
}

bool read_deny_mode(const std::string& text, DenyMode& mode) {
  mode = text == "open" ? DenyMode::Open : DenyMode::Closed;
  return text == "open" || text == "closed";
}

bool read_health(const std::string& text, Health& health) {
  health = text == "shallow" ? Health::Shallow : Health::Deep;
  return text == "shallow" || text == "deep";
}

/// One option: its name, its line of help, and what its value must be.
struct Row {
  std::string_view name;
  std::string_view help;
  bool (*read)(const std::string& text, Options& options);
};

bool read_text(const std::string& text, std::string& value) {
  value = text;
  return true;
}

const std::array kRows{
    Row{"--region",
        "the region in the x-region header",
        [](const std::string& text, Options& o) {
          return read_text(text, o.region);
        }},
    Row{"--name",
        "this server in the x-served-by header",
        [](const std::string& text, Options& o) {
          return read_text(text, o.name);
        }},
    Row{"--port",
        "TCP port to listen on (8080)",
        [](const std::string& text, Options& o) {
          return read_number(text, o.port, 1);
        }},
    Row{"--workers",
        "requests handled at once (16)",
        [](const std::string& text, Options& o) {
          return read_number(text, o.workers, 1);
        }},
    Row{"--pg-read",
        "libpq connection string of the local database",
        [](const std::string& text, Options& o) {
          return read_text(text, o.pg_read);
        }},
    Row{"--pg-write",
        "libpq connection string of the primary; may name several hosts",
        [](const std::string& text, Options& o) {
          return read_text(text, o.pg_write);
        }},
    Row{"--redis-read",
        "HOST:PORT of the local denylist",
        [](const std::string& text, Options& o) {
          return read_address(text, o.redis_read);
        }},
    Row{"--redis-write",
        "HOST:PORT of the denylist's primary",
        [](const std::string& text, Options& o) {
          return read_address(text, o.redis_write);
        }},
    Row{"--deny-mode",
        "closed or open: what to do with tokens while the denylist is away (closed)",
        [](const std::string& text, Options& o) {
          return read_deny_mode(text, o.deny_mode);
        }},
    Row{"--s-maxage",
        "seconds an edge may keep an article (5)",
        [](const std::string& text, Options& o) {
          return read_duration(text, o.s_maxage);
        }},
    Row{"--write-slots",
        "writes in flight at most, 0 for no limit (3)",
        [](const std::string& text, Options& o) {
          return read_number(text, o.write_slots);
        }},
    Row{"--query-timeout",
        "milliseconds a query may take (1500)",
        [](const std::string& text, Options& o) {
          return read_duration(text, o.query_timeout);
        }},
    Row{"--jwt-secret",
        "the key that signs tokens, the same in all regions",
        [](const std::string& text, Options& o) {
          return read_text(text, o.jwt_secret);
        }},
    Row{"--leeway",
        "seconds of clock difference that tokens survive (0)",
        [](const std::string& text, Options& o) {
          return read_duration(text, o.leeway);
        }},
    Row{"--deny-cache",
        "seconds for which the denylist is not asked again about a token (0)",
        [](const std::string& text, Options& o) {
          return read_duration(text, o.deny_cache);
        }},
    Row{"--page-cost",
        "milliseconds that a worker is busy with an article (0)",
        [](const std::string& text, Options& o) {
          return read_duration(text, o.page_cost);
        }},
    Row{"--health",
        "deep or shallow: whether /health asks the local database (deep)",
        [](const std::string& text, Options& o) {
          return read_health(text, o.health);
        }},
    Row{"--jwt-ttl",
        "seconds a token is valid (3600)",
        [](const std::string& text, Options& o) {
          return read_duration(text, o.jwt_ttl);
        }},
};

const Row* find_row(std::string_view name) {
  for (const Row& row : kRows)
    if (row.name == name) return &row;
  return nullptr;
}

}  // namespace

ParsedOptions parse_options(const std::vector<std::string>& arguments) {
  ParsedOptions parsed;
  for (std::size_t i = 0; i < arguments.size(); i += 2) {
    const Row* row = find_row(arguments[i]);
    if (row == nullptr) {
      parsed.error = "unknown option '" + arguments[i] + "'";
    } else if (i + 1 == arguments.size()) {
      parsed.error = arguments[i] + " wants a value: " + std::string(row->help);
    } else if (!row->read(arguments[i + 1], parsed.options)) {
      parsed.error = "'" + arguments[i + 1] + "' is no value for " + arguments[i] + ": " +
                     std::string(row->help);
    }
    if (!parsed.error.empty()) break;
  }
  return parsed;
}

std::string help() {
  std::string text = "muster-lab-app: NovVista's application server in the practice lab\n\n";
  for (const Row& row : kRows) {
    std::string name(row.name);
    name.resize(18, ' ');
    text += "  " + name + std::string(row.help) + "\n";
  }
  return text;
}

}  // namespace muster::app
