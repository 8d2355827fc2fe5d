#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/host.h"
#include "base/once.h"
#include "drills/stack.h"

namespace muster {

/// Whether the words of a program have this part.
inline bool says(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// A host that shares neither files nor processes with this machine. One fixed command is ever run
/// there, `muster-guard stdio`; what it is to do goes as frames over its stdin, so that no word of
/// a drill meets a shell on the way. Where the guard of this very build is missing it is copied
/// once, under a name that tells its content. How sessions and files get there is for those below.
class StdioHost : public Host {
 public:
  const std::string& name() const override { return name_; }
  Task<CommandResult> try_run(Command command) override;
  Task<std::unique_ptr<Channel>> open(std::vector<std::string> argv) override;
  /// The order that follows says what the guard is to do.
  Task<std::unique_ptr<Channel>> open_guard(std::string command) override;
  /// Found by its name there, where it is installed.
  std::string own_program(std::string_view name) const override { return std::string(name); }

 protected:
  /// A recovery wants a way that answers now, not one that was good a while ago.
  enum class Way { Any, Answering };

  /// `copies_into` is the folder there for copies of the guard, where the stack names none.
  StdioHost(const StackHost& host, std::string_view copies_into);

  /// One session from start to end: `input` to its stdin. Throws Error where the way there, not the
  /// program, failed.
  virtual Task<CommandResult> run_session(std::string input, Duration timeout) = 0;
  virtual Task<std::unique_ptr<Channel>> open_session(Way way) = 0;
  /// Puts local_guard() at guard().
  virtual Task<> copy_guard() = 0;
  /// The words that start a guard there, for people.
  virtual std::string shown_command() const { return guard_ + " stdio"; }
  /// Why a guard that is there does not start, where only this kind of host knows; may be empty.
  virtual std::string explain_start(const CommandResult&) const { return {}; }

  const std::string& guard() const { return guard_; }  ///< its path there
  static std::string local_guard();

 private:
  Task<> require_guard();
  Task<> find_guard();
  void judge_greeting(const CommandResult& answer) const;

  std::string name_;
  bool copies_guard_;
  std::string guard_;
  Once guard_found_;
};

}  // namespace muster
