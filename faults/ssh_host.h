#pragma once

#include <memory>

#include "base/host.h"
#include "drills/stack.h"

namespace muster {

/// A host behind ssh. One fixed remote command is ever run there, `muster-guard stdio`; what it is
/// to do goes as frames over its stdin, so that no word of a drill meets a remote shell. Where the
/// guard of this very build is missing it is copied by sftp, once: .muster/guard-<hash>.
std::unique_ptr<Host> make_ssh_host(const StackHost& host);

}  // namespace muster
