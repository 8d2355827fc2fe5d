#include "runner/commands/commands.h"

#include <cstdio>

#include <boost/asio.hpp>

#include "base/error.h"
#include "base/secret.h"
#include "base/text.h"
#include "runner/catalogue.h"

namespace muster {

namespace asio = boost::asio;

const std::vector<CommandSpec>& commands() {
  static const std::vector<CommandSpec> kCommands = {
#define COMMAND(name, summary) {#name, summary, define_##name},
#include "runner/commands/commands.inc"
#undef COMMAND
  };
  return kCommands;
}

std::map<std::string, std::string> named_values(const std::vector<std::string>& words,
                                                std::string_view option) {
  std::map<std::string, std::string> values;
  for (const std::string& word : words) {
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw UsageError(fmt::format("{} wants NAME=VALUE, not '{}'", option, word));
    }
    values[word.substr(0, equals)] = word.substr(equals + 1);
  }
  return values;
}

Drill load_drill_as_asked(const std::string& playbook,
                          const std::vector<std::string>& set,
                          const std::string& stack) {
  LoadOptions options;
  options.set = named_values(set, "--set");
  if (!stack.empty()) options.stack_file = stack;
  return load_drill(playbook, catalogue(), options);
}

std::string drill_words(const std::string& playbook,
                        const std::vector<std::string>& set,
                        const std::string& stack) {
  std::vector<std::string> words{playbook};
  if (!stack.empty()) words.insert(words.end(), {"--stack", stack});
  for (const std::string& each : set) words.insert(words.end(), {"--set", each});
  return show_argv(words);
}

int run_to_end(Task<int> task) {
  asio::io_context loop(1);
  int exit_code = 0;
  std::exception_ptr error;
  asio::co_spawn(loop, std::move(task), [&](std::exception_ptr thrown, int code) {
    error = thrown;
    exit_code = code;
    loop.stop();
  });
  loop.run();
  if (error) std::rethrow_exception(error);
  return exit_code;
}

void print(std::string_view shown) {
  const std::string text = without_secrets(std::string(shown));
  const bool taken = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  if (std::fflush(stdout) != 0 || !taken) fail_errno("cannot write to stdout");
}

void say(const std::string& text) {
  try {
    print(text);
  } catch (const Error& error) {
    say_on_stderr(error.what());
  }
}

void say_on_stderr(const std::string& text) {
  std::fputs(("muster: " + without_secrets(text) + "\n").c_str(), stderr);
}

}  // namespace muster
