#include "drills/lab/lines.h"

#include "base/error.h"
#include "base/text.h"

namespace muster::lab {

Task<std::vector<std::string>> Lines::fields() {
  std::size_t end = 0;
  while ((end = buffer_.find('\n')) == std::string::npos) co_await more();
  const std::string line = co_await bytes(end + 1);
  co_return split(std::string_view(line).substr(0, end), '\t');
}

Task<std::string> Lines::bytes(std::size_t count) {
  while (buffer_.size() < count) co_await more();
  std::string taken = buffer_.substr(0, count);
  buffer_.erase(0, count);
  co_return taken;
}

Task<> Lines::more() {
  const std::string chunk = co_await channel_->read();
  if (chunk.empty()) {
    const std::string said = printable(trim(channel_->errors()), 400);
    fail("the lab's own process ended: {}", said.empty() ? "it said nothing" : said);
  }
  buffer_ += chunk;
}

}  // namespace muster::lab
