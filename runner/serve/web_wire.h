#pragma once

#include <memory>
#include <string_view>

#include <boost/asio/ip/tcp.hpp>

#include "base/tasks.h"
#include "base/time.h"

namespace boost::asio::ssl {
class context;
}

namespace muster {

/// One accepted connection, plain or TLS, with a limit on how long each wait for the other side
/// may take. What fails, or takes too long, throws boost::system::system_error; the connection is
/// then closed.
class WebWire {
 public:
  virtual ~WebWire() = default;

  /// The TLS handshake; nothing where there is no TLS.
  virtual Task<> greet() = 0;
  /// Bytes put into `buffer`, of which there are `size`; 0: the other side has closed.
  virtual Task<std::size_t> read(char* buffer, std::size_t size) = 0;
  virtual Task<> write(std::string_view bytes) = 0;
  /// Bytes came that nobody has read yet.
  virtual bool has_unread() const = 0;
  /// For all reads and writes that begin from now on, taken together.
  virtual void allow(Duration limit) = 0;
  virtual void allow_for_ever() = 0;
  /// Says that nothing more comes and waits shortly for the other side to close as well: to close
  /// before it has read all would take the last answer from it.
  virtual Task<> close() = 0;
  /// Closes at once, under whoever reads or writes.
  virtual void cut() = 0;
};

/// Plain where there is no context, which otherwise outlives it.
std::unique_ptr<WebWire> make_web_wire(boost::asio::ip::tcp::socket socket,
                                       boost::asio::ssl::context* tls);

/// A context for TLS 1.2 and up. Throws Error that names the file which cannot be used.
std::unique_ptr<boost::asio::ssl::context> make_tls(const std::string& certificate,
                                                    const std::string& key);

}  // namespace muster
