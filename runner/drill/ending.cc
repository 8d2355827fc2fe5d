#include "runner/drill/ending.h"

#include <algorithm>

#include "base/error.h"
#include "runner/perhaps_in_force.h"
#include "runner/record/run_results.h"

namespace muster {

Task<EngineEnd> end_of(Task<RunRecord> engine) {
  EngineEnd end;
  try {
    end.record = co_await std::move(engine);
  } catch (const std::exception& error) {
    end.error = std::current_exception();
    end.refused = dynamic_cast<const Refused*>(&error) != nullptr;
    end.why = error.what();
  }
  co_return end;
}

bool is_undone(const EngineEnd& end, const std::filesystem::path& directory) {
  if (end.record) {
    return std::ranges::all_of(end.record->actions, [](const ActionRecord& action) {
      return action.undone && action.undone->clean();
    });
  }
  // A target's no leaves an intent in the journal, and nothing else anywhere.
  if (end.refused) return true;
  try {
    return !something_was_tried(directory);
  } catch (const std::exception&) {
    return false;
  }
}

Task<Result> result_of_rest(Task<Result> rest, bool undone) {
  try {
    co_return co_await std::move(rest);
  } catch (const std::exception& error) {
    if (undone) throw;
    throw PerhapsInForce(fmt::format(
        "{}; it is not known that everything was undone: run `muster recover`", error.what()));
  }
}

Task<std::string> problem_of(Task<> last) {
  try {
    co_await std::move(last);
  } catch (const std::exception& error) {
    co_return error.what();
  }
  co_return "";
}

}  // namespace muster
