#include "runner/drill/asker.h"

#include <cstdio>

#include <fcntl.h>
#include <unistd.h>

#include <boost/asio.hpp>

#include "base/error.h"
#include "base/text.h"

namespace muster {

namespace asio = boost::asio;

namespace {

class SayYes final : public Asker {
 public:
  Task<bool> ask(std::string) override { co_return true; }
};

class AskPerson final : public Asker {
 public:
  explicit AskPerson(Observer& observer) : observer_(observer) {}

  Task<bool> ask(std::string question) override {
    if (observer_.asks()) co_return co_await observer_.ask(std::move(question));
    const int terminal = ::open("/dev/tty", O_RDWR | O_CLOEXEC);
    if (terminal < 0)
      fail("there is no terminal to ask on; run with --yes to answer every question with yes");
    asio::posix::stream_descriptor stream(co_await asio::this_coro::executor, terminal);
    const std::string prompt = "\r\n" + printable(question) + " [yes/no] ";
    auto prompt_buffer = asio::buffer(prompt);
    co_await asio::async_write(stream, prompt_buffer, asio::use_awaitable);
    std::string line;
    auto line_buffer = asio::dynamic_buffer(line, 1000);
    co_await asio::async_read_until(stream, line_buffer, '\n', asio::use_awaitable);
    const std::string_view answer = trim(line);
    co_return answer == "yes" || answer == "y";
  }

 private:
  Observer& observer_;
};

}  // namespace

std::unique_ptr<Asker> make_asker(bool answer_yes, Observer& observer) {
  if (answer_yes) return std::make_unique<SayYes>();
  return std::make_unique<AskPerson>(observer);
}

}  // namespace muster
