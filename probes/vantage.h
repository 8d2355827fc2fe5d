#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/host.h"
#include "base/tasks.h"
#include "probes/probe.h"
#include "probes/sample.h"

namespace muster {

/// What one agent is asked to measure: everything that runs on one host.
struct AgentTask {
  std::string run;  ///< part of the ledger's keys; make_agents draws one where it is empty
  std::string vantage;
  std::string host;
  std::string region;
  struct Item {
    std::string probe;
    std::string kind;
    double rate = 1;
    bool poisson = false;
    int clients = 1;
    std::string resolver;
    json::object params;
  };
  std::vector<Item> items;
};

/// One AgentTask for each vantage (host) of the drill, probes grouped.
std::vector<AgentTask> agent_tasks(const Playbook& playbook, const Stack& stack);

/// Receives what agents measured, on the runner's one thread.
class SampleSink {
 public:
  virtual ~SampleSink() = default;
  /// `served_by`/answer texts are interned by the sink: agents send them once.
  virtual std::uint16_t intern(std::string_view text) = 0;
  virtual void samples(std::string_view probe,
                       std::string_view vantage,
                       const std::vector<Sample>& block) = 0;
};

/// A running `muster agent`.
class Agent {
 public:
  virtual ~Agent() = default;
  virtual const std::string& vantage() const = 0;
  /// Starts sending at `at`; a launched agent already has its addresses and connections.
  virtual Task<> start(Time at) = 0;
  /// Reads its samples into the sink until it has stopped or died. Run it in a TaskGroup. Never
  /// throws for a dead agent: health().died says it.
  virtual Task<> pump(SampleSink& sink) = 0;
  /// Ledger: tells it numbers that another vantage wrote, to be read back here.
  virtual void tell_written(std::string_view probe,
                            std::string_view writer,
                            std::vector<std::uint64_t> numbers) = 0;
  /// Stops sending; lets what is in flight end; asks for read-back of every number still open.
  /// pump() then ends.
  virtual Task<> stop() = 0;
  virtual const AgentHealth& health() const = 0;
};

class Agents {
 public:
  virtual ~Agents() = default;
  virtual Task<std::unique_ptr<Agent>> launch(AgentTask task) = 0;
};

/// The real one: runs `muster agent` on the vantage's host. `program` is another argv to run there,
/// for tests; empty: the muster beside this program.
std::unique_ptr<Agents> make_agents(Hosts& hosts,
                                    Clock& clock,
                                    std::vector<std::string> program = {});

/// `muster agent`: serves one runner over stdin and stdout until its input ends. The exit code.
int run_agent();

/// Writes samples as they come into `path` (columnar blocks, readable after kill -9 up to the last
/// block; format in docs/samples.md).
class SampleFile {
 public:
  virtual ~SampleFile() = default;
  virtual void add(std::string_view probe, std::string_view vantage, const Sample& sample) = 0;
  virtual void add_text(std::uint16_t index, std::string_view text) = 0;
  virtual void flush() = 0;
  virtual std::uint64_t count() const = 0;
  /// All that was added and flushed. It is the file that keeps a run's samples, not its runner's
  /// memory, which does not grow with the length of a drill.
  virtual std::vector<SampleSeries> read_back() const = 0;
};
std::unique_ptr<SampleFile> create_sample_file(const std::string& path);

struct SampleFileContent {
  std::vector<SampleSeries> series;
  std::vector<std::string> texts;
  bool complete = true;  ///< false where the tail was torn
};
SampleFileContent read_sample_file(const std::string& path);

}  // namespace muster
