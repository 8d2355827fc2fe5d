#include <cstdio>
#include <string>
#include <vector>

#include "drills/lab/programs/init.h"

int main(int argc, char** argv) {
  namespace init = muster::lab_init;
  std::vector<std::string> words(argv + 1, argv + argc);
  const std::string called = argv[0];
  const std::string name = called.substr(called.rfind('/') + 1);
  if (name == "service") return init::ask_init(words);
  if (name == "rejoin") return init::rejoin();

  const std::string mode = words.empty() ? "" : words.front();
  if (mode == "supervise" && words.size() == 2) return init::supervise(words[1]);
  if (mode == "host" && words.size() == 2) return init::run_host(words[1]);
  if (mode == "ask" && words.size() == 1) return init::carry_questions();
  if (mode == "repeat" && words.size() >= 3)
    return init::repeat(words[1], {words.begin() + 2, words.end()});
  if (mode == "database") return init::start_database();
  if (mode == "service") return init::ask_init({words.begin() + 1, words.end()});
  std::fprintf(stderr,
               "muster-lab-init is a part of `muster lab`; by hand, on a lab host:\n"
               "  /run/lab/service start NAME | stop NAME | status [NAME]\n"
               "  /run/lab/rejoin          (database hosts)\n");
  return 2;
}
