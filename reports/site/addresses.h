#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace muster {

// Where the pages and the forms on them lead. All are paths of this server that begin with one '/';
// names and ids in them are percent-encoded, so none can lead elsewhere. They still have to be
// escaped where they go into markup.

namespace address {

inline constexpr std::string_view kIndex = "/";
inline constexpr std::string_view kSchedule = "/schedule";
inline constexpr std::string_view kRuns = "/runs";  ///< ?drill=NAME&verdict=STATUS&page=NUMBER
inline constexpr std::string_view kGate = "/gate";
inline constexpr std::string_view kLogin = "/login";    ///< GET; POST: token, next
inline constexpr std::string_view kLogout = "/logout";  ///< POST
inline constexpr std::string_view kHalt = "/halt";      ///< POST: engages the safety lever

/// The history of a drill.
std::string history(std::string_view drill);
/// POST: starts it now; the field `sure` is "yes".
std::string start(std::string_view schedule);
/// The report of a run.
std::string run(std::string_view id);
std::string live(std::string_view id);
/// Server-Sent Events from behind the event with this number; a reader that comes back says in the
/// header Last-Event-ID where it was.
std::string events(std::string_view id, std::uint64_t after);
/// POST: undoes everything and ends the run.
std::string abort(std::string_view id);
std::string compare(std::string_view before, std::string_view after);
/// A page of the list of runs; empty texts mean all.
std::string runs(std::string_view drill, std::string_view verdict, std::size_t page);
/// `wanted` where it is a path of this server, else the index.
std::string local(std::string_view wanted);

}  // namespace address

}  // namespace muster
