// The client side of a host's process 1: what a stack's `start:` and `stop:` run.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "drills/lab/programs/init.h"

namespace muster::lab_init {

int ask_init(const std::vector<std::string>& words) {
  if (words.empty() || words.size() > 2) {
    std::fprintf(stderr, "usage: service start NAME | stop NAME | status [NAME]\n");
    return 2;
  }
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strcpy(address.sun_path, kSocket);
  const int init = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::connect(init, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    die("service: this is no lab host, or its init does not answer");
  std::string request = words[0];
  if (words.size() == 2) request += "\t" + words[1];
  send_all(init, request + "\n");

  std::string reply;
  char buffer[4096];
  for (ssize_t count = 0; (count = ::read(init, buffer, sizeof buffer)) > 0;)
    reply.append(buffer, static_cast<std::size_t>(count));
  const std::size_t line = reply.find('\n');
  if (line == std::string::npos) {
    std::fprintf(stderr, "service: init gave no answer\n");
    return 1;
  }
  const int code = std::atoi(reply.c_str());
  std::fputs(reply.c_str() + line + 1, code == 0 ? stdout : stderr);
  return code;
}

}  // namespace muster::lab_init
