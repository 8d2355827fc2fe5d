// command: a program of the user's own that says whether all is well.
#include "base/clock.h"
#include "base/process.h"
#include "probes/kinds.h"
#include "probes/prober.h"

namespace muster {

namespace {

class CommandProber final : public TaskProber {
 public:
  explicit CommandProber(const Watch& watch)
      : TaskProber(watch, duration_at(watch.item.params, "timeout"), SampleKind::Request),
        host_(make_host(watch.task.host, "local", {})),
        exit_(integer_at(watch.item.params, "exit")) {
    const json::object& params = watch.item.params;
    for (const json::value& word : at(params, "argv").as_array())
      argv_.emplace_back(word.as_string());
    if (find(params, "contains") != nullptr) contains_ = text_at(params, "contains");
  }

 protected:
  Task<> measure(Sample& sample) override {
    Command command{argv_, {}, timeout_};
    const CommandResult result = co_await host_->try_run(std::move(command));
    sample.status = static_cast<std::uint16_t>(result.exit_code);
    sample.value = result.exit_code;
    sample.outcome = judge(result);
  }

 private:
  Outcome judge(const CommandResult& result) const {
    if (result.timed_out) return Outcome::Timeout;
    if (result.exit_code != exit_) return Outcome::Other;
    return result.out.find(contains_) == std::string::npos ? Outcome::WrongBody : Outcome::Good;
  }

  std::unique_ptr<Host> host_;
  std::vector<std::string> argv_;
  const std::int64_t exit_;
  std::string contains_;
};

std::unique_ptr<Prober> prober(const Watch& watch) {
  return std::make_unique<CommandProber>(watch);
}

}  // namespace

ProbeKind command_probe() {
  return {
      {.name = "command",
       .summary = "runs a program on the vantage's host; good where it ends and prints as expected",
       .example = "command:\n"
                  "  argv: [redis-cli, -h, 10.1.0.30, ping]\n"
                  "  contains: PONG\n",
       .fields =
           {{.name = "argv", .type = Type::Argv, .help = "program and arguments", .required = true},
            {.name = "exit",
             .type = Type::Integer,
             .help = "the exit code of a good one",
             .fallback = "0",
             .least = 0,
             .most = 255},
            {.name = "contains", .type = Type::Text, .help = "what a good one prints"},
            {.name = "timeout",
             .type = Type::Duration,
             .help = "then it is ended, with its children",
             .fallback = "2s",
             .least = 0.001,
             .most = 60}}},
      false,
      &at_vantages,
      &prober};
}

}  // namespace muster
