#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace muster {

/// The options and operands of one command. References stay valid while the Arguments live; values
/// are there once the command line was read. The only user of CLI11 is arguments.cc.
class Arguments {
 public:
  struct Builder;
  explicit Arguments(Builder& builder) : builder_(builder) {}

  std::string& operand(const std::string& name, const std::string& help, bool required = true);
  std::vector<std::string>& operands(const std::string& name,
                                     const std::string& help,
                                     bool required = true);
  /// Everything after `--`.
  std::vector<std::string>& rest(const std::string& name, const std::string& help);
  std::string& option(const std::string& name,
                      const std::string& value,
                      const std::string& help,
                      const std::string& fallback = "");
  std::vector<std::string>& options(const std::string& name,
                                    const std::string& value,
                                    const std::string& help);
  bool& flag(const std::string& name, const std::string& help);
  int& number(const std::string& name, const std::string& help, int fallback, int least, int most);
  void example(const std::string& text);

 private:
  Builder& builder_;
};

/// What a command does once its arguments are known; returns the exit code.
using Action = std::function<int()>;

struct CommandSpec {
  const char* name;
  const char* summary;
  Action (*define)(Arguments& arguments);  ///< declares the arguments; nothing runs yet
};

/// Reads the command line and runs one command; handles --help, --version and mistakes (exit code
/// 2, with the nearest command or option).
int run_command_line(int argc, const char* const* argv, const std::vector<CommandSpec>& commands);

}  // namespace muster
