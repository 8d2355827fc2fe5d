#pragma once

#include <string>
#include <vector>

namespace muster {

/// The IPv4 addresses that a name server (IPv4 address, port 53 unless "ADDRESS:PORT" says
/// otherwise) answers to a user who has the address `user`. Throws std::runtime_error where it does
/// not answer within a second, or says that there is no such name.
std::vector<std::string> ask_name_server(const std::string& server,
                                         const std::string& name,
                                         const std::string& user);

}  // namespace muster
