#include "runner/commands/arguments.h"

#include <cstdio>
#include <deque>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/text.h"
#include "runner/exit_code.h"

namespace muster {

struct Arguments::Builder {
  CLI::App* app = nullptr;
  std::deque<std::string> texts;
  std::deque<std::vector<std::string>> lists;
  std::deque<bool> flags;
  std::deque<int> numbers;
};

std::string& Arguments::operand(const std::string& name, const std::string& help, bool required) {
  builder_.app->add_option(name, builder_.texts.emplace_back(), help)
      ->required(required)
      ->type_name("");
  return builder_.texts.back();
}

std::vector<std::string>& Arguments::operands(const std::string& name,
                                              const std::string& help,
                                              bool required) {
  builder_.app->add_option(name, builder_.lists.emplace_back(), help)
      ->required(required)
      ->type_name("");
  return builder_.lists.back();
}

std::vector<std::string>& Arguments::rest(const std::string& name, const std::string& help) {
  builder_.app->prefix_command(false);
  return operands(name, help);
}

std::string& Arguments::option(const std::string& name,
                               const std::string& value,
                               const std::string& help,
                               const std::string& fallback) {
  builder_.texts.push_back(fallback);
  auto* option = builder_.app->add_option(name, builder_.texts.back(), help)->type_name(value);
  // A variable that is not set, in a script, must not make a question ask for less.
  option->check([](const std::string& given) {
    return std::string(given.empty() ? "it is given and empty: leave it out, or say what it is"
                                     : "");
  });
  if (!fallback.empty()) option->capture_default_str();
  return builder_.texts.back();
}

std::vector<std::string>& Arguments::options(const std::string& name,
                                             const std::string& value,
                                             const std::string& help) {
  builder_.app->add_option(name, builder_.lists.emplace_back(), help)
      ->type_name(value)
      ->take_all()
      ->expected(1, 1000)
      ->allow_extra_args(false);
  return builder_.lists.back();
}

bool& Arguments::flag(const std::string& name, const std::string& help) {
  builder_.app->add_flag(name, builder_.flags.emplace_back(false), help);
  return builder_.flags.back();
}

int& Arguments::number(
    const std::string& name, const std::string& help, int fallback, int least, int most) {
  builder_.numbers.push_back(fallback);
  builder_.app->add_option(name, builder_.numbers.back(), help)
      ->check(CLI::Range(least, most))
      ->type_name("N");
  return builder_.numbers.back();
}

void Arguments::example(const std::string& text) {
  builder_.app->footer("Example:\n  " + text);
}

namespace {

std::vector<std::string> command_names(const std::vector<CommandSpec>& commands) {
  std::vector<std::string> names;
  for (const CommandSpec& command : commands) names.emplace_back(command.name);
  return names;
}

void say_what_was_meant(const std::string& word, const std::vector<CommandSpec>& commands) {
  const std::string meant = nearest(word, command_names(commands));
  std::fputs(
      fmt::format("muster: there is no command '{}'{}\n",
                  printable(word, 60),
                  meant.empty() ? "; see `muster --help`" : "; did you mean '" + meant + "'?")
          .c_str(),
      stderr);
}

}  // namespace

int run_command_line(int argc, const char* const* argv, const std::vector<CommandSpec>& commands) {
  CLI::App app(
      "muster runs failover drills: it breaks a system on purpose, measures what users saw,\n"
      "puts everything back and judges.",
      "muster");
  app.set_version_flag("--version", MUSTER_VERSION);
  app.require_subcommand(1);
  app.footer(
      "Exit codes: 0 pass, 1 fail, 2 wrong input, 3 inconclusive, 4 something is still broken,\n"
      "5 aborted, 6 refused, 130 interrupted, 70 a bug in muster.\n"
      "`muster COMMAND --help` shows the options of a command and an example.");
  std::deque<Arguments::Builder> builders;
  std::vector<std::pair<CLI::App*, Action>> actions;
  for (const CommandSpec& command : commands) {
    Arguments::Builder& builder = builders.emplace_back();
    builder.app = app.add_subcommand(command.name, command.summary);
    if (*command.summary == '\0') builder.app->group("");  // hidden: muster itself calls it
    Arguments arguments(builder);
    actions.emplace_back(builder.app, command.define(arguments));
  }
  if (argc > 1 && argv[1][0] != '-') {
    const auto names = command_names(commands);
    if (std::find(names.begin(), names.end(), argv[1]) == names.end()) {
      say_what_was_meant(argv[1], commands);
      return static_cast<int>(ExitCode::Usage);
    }
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : static_cast<int>(ExitCode::Usage);
  }
  for (const auto& [subcommand, action] : actions) {
    if (subcommand->parsed()) return action();
  }
  return static_cast<int>(ExitCode::Usage);
}

}  // namespace muster
