#include "drills/lab/programs/app/redis.h"

#include <sys/time.h>

#include "drills/lab/programs/app/unavailable.h"

namespace muster::app {
namespace {

constexpr timeval kTimeout{.tv_sec = 0, .tv_usec = 500'000};

}  // namespace

std::string Redis::command(const std::vector<std::string>& words) {
  const bool fresh = !context_;
  if (fresh) connect();
  Reply reply = send(words);
  // A restarted server shows as an end of file here; a silent one as a timeout, which is not worth
  // a second wait.
  if (!reply && !fresh && context_->err == REDIS_ERR_EOF) {
    connect();
    reply = send(words);
  }
  if (!reply) {
    const std::string error = context_->errstr;
    context_.reset();
    throw Unavailable("redis: " + error);
  }
  if (reply->type == REDIS_REPLY_ERROR)
    throw Unavailable("redis: " + std::string(reply->str, reply->len));
  if (reply->type == REDIS_REPLY_INTEGER) return std::to_string(reply->integer);
  return reply->str == nullptr ? std::string() : std::string(reply->str, reply->len);
}

void Redis::connect() {
  context_.reset(redisConnectWithTimeout(address_.host.c_str(), address_.port, kTimeout));
  const bool connected = context_ && context_->err == 0;
  if (connected && redisSetTimeout(context_.get(), kTimeout) == REDIS_OK) return;
  const std::string error = context_ ? context_->errstr : "out of memory";
  context_.reset();
  throw Unavailable("redis: " + error);
}

Redis::Reply Redis::send(const std::vector<std::string>& words) {
  std::vector<const char*> texts;
  std::vector<std::size_t> lengths;
  for (const std::string& word : words) {
    texts.push_back(word.data());
    lengths.push_back(word.size());
  }
  void* reply = redisCommandArgv(
      context_.get(), static_cast<int>(words.size()), texts.data(), lengths.data());
  return Reply(static_cast<redisReply*>(reply));
}

}  // namespace muster::app
