#pragma once

#include <memory>
#include <optional>
#include <string>

#include <boost/asio/any_io_executor.hpp>

#include "runner/drill/leash.h"
#include "runner/record/stack_hold.h"
#include "store/shared_store.h"

namespace muster {

/// Keeps the hold of a run on its stack: prolongs it on a connection of its own, makes sure of it
/// before each fault, and ends the run where it is lost, or so early that everything is undone
/// before another may have it. A store that is away for a while ends nothing.
class HoldKeeper final : public Leash {
 public:
  /// `hold` is taken; `beside`: what else the run hangs on, heard through this; or nullptr. It
  /// outlives this.
  HoldKeeper(boost::asio::any_io_executor executor,
             Clock& clock,
             std::unique_ptr<SharedStore> store,
             const StackHold& hold,
             Leash* beside);

  /// Prolongs it until cancelled, also while everything is being undone.
  Task<> keep();
  Task<std::vector<std::string>> why_not_inject(std::string run_id) override;
  Task<Pull> pulled() override;

 private:
  Task<> prolong();
  Task<> hear();
  Task<std::string> ask();
  void end(Pull pull);

  Clock& clock_;
  std::unique_ptr<SharedStore> store_;
  std::string stack_;
  Lease lease_;
  Time safe_until_;
  Leash* beside_;
  Happening ended_;
  std::optional<Pull> pull_;
  bool is_anothers_ = false;
};

}  // namespace muster
