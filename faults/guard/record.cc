#include "faults/guard/record.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace muster::guard {

namespace {

constexpr std::array kStages = {"armed",
                                "injecting",
                                "active",
                                "undoing",
                                "clean",
                                "clean-by-guard",
                                "target-gone",
                                "conflict",
                                "unknown"};
constexpr std::size_t kRecordLimit = 64U << 20U;
constexpr std::size_t kRoomForTransitions = 8192;

Frame to_frame(const Facts& facts) {
  FieldWriter out;
  out.add(facts);
  out.add(facts.change.kind);
  return {FrameType::Facts, std::move(out.fields)};
}

Facts facts_of(const Frame& frame) {
  FieldReader in(frame.fields);
  Facts facts;
  in.take(facts);
  if (in.more()) in.take(facts.change.kind);  // records of older guards end before it
  in.end();
  return facts;
}

FrameInPlace state_frame(Stage stage, const char* detail) {
  FrameInPlace frame(FrameType::State);
  frame.add(name_of(stage));
  frame.add(boottime_now());
  frame.add(detail);
  return frame;
}

bool take_stage(const Frame& frame, FoundRecord& found) {
  if (frame.type != FrameType::State || frame.fields.size() != 3) return false;
  const auto name = std::ranges::find(kStages, frame.fields[0]);
  if (name == kStages.end()) return false;
  found.stage = static_cast<Stage>(name - kStages.begin());
  found.detail = frame.fields[2];
  return true;
}

/// Whether a whole frame starts anywhere in `bytes`: then what lies before it is damage, not a torn
/// end.
bool holds_a_frame(std::string_view bytes) {
  Frame frame;
  std::size_t used = 0;
  for (std::size_t start = 1; start < bytes.size(); ++start) {
    if (decode(bytes.substr(start), frame, used) == Decoded::Complete &&
        frame.type == FrameType::State)
      return true;
  }
  return false;
}

std::string resource_name(const PlainChange& change) {
  return file_name_for(change.place + "/" + change.resource);
}

}  // namespace

const char* name_of(Stage stage) {
  return kStages.at(static_cast<std::size_t>(stage));
}

bool is_clean(Stage stage) {
  return stage == Stage::Clean || stage == Stage::CleanByGuard || stage == Stage::TargetGone;
}

Record Record::create(const std::string& path, const Facts& facts) {
  std::string content = encode(to_frame(facts));
  content += state_frame(Stage::Armed, "").bytes();
  // Room taken now, so that a full disk (perhaps our own fault) cannot keep a transition from being
  // written.
  write_durably(path, content, kRoomForTransitions);
  // I1, I4: who opens this record finds an undo there, and the same one as we have in memory.
  const auto found = find_record(path);
  assert(found && found->facts && found->good == content.size() && !found->corrupt);
  assert(encode(to_frame(*found->facts)) == encode(to_frame(facts)));
  return open(path, content.size());
}

Record Record::open(const std::string& path, std::size_t good) {
  Descriptor file(::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW));
  struct stat status {};
  if (!file.open() || ::fstat(file.get(), &status) != 0) fail_system(path);
  // Only where there is a torn end: some file systems take the room away with it.
  const auto end = static_cast<off_t>(good);
  if (status.st_size != end && ::ftruncate(file.get(), end) != 0) fail_system(path);
  return Record(std::move(file));
}

bool Record::append(Stage stage, const char* detail) {
  if (!write_all(file_.get(), state_frame(stage, detail).bytes())) return false;
  return ::fdatasync(file_.get()) == 0;
}

FoundRecord parse_record(const std::string& path, std::string_view bytes) {
  FoundRecord found;
  found.path = path;
  Frame frame;
  std::size_t used = 0;
  try {
    if (decode(bytes, frame, used) == Decoded::Complete && frame.type == FrameType::Facts)
      found.facts = facts_of(frame);
  } catch (const ProtocolError&) {
    found.facts.reset();
  }
  found.corrupt = !found.facts;
  while (!found.corrupt) {
    bytes.remove_prefix(used);
    found.good += used;
    if (bytes.empty()) break;
    if (decode(bytes, frame, used) != Decoded::Complete) {
      found.corrupt = holds_a_frame(bytes);
      break;
    }
    found.corrupt = !take_stage(frame, found);
  }
  return found;
}

std::optional<FoundRecord> find_record(const std::string& path) {
  if (const auto bytes = read_if_exists(path, kRecordLimit)) return parse_record(path, *bytes);
  return std::nullopt;
}

Store::Store(std::string directory) : directory_(std::move(directory)) {
  for (const char* part : {"/locks", "/epochs", "/records"}) make_directory(directory_ + part);
}

std::string Store::distrust() const {
  for (const char* part : {"/", "/locks", "/epochs", "/records"}) {
    const std::string path = directory_ + part;
    struct stat status {};
    const bool ours = ::lstat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode) &&
                      status.st_uid == ::geteuid();
    if (ours && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0) continue;
    const std::string user = std::to_string(::geteuid());
    return path + " must be a directory of user " + user +
           " that nobody else may write: look who did, then chown " + user + " and chmod 700 it";
  }
  return "";
}

std::string Store::record_path(const std::string& run_id, const PlainChange& change) const {
  return directory_ + "/records/" + resource_name(change) + "." +
         file_name_for(run_id + "/" + change.id) + ".record";
}

std::vector<std::string> Store::record_paths(const PlainChange* same_resource) const {
  const std::string folder = directory_ + "/records";
  const std::string prefix = same_resource == nullptr ? "" : resource_name(*same_resource) + ".";
  DIR* const listing = ::opendir(folder.c_str());
  if (listing == nullptr) fail_system(folder);
  std::vector<std::string> paths;
  while (const dirent* const entry = ::readdir(listing)) {
    const std::string_view name = entry->d_name;
    if (name.starts_with(prefix) && name.ends_with(".record"))
      paths.push_back(folder + "/" + std::string(name));
  }
  ::closedir(listing);
  std::ranges::sort(paths);
  return paths;
}

std::optional<ResourceLock> ResourceLock::take(const Store& store,
                                               const Order& order,
                                               std::string& holder) {
  const std::string name = resource_name(order.change);
  const std::string path = store.directory() + "/locks/" + name;
  Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file.open()) fail_system(path);
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) fail_system(path);
    holder = "guard " + read_if_exists(path, 4096).value_or("?");
    return std::nullopt;
  }
  const std::string who =
      std::to_string(::getpid()) + " of run " + order.run_id + ", change " + order.change.id;
  // Only for people: a full disk must not keep a recovery out.
  if (::ftruncate(file.get(), 0) == 0) write_all(file.get(), who);
  return ResourceLock(std::move(file), store.directory() + "/epochs/" + name);
}

void ResourceLock::raise_epoch(std::int64_t epoch) {
  const std::int64_t highest = number_in(read_if_exists(epoch_path_, 64).value_or("")).value_or(0);
  if (epoch < highest) {
    throw GuardError("a later run has taken over this resource (epoch " + std::to_string(epoch) +
                     ", seen " + std::to_string(highest) + " in " + epoch_path_ +
                     "); this run must not touch it any more");
  }
  if (epoch > highest) write_durably(epoch_path_, std::to_string(epoch));
}

}  // namespace muster::guard
