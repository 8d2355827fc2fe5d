#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/tasks.h"
#include "drills/playbook.h"
#include "runner/commands/arguments.h"

namespace muster {

/// One for each line of commands.inc: declares the command's arguments and returns what runs it.
#define COMMAND(name, summary) Action define_##name(Arguments& arguments);
#include "runner/commands/commands.inc"
#undef COMMAND

/// Every command of the command line, in the order of --help; one file a command (cmd_*.cc).
const std::vector<CommandSpec>& commands();

/// Loads a drill as the command line asks for it: `--set name=value`, `--stack FILE`.
Drill load_drill_as_asked(const std::string& playbook,
                          const std::vector<std::string>& set,
                          const std::string& stack);

/// The words that ask for the same drill again: "drain.yaml --stack production.yaml --set hold=1m".
std::string drill_words(const std::string& playbook,
                        const std::vector<std::string>& set,
                        const std::string& stack);

/// "name=value" words by name; throws UsageError that names the `option` where one has another
/// form.
std::map<std::string, std::string> named_values(const std::vector<std::string>& words,
                                                std::string_view option);

/// Runs one task on an event loop of its own, on this thread, to its end; throws what it throws.
int run_to_end(Task<int> task);

/// Prints to stdout and flushes; throws Error where stdout is closed.
void print(std::string_view text);
/// The same where the work must go on though nobody reads it.
void say(const std::string& text);
/// "muster: TEXT", for people.
void say_on_stderr(const std::string& text);

}  // namespace muster
