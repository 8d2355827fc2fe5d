#include "drills/lab/questions.h"

#include <algorithm>
#include <cstdlib>

#include <strings.h>

#include "base/error.h"
#include "base/process.h"
#include "base/text.h"

namespace muster::lab {

namespace {

void put16(std::string& bytes, unsigned value) {
  bytes += static_cast<char>(value >> 8U);
  bytes += static_cast<char>(value);
}

void put32(std::string& bytes, unsigned value) {
  put16(bytes, value >> 16U);
  put16(bytes, value & 0xffffU);
}

unsigned byte_at(std::string_view bytes, std::size_t at) {
  return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0U;
}

unsigned get16(std::string_view bytes, std::size_t at) {
  return byte_at(bytes, at) << 8U | byte_at(bytes, at + 1);
}
unsigned get32(std::string_view bytes, std::size_t at) {
  return get16(bytes, at) << 16U | get16(bytes, at + 2);
}

/// RFC 7871: family 1, 16 bits of the address, none of the answer's scope.
std::string client_subnet(std::string_view subnet) {
  const auto parts = split(subnet, '.');
  std::string option;
  put16(option, 8);
  put16(option, 6);
  put16(option, 1);
  option += {16, 0};
  for (const std::string& part : parts) option += static_cast<char>(std::atoi(part.c_str()));
  return option;
}

/// Past a name in a DNS message: labels up to the root or to a pointer.
std::size_t past_name(std::string_view message, std::size_t at) {
  for (;;) {
    const unsigned length = byte_at(message, at);
    if (length >= 0xc0U) return at + 2;
    if (length == 0 || at >= message.size()) return at + 1;
    at += length + 1;
  }
}

}  // namespace

Question ask_http(std::string host,
                  std::string address,
                  std::string_view path,
                  std::string_view name) {
  return {std::move(host),
          "tcp",
          std::move(address),
          fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", path, name)};
}

Question ask_redis(std::string host, std::string address) {
  return {std::move(host), "tcp", std::move(address), "INFO replication\r\nQUIT\r\n"};
}

Question ask_rsync(std::string host, std::string address) {
  return {std::move(host), "tcp", std::move(address), "@RSYNCD: 29\n\n"};
}

Question ask_sql(std::string host, std::string address, std::string_view statement) {
  // The start-up message, the query and the farewell at once: a server that trusts us reads them
  // one by one.
  std::string startup;
  put32(startup, 196608);  // protocol 3.0
  for (const std::string_view word : {"user", "postgres", "database", "postgres"})
    startup += std::string(word) + '\0';
  startup += '\0';
  std::string bytes;
  put32(bytes, static_cast<unsigned>(startup.size() + 4));
  bytes += startup + 'Q';
  put32(bytes, static_cast<unsigned>(statement.size() + 5));
  bytes += std::string(statement) + '\0' + 'X';
  put32(bytes, 4);
  return {std::move(host), "tcp", std::move(address), std::move(bytes)};
}

Question ask_dns(std::string host,
                 std::string address,
                 std::string_view name,
                 std::string_view subnet) {
  std::string bytes;
  for (const unsigned field : {0x4d55U, 0x0100U, 1U, 0U, 0U, subnet.empty() ? 0U : 1U})
    put16(bytes, field);
  for (const std::string& label : split(name, '.'))
    bytes += static_cast<char>(label.size()) + label;
  bytes += '\0';
  put16(bytes, 1);  // A
  put16(bytes, 1);  // IN
  if (!subnet.empty()) {
    const std::string option = client_subnet(subnet);
    bytes += '\0';
    put16(bytes, 41);  // OPT
    put16(bytes, 1232);
    put32(bytes, 0);
    put16(bytes, static_cast<unsigned>(option.size()));
    bytes += option;
  }
  return {std::move(host), "udp", std::move(address), std::move(bytes)};
}

Question ask_init(std::string host, std::string_view request) {
  return {std::move(host), "unix", "root/run/lab/init.sock", std::string(request) + "\n"};
}

Question ask_haproxy(std::string host, std::string_view command) {
  return {std::move(host), "unix", "root/run/lab/haproxy.sock", std::string(command) + "\n"};
}

Question ask_file(std::string host, std::string path) {
  return {std::move(host), "file", std::move(path)};
}

HttpAnswer http_of(const Answer& answer) {
  const std::size_t blank = answer.bytes.find(' ');
  if (!answer.bytes.starts_with("HTTP/") || blank == std::string::npos) return {};
  return {std::atoi(answer.bytes.c_str() + blank + 1), answer.bytes};
}

std::string HttpAnswer::header(std::string_view name) const {
  const std::size_t head_end = text.find("\r\n\r\n");
  for (const std::string& line : split(std::string_view(text).substr(0, head_end), '\n')) {
    const std::size_t colon = line.find(':');
    if (colon == name.size() && strncasecmp(line.c_str(), name.data(), name.size()) == 0)
      return std::string(trim(line.substr(colon + 1)));
  }
  return "";
}

std::vector<std::string> row_of(const Answer& answer, std::string& complaint) {
  std::string_view rest = answer.bytes;
  while (rest.size() >= 5) {
    const char type = rest[0];
    const std::size_t length = get32(rest, 1);
    const std::string_view body = rest.substr(5, std::max<std::size_t>(length, 4) - 4);
    if (type == 'D') {
      std::vector<std::string> columns;
      std::size_t at = 2;
      for (unsigned left = get16(body, 0); left > 0 && at + 4 <= body.size(); --left) {
        const unsigned size = get32(body, at);
        const bool null = size == 0xffffffffU;
        columns.emplace_back(null ? "" : body.substr(at + 4, size));
        at += 4 + (null ? 0 : size);
      }
      return columns;
    }
    if (type == 'E')
      for (const std::string& field : split(body, '\0'))
        if (field.starts_with('M')) complaint = printable(field.substr(1), 120);
    rest.remove_prefix(std::min(rest.size(), std::size_t{1} + std::max<std::size_t>(length, 4)));
  }
  if (complaint.empty()) complaint = "no answer to a query";
  return {};
}

std::vector<std::string> addresses_of(const Answer& answer) {
  const std::string_view message = answer.bytes;
  std::vector<std::string> addresses;
  if (message.size() < 12 || (get16(message, 2) & 0xfU) != 0) return addresses;
  std::size_t at = past_name(message, 12) + 4;
  for (unsigned left = get16(message, 6); left > 0 && at < message.size(); --left) {
    at = past_name(message, at);
    const unsigned length = get16(message, at + 8);
    if (get16(message, at) == 1 && length == 4 && at + 14 <= message.size())
      addresses.push_back(fmt::format("{}.{}.{}.{}",
                                      byte_at(message, at + 10),
                                      byte_at(message, at + 11),
                                      byte_at(message, at + 12),
                                      byte_at(message, at + 13)));
    at += 10 + length;
  }
  return addresses;
}

std::string redis_value(const Answer& answer, std::string_view name) {
  for (const std::string& line : split(answer.bytes, '\n'))
    if (line.starts_with(std::string(name) + ":"))
      return std::string(trim(line.substr(name.size() + 1)));
  return "";
}

// ---- the asker
// -----------------------------------------------------------------------------------

Task<std::unique_ptr<Asker>> Asker::start(std::string program,
                                          std::vector<std::string> supervisor_entry) {
  const std::unique_ptr<Host> lab = make_host("lab", "the lab", std::move(supervisor_entry));
  std::vector<std::string> argv = {std::move(program), "ask"};
  std::unique_ptr<Channel> channel = co_await lab->open(std::move(argv));
  co_return std::make_unique<Asker>(std::move(channel));
}

Task<std::vector<Answer>> Asker::ask(std::vector<Question> questions, Duration patience) {
  const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(patience).count();
  std::string request;
  for (const Question& question : questions)
    request += fmt::format("ask\t{}\t{}\t{}\t{}\t{}\n{}",
                           question.host,
                           question.kind,
                           question.address,
                           milliseconds,
                           question.bytes.size(),
                           question.bytes);
  request += "go\n";
  co_await input_.channel().write(std::move(request));
  std::vector<Answer> answers;
  while (answers.size() < questions.size()) {
    const std::vector<std::string> head = co_await input_.fields();
    const std::size_t size = std::stoul(head.at(1));
    std::string text = co_await input_.bytes(size);
    answers.push_back(head[0] == "error" ? Answer{"", std::move(text)}
                                         : Answer{std::move(text), ""});
  }
  co_return answers;
}

}  // namespace muster::lab
