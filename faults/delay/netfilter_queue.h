#pragma once

#include <cstdint>
#include <functional>
#include <stdexcept>

namespace muster {

/// One NFQUEUE of this network namespace, of which we are the only reader. The kernel keeps the
/// packets, of both address families, and tells us their numbers; they grow by one and wrap around.
/// Speaks netlink without a library, so that the program can be static and run on any host.
class NetfilterQueue {
 public:
  /// Binds the queue. Throws std::system_error that says which step failed.
  explicit NetfilterQueue(std::uint16_t number);
  NetfilterQueue(const NetfilterQueue&) = delete;
  NetfilterQueue& operator=(const NetfilterQueue&) = delete;
  /// The kernel drops the packets that are still held: open() first, so that none are.
  ~NetfilterQueue();

  /// Readable when packets have arrived.
  int descriptor() const { return socket_; }
  /// Calls `take` with the number of every packet that has arrived, without waiting.
  void read_arrived(const std::function<void(std::uint32_t)>& take);
  /// Lets go every packet up to and including this number.
  void release_through(std::uint32_t number);
  /// Lets go everything held, and everything that comes from now on. `newest` is a number read
  /// lately, or 0.
  void open(std::uint32_t newest);

 private:
  class Message;
  void make_room_for_bursts();
  void bind();
  void ask_for_numbers_only();
  void limit_length(std::uint32_t most_held_packets);
  void configure(Message& message, const char* what);

  std::uint16_t number_;
  int socket_ = -1;
};

}  // namespace muster
