#include "faults/delay/netfilter_queue.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <span>
#include <system_error>

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <unistd.h>

namespace muster {
namespace {

constexpr std::uint32_t kMostHeldPackets = 65536;
constexpr int kReceiveBuffer = 16 << 20;

[[noreturn]] void fail_errno(int code, const char* what) {
  throw std::system_error(code, std::generic_category(), what);
}

template <class Value>
Value read_at(std::span<const char> bytes) {
  Value value{};
  if (bytes.size() >= sizeof value) std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

bool is_packet(const nlmsghdr& header) {
  return header.nlmsg_type == (NFNL_SUBSYS_QUEUE << 8 | NFQNL_MSG_PACKET);
}

/// The packet's number in one NFQNL_MSG_PACKET message; 0, which the kernel never uses, if it has
/// none.
std::uint32_t packet_number(std::span<const char> message) {
  std::size_t at = NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(nfgenmsg));
  while (at + NLA_HDRLEN <= message.size()) {
    const auto attribute = read_at<nlattr>(message.subspan(at));
    if ((attribute.nla_type & NLA_TYPE_MASK) == NFQA_PACKET_HDR)
      return ntohl(read_at<nfqnl_msg_packet_hdr>(message.subspan(at + NLA_HDRLEN)).packet_id);
    if (attribute.nla_len < NLA_HDRLEN) break;
    at += NLA_ALIGN(attribute.nla_len);
  }
  return 0;
}

}  // namespace

/// One netlink message under construction: header, netfilter header, attributes.
class NetfilterQueue::Message {
 public:
  Message(int type, std::uint16_t queue, int flags = 0) {
    const nfgenmsg netfilter{
        .nfgen_family = AF_UNSPEC, .version = NFNETLINK_V0, .res_id = htons(queue)};
    header_.nlmsg_type = static_cast<std::uint16_t>(NFNL_SUBSYS_QUEUE << 8 | type);
    header_.nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
    append(netfilter);
  }

  template <class Value>
  void add_attribute(std::uint16_t type, const Value& value) {
    append(nlattr{.nla_len = static_cast<std::uint16_t>(NLA_HDRLEN + sizeof(Value)),
                  .nla_type = type});
    append(value);
  }

  bool send(int socket) {
    header_.nlmsg_len = static_cast<std::uint32_t>(size_);
    std::memcpy(buffer_.data(), &header_, sizeof header_);
    return ::send(socket, buffer_.data(), size_, 0) >= 0;
  }

 private:
  template <class Value>
  void append(const Value& value) {
    static_assert(sizeof(Value) <= 16, "five of these must fit the buffer");
    std::memcpy(buffer_.data() + size_, &value, sizeof value);
    size_ += NLMSG_ALIGN(sizeof value);
  }

  nlmsghdr header_{};
  std::array<char, 128> buffer_{};
  std::size_t size_ = sizeof(nlmsghdr);
};

NetfilterQueue::NetfilterQueue(std::uint16_t number)
    : number_(number), socket_(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER)) {
  const sockaddr_nl kernel{.nl_family = AF_NETLINK, .nl_pad = 0, .nl_pid = 0, .nl_groups = 0};
  if (socket_ < 0 ||
      ::connect(socket_, reinterpret_cast<const sockaddr*>(&kernel), sizeof kernel) != 0)
    fail_errno(errno, "netlink socket");
  make_room_for_bursts();
  bind();
  limit_length(kMostHeldPackets);
  ask_for_numbers_only();
}

NetfilterQueue::~NetfilterQueue() {
  ::close(socket_);
}

void NetfilterQueue::read_arrived(const std::function<void(std::uint32_t)>& take) {
  std::array<char, 65536> buffer;
  for (;;) {
    const ssize_t length = ::recv(socket_, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (length <= 0) return;
    std::span<const char> rest = std::span(buffer).first(static_cast<std::size_t>(length));
    while (rest.size() >= NLMSG_HDRLEN) {
      const auto header = read_at<nlmsghdr>(rest);
      if (header.nlmsg_len < NLMSG_HDRLEN || header.nlmsg_len > rest.size()) break;
      const auto number = is_packet(header) ? packet_number(rest.first(header.nlmsg_len)) : 0;
      if (number != 0) take(number);
      rest = rest.subspan(std::min<std::size_t>(NLMSG_ALIGN(header.nlmsg_len), rest.size()));
    }
  }
}

void NetfilterQueue::release_through(std::uint32_t number) {
  Message message(NFQNL_MSG_VERDICT_BATCH, number_);
  message.add_attribute(NFQA_VERDICT_HDR,
                        nfqnl_msg_verdict_hdr{.verdict = htonl(NF_ACCEPT), .id = htonl(number)});
  // A full kernel buffer is the only way this fails; the next batch then releases these packets
  // too.
  (void)message.send(socket_);
}

void NetfilterQueue::open(std::uint32_t newest) {
  // A queue without room fails open: packets pass it by. Those held, read by us or not, are covered
  // by a batch that ends far ahead of them all.
  constexpr std::uint32_t kFarAhead = 1U << 30;
  limit_length(0);
  release_through(newest + kFarAhead);
}

void NetfilterQueue::make_room_for_bursts() {
  const int bytes = kReceiveBuffer;
  if (::setsockopt(socket_, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) != 0)
    (void)::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  const int yes = 1;
  (void)::setsockopt(socket_, SOL_NETLINK, NETLINK_NO_ENOBUFS, &yes, sizeof yes);
}

void NetfilterQueue::bind() {
  Message message(NFQNL_MSG_CONFIG, number_, NLM_F_ACK);
  message.add_attribute(NFQA_CFG_CMD,
                        nfqnl_msg_config_cmd{.command = NFQNL_CFG_CMD_BIND, ._pad = 0, .pf = 0});
  configure(message,
            "cannot bind the queue (it needs CAP_NET_ADMIN in this network namespace, and no other "
            "reader)");
}

/// Copies no packet to us (copy mode META, 0 bytes), takes large ones whole, and lets traffic pass
/// when the queue is full.
void NetfilterQueue::ask_for_numbers_only() {
  Message message(NFQNL_MSG_CONFIG, number_, NLM_F_ACK);
  message.add_attribute(NFQA_CFG_PARAMS,
                        nfqnl_msg_config_params{.copy_range = 0, .copy_mode = NFQNL_COPY_META});
  message.add_attribute(NFQA_CFG_FLAGS, htonl(NFQA_CFG_F_GSO | NFQA_CFG_F_FAIL_OPEN));
  message.add_attribute(NFQA_CFG_MASK, htonl(NFQA_CFG_F_GSO | NFQA_CFG_F_FAIL_OPEN));
  configure(message, "cannot configure the queue");
}

void NetfilterQueue::limit_length(std::uint32_t most_held_packets) {
  Message message(NFQNL_MSG_CONFIG, number_, NLM_F_ACK);
  message.add_attribute(NFQA_CFG_QUEUE_MAXLEN, htonl(most_held_packets));
  configure(message, "cannot set the length of the queue");
}

void NetfilterQueue::configure(Message& message, const char* what) {
  std::array<char, 4096> answer;
  if (!message.send(socket_)) fail_errno(errno, what);
  for (;;) {
    const ssize_t length = ::recv(socket_, answer.data(), answer.size(), 0);
    if (length < 0) fail_errno(errno, what);
    const std::span<const char> bytes = std::span(answer).first(static_cast<std::size_t>(length));
    if (read_at<nlmsghdr>(bytes).nlmsg_type != NLMSG_ERROR) continue;
    const int code = -read_at<nlmsgerr>(bytes.subspan(NLMSG_HDRLEN)).error;
    if (code != 0) fail_errno(code, what);
    return;
  }
}

}  // namespace muster
