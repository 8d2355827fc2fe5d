#include <csignal>
#include <cstdio>

#include "base/error.h"
#include "base/secret.h"
#include "runner/commands/commands.h"
#include "runner/exit_code.h"
#include "runner/perhaps_in_force.h"

namespace {

int ended(const std::exception& error, muster::ExitCode code, const char* prefix) {
  std::fputs(prefix, stderr);
  std::fputs(muster::without_secrets(error.what()).c_str(), stderr);
  std::fputs("\n", stderr);
  return static_cast<int>(code);
}

}  // namespace

int main(int argc, char** argv) {
  // A guard or agent that died is an error of the write, not the end of the runner and its undo.
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return muster::run_command_line(argc, argv, muster::commands());
  } catch (const muster::UsageError& error) {
    return ended(error, muster::ExitCode::Usage, "");
  } catch (const muster::Refused& error) {
    return ended(error, muster::ExitCode::Refused, "muster: refused: ");
  } catch (const muster::PerhapsInForce& error) {
    return ended(error, muster::ExitCode::Broken, "muster: SOMETHING MAY STILL BE IN FORCE: ");
  } catch (const muster::Error& error) {
    return ended(error, muster::ExitCode::Inconclusive, "muster: ");
  } catch (const std::exception& error) {
    return ended(error, muster::ExitCode::Bug, "muster: this is a bug in muster: ");
  }
}
