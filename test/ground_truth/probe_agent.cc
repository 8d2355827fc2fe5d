// The agent as a program of its own, for tests and benchmarks that need no more of muster.
#include <cstdio>
#include <exception>

#include "probes/vantage.h"

int main() {
  try {
    return muster::run_agent();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 70;
  }
}
