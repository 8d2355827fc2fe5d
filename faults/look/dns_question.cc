// One question to one name server, with the user's network in it (RFC 7871), by which name servers
// that know regions tell them apart.
#include "faults/look/dns_question.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string_view>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace muster {
namespace {

constexpr std::uint16_t kId = 0x4d55;
constexpr std::uint16_t kAddress = 1;  // of IPv4: type A

in_addr address_of(const std::string& text) {
  in_addr address{};
  if (::inet_pton(AF_INET, text.c_str(), &address) != 1)
    throw std::runtime_error("'" + text + "' is not an IPv4 address");
  return address;
}

void put16(std::string& packet, unsigned value) {
  packet += static_cast<char>(value >> 8);
  packet += static_cast<char>(value & 0xff);
}

std::string question_for(const std::string& name, const std::string& user) {
  std::string packet;
  for (const unsigned word : {unsigned{kId}, 0U, 1U, 0U, 0U, 1U}) put16(packet, word);
  std::size_t from = 0;
  while (from < name.size()) {
    const std::size_t dot = std::min(name.find('.', from), name.size());
    if (dot == from || dot - from > 63)
      throw std::runtime_error("'" + name + "' is not a name of the DNS");
    packet += static_cast<char>(dot - from);
    packet.append(name, from, dot - from);
    from = dot + 1;
  }
  packet += '\0';
  put16(packet, kAddress);
  put16(packet, 1);
  // EDNS, with the first 24 bits of the user's address.
  const in_addr address = address_of(user);
  packet += '\0';
  put16(packet, 41);
  put16(packet, 1232);
  put16(packet, 0);
  put16(packet, 0);
  put16(packet, 4 + 7);
  put16(packet, 8);
  put16(packet, 7);
  put16(packet, 1);
  packet += '\x18';
  packet += '\0';
  packet.append(reinterpret_cast<const char*>(&address), 3);
  return packet;
}

/// An answer, read from its beginning to its end. Throws where it is cut short.
class Reader {
 public:
  explicit Reader(std::string_view packet) : packet_(packet) {}

  std::string_view take(std::size_t count) {
    if (packet_.size() - at_ < count) throw std::runtime_error("the answer is cut short");
    at_ += count;
    return packet_.substr(at_ - count, count);
  }
  unsigned take8() { return static_cast<unsigned char>(take(1)[0]); }
  unsigned take16() {
    const unsigned high = take8();
    return high << 8 | take8();
  }
  void skip_name() {
    for (unsigned length = take8(); length != 0; length = take8()) {
      if (length >= 0xc0) {
        take(1);
        return;
      }
      take(length);
    }
  }

 private:
  std::string_view packet_;
  std::size_t at_ = 0;
};

std::vector<std::string> addresses_in(std::string_view answer) {
  Reader reader(answer);
  reader.take16();
  const unsigned flags = reader.take16();
  if ((flags & 0xf) != 0)
    throw std::runtime_error("it answers with code " + std::to_string(flags & 0xf));
  const unsigned questions = reader.take16();
  const unsigned answers = reader.take16();
  reader.take(4);
  for (unsigned i = 0; i < questions; ++i) {
    reader.skip_name();
    reader.take(4);
  }
  std::vector<std::string> addresses;
  for (unsigned i = 0; i < answers; ++i) {
    reader.skip_name();
    const unsigned type = reader.take16();
    reader.take(6);
    const std::string_view data = reader.take(reader.take16());
    if (type != kAddress || data.size() != 4) continue;
    std::array<char, INET_ADDRSTRLEN> text{};
    ::inet_ntop(AF_INET, data.data(), text.data(), text.size());
    addresses.emplace_back(text.data());
  }
  return addresses;
}

class Socket {
 public:
  Socket() : fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    const timeval patience{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() { ::close(fd_); }

  int fd() const { return fd_; }

 private:
  int fd_;
};

}  // namespace

std::vector<std::string> ask_name_server(const std::string& server,
                                         const std::string& name,
                                         const std::string& user) {
  const std::string question = question_for(name, user);
  const std::size_t colon = server.find(':');
  const int port = colon == std::string::npos ? 53 : std::atoi(server.c_str() + colon + 1);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(port));
  to.sin_addr = address_of(server.substr(0, colon));
  const Socket socket;
  // Connected, so that nobody else's datagram is taken for the answer.
  if (::connect(socket.fd(), reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0 ||
      ::send(socket.fd(), question.data(), question.size(), 0) < 0)
    throw std::runtime_error(server + ": " + std::strerror(errno));
  std::array<char, 4096> buffer{};
  const ssize_t count = ::recv(socket.fd(), buffer.data(), buffer.size(), 0);
  if (count < 0) throw std::runtime_error(server + " does not answer: " + std::strerror(errno));
  const std::string_view answer(buffer.data(), static_cast<std::size_t>(count));
  if (answer.substr(0, 2) != std::string_view(question).substr(0, 2))
    throw std::runtime_error(server + " answers something else");
  return addresses_in(answer);
}

}  // namespace muster
