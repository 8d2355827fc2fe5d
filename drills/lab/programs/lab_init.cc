#include <cstdio>
#include <string>
#include <vector>

#include "drills/lab/programs/init.h"

int main(int argc, char** argv) {
  namespace init = muster::lab_init;
  std::vector<std::string> words(argv + 1, argv + argc);
  const std::string called = argv[0];
  if (called.substr(called.rfind('/') + 1) == "service") return init::ask_init(words);

  const std::string mode = words.empty() ? "" : words.front();
  if (mode == "supervise" && words.size() == 2) return init::supervise(words[1]);
  if (mode == "host" && words.size() == 2) return init::run_host(words[1]);
  if (mode == "ask" && words.size() == 1) return init::carry_questions();
  if (mode == "service") return init::ask_init({words.begin() + 1, words.end()});
  std::fprintf(stderr,
               "muster-lab-init is a part of `muster lab`; by hand, on a lab host:\n"
               "  /run/lab/service start NAME | stop NAME | status [NAME]\n");
  return 2;
}
