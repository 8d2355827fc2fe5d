#include "test/probes/sim_dns_server.h"

#include <boost/asio.hpp>

namespace muster {

namespace asio = boost::asio;
using asio::ip::udp;

struct SimDnsServer::State {
  State(const asio::any_io_executor& executor, Handler does)
      : socket(executor, udp::endpoint(asio::ip::address_v4::loopback(), 0)),
        handler(std::move(does)),
        tasks(executor) {}

  Task<> serve();
  std::string answer(std::string_view question);

  udp::socket socket;
  Handler handler;
  TaskGroup tasks;
  std::size_t asked = 0;
};

namespace {

constexpr std::size_t kHead = 12;

/// The labels of a question, joined by dots; `at` ends behind them.
std::string name_in(std::string_view question, std::size_t& at) {
  std::string name;
  while (question.at(at) != 0) {
    const auto length = static_cast<std::size_t>(question[at]);
    if (!name.empty()) name += '.';
    name += question.substr(at + 1, length);
    at += length + 1;
  }
  ++at;
  return name;
}

void put16(std::string& to, unsigned value) {
  to += static_cast<char>(value >> 8 & 0xff);
  to += static_cast<char>(value & 0xff);
}

void put_address(std::string& to, const std::string& address, unsigned ttl) {
  put16(to, 0xc000 + kHead);  // the question's name again
  put16(to, 1);
  put16(to, 1);
  put16(to, ttl >> 16);
  put16(to, ttl & 0xffff);
  put16(to, 4);
  for (const unsigned char byte : asio::ip::make_address_v4(address).to_bytes())
    to += static_cast<char>(byte);
}

}  // namespace

std::string SimDnsServer::State::answer(std::string_view question) {
  std::size_t at = kHead;
  const std::string name = name_in(question, at);
  const bool wants_a = question.at(at + 1) == 1;
  if (wants_a) ++asked;
  const SimDnsAnswer said = handler(name);
  if (said.silent) return {};
  const bool found = !said.address.empty();
  std::string out(question.substr(0, 2));
  put16(out, found ? 0x8580 : 0x8583);  // an answer with authority; NXDOMAIN is 3
  put16(out, 1);
  put16(out, found && wants_a ? static_cast<unsigned>(1 + said.more.size()) : 0);
  put16(out, 0);
  put16(out, 0);
  out += question.substr(kHead, at + 4 - kHead);
  if (!found || !wants_a) return out;
  put_address(out, said.address, said.ttl);
  for (const std::string& address : said.more) put_address(out, address, said.ttl);
  return out;
}

Task<> SimDnsServer::State::serve() {
  std::string buffer(1500, '\0');
  for (;;) {
    udp::endpoint from;
    auto target = asio::buffer(buffer);
    auto [error, count] =
        co_await socket.async_receive_from(target, from, asio::as_tuple(asio::use_awaitable));
    if (error) co_return;
    const std::string out = answer(std::string_view(buffer.data(), count));
    if (!out.empty()) socket.send_to(asio::buffer(out), from);
  }
}

SimDnsServer::SimDnsServer(asio::any_io_executor executor, Handler handler)
    : state_(std::make_shared<State>(executor, std::move(handler))) {
  state_->tasks.spawn(state_->serve());
}

SimDnsServer::~SimDnsServer() = default;

std::string SimDnsServer::address() const {
  return fmt::format("127.0.0.1:{}", state_->socket.local_endpoint().port());
}

std::size_t SimDnsServer::asked() const {
  return state_->asked;
}

Task<> SimDnsServer::stop() {
  return state_->tasks.stop();
}

}  // namespace muster
