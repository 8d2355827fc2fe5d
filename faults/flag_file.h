#pragma once

#include <string>
#include <vector>

#include "faults/targets.h"

namespace muster {

/// A service that behaves otherwise while a file is there: the simplest switch that a running
/// program can have. The file is made with `content`; the undo takes it away, or puts back what was
/// there.
Change& add_flag_file(FaultPlan& plan,
                      const FaultContext& context,
                      const StackHost& host,
                      const std::string& file,
                      std::string content,
                      std::string what);

/// The text that the service's stack entry has under `key`; throws, saying what it is needed for,
/// where there is none.
std::string service_text(const StackService& service,
                         std::string_view key,
                         std::string_view needed_for,
                         const Where& where);

/// The program under `key` in the service's stack entry, with {address} filled in for this host.
Operation service_program(const StackService& service,
                          std::string_view key,
                          const StackHost& host,
                          std::string_view needed_for,
                          const Where& where);

}  // namespace muster
