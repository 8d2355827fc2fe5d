// Proofs in which several hands reach for one thing: two runners, many undoers, strangers. Each is
// seeded, plays the real guard against the real kernel, and is judged by what the kernel and the
// files say.
#include "test/storm/contest.h"

#include <cstdio>
#include <ctime>

#include <sys/mman.h>

#include "test/faults/guard_process.h"
#include "test/storm/kinds.h"
#include "test/storm/namespaces.h"

namespace muster {

namespace fs = std::filesystem;

int in_workers(int count, const std::function<int(int)>& work) {
  std::vector<pid_t> workers;
  std::fflush(stdout);
  for (int i = 0; i < count; ++i) {
    const pid_t pid = ::fork();
    if (pid == 0) {
      int result = 2;
      try {
        result = work(i);
      } catch (const std::exception& error) {
        std::printf("FAILED: %s\n", error.what());
      }
      std::fflush(stdout);
      ::_exit(result);
    }
    workers.push_back(pid);
  }
  int worst = 0;
  while (!workers.empty()) {  // we may be process 1, which reaps what is orphaned as well
    int status = 0;
    const pid_t ended = ::wait(&status);
    if (std::erase(workers, ended) == 0) continue;
    worst = std::max(worst, WIFEXITED(status) ? WEXITSTATUS(status) : 2);
  }
  return worst;
}

void* shared_memory(std::size_t bytes) {
  void* const memory =
      ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::runtime_error("mmap");
  return memory;
}

UndoneReport recovered(const ContestOptions& options,
                       const std::string& directory,
                       const Order& order) {
  GuardProcess process(options.guard, "recover", directory);
  process.send(to_frame(FrameType::Recover, order));
  return process.undone();
}

int swept(const ContestOptions& options, const std::string& directory) {
  return GuardProcess(options.guard, "sweep", directory).wait();
}

std::vector<std::string> records_in(const std::string& directory) {
  std::vector<std::string> found;
  if (!fs::exists(directory + "/records")) return found;
  for (const auto& entry : fs::directory_iterator(directory + "/records"))
    if (entry.path().extension() == ".record") found.push_back(entry.path());
  return found;
}

std::vector<std::string> stages_in(const std::string& record) {
  std::vector<std::string> stages;
  std::string bytes = content_of(record);
  Frame frame;
  std::size_t used = 0;
  for (; decode(bytes, frame, used) == Decoded::Complete; bytes.erase(0, used))
    if (frame.type == FrameType::State) stages.push_back(frame.fields[0]);
  return stages;
}

bool is_clean_stage(std::string_view stage) {
  return stage == "clean" || stage == "clean-by-guard" || stage == "target-gone";
}

namespace {

struct Proof {
  std::string_view name;
  int rounds;
  int (*run)(const ContestOptions& options, const std::string& root);
};

constexpr Proof kProofs[] = {{"two-runners", 200, two_runners},
                             {"any-order", 100, any_order},
                             {"reused-number", 50, reused_number},
                             {"changed-meanwhile", 50, changed_meanwhile}};

int usage() {
  std::puts(
      "contest two-runners|any-order|reused-number|changed-meanwhile [--rounds N] [--seed S] "
      "[--kind KIND] [--guard PROGRAM]\n"
      "Exit code 1: something was wrong, or what was to be shown did not come up.");
  return 2;
}

int run(const Proof& proof, ContestOptions options) {
  if (options.rounds == 0) options.rounds = proof.rounds;
  const auto began = std::time(nullptr);
  const int result =
      in_own_namespaces([&](const std::string& root) { return proof.run(options, root); });
  if (result == kSkipped) return result;
  std::printf("%s after %d s, seed %llu\n",
              result == 0 ? "nothing wrong" : "FAILED",
              static_cast<int>(std::time(nullptr) - began),
              static_cast<unsigned long long>(options.seed));
  return result;
}

}  // namespace

}  // namespace muster

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (const int helped = muster::run_storm_helper(arguments); helped >= 0) return helped;
  if (const int helped = muster::run_contest_helper(arguments); helped >= 0) return helped;
  if (arguments.empty()) return muster::usage();
  muster::ContestOptions options;
  options.guard = muster::guard_program();
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    if (i + 1 == arguments.size()) return muster::usage();
    if (arguments[i] == "--rounds")
      options.rounds = std::stoi(arguments[++i]);
    else if (arguments[i] == "--seed")
      options.seed = std::stoull(arguments[++i]);
    else if (arguments[i] == "--kind")
      options.kind = arguments[++i];
    else if (arguments[i] == "--guard")
      options.guard = arguments[++i];
    else
      return muster::usage();
  }
  for (const muster::Proof& proof : muster::kProofs)
    if (proof.name == arguments[0]) return muster::run(proof, options);
  return muster::usage();
}
