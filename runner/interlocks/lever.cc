#include "runner/interlocks/lever.h"

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"

namespace muster {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMostLeverBytes = 64U << 10U;
constexpr Duration kLookEvery = std::chrono::milliseconds(250);

/// A person may have written the file by hand: then its text is the reason.
void understand(const std::string& content, Lever& lever) {
  try {
    const json::value value = parse_json(content, "its content");
    if (!value.is_object()) fail("its content is no JSON object");
    const json::object& object = value.get_object();
    lever.who = text_at(object, "who");
    lever.since = parse_utc(text_at(object, "since"));
    lever.reason = text_at(object, "reason");
  } catch (const Error& error) {
    lever.doubt = error.what();
    lever.reason = std::string(trim(content));
  }
}

/// Nothing only where the file is surely not there.
std::optional<Lever> look_at(const fs::path& file) {
  Lever lever{file, "", "", {}, ""};
  std::error_code problem;
  const fs::file_type type = fs::symlink_status(file, problem).type();
  if (type == fs::file_type::not_found) return std::nullopt;
  // Anything else is never opened: a pipe would keep us waiting.
  if (type != fs::file_type::regular) {
    lever.doubt = problem ? problem.message() : "it is no regular file";
    return lever;
  }
  try {
    const auto content = read_file_if_exists(file, kMostLeverBytes);
    if (!content) return std::nullopt;  // released at this very moment
    understand(*content, lever);
  } catch (const Error& error) {
    lever.doubt = error.what();
  }
  return lever;
}

}  // namespace

std::string Lever::text() const {
  std::string text = fmt::format("the safety lever {} is engaged", file.string());
  if (!who.empty()) text += " by " + printable(who, 100);
  if (since) text += " since " + format_utc(*since);
  if (!doubt.empty()) text += fmt::format(" (on doubt: {})", printable(doubt));
  if (!reason.empty()) text += ": " + printable(reason);
  return text;
}

std::string Lever::how_to_release() const {
  if (file == home_lever_file()) return "release it with `muster lever release`";
  return "it stands for the whole machine: whoever is responsible removes " + file.string();
}

json::object to_json(const Lever& lever) {
  json::object object;
  object["file"] = lever.file.string();
  object["who"] = lever.who;
  object["reason"] = lever.reason;
  object["since"] = lever.since ? json::value(format_utc(*lever.since)) : json::value();
  object["doubt"] = lever.doubt;
  return object;
}

fs::path home_lever_file() {
  return muster_home() / "lever";
}

std::vector<fs::path> lever_files() {
  return {home_lever_file(), "/etc/muster/lever"};
}

std::optional<Lever> engaged_lever(const std::vector<fs::path>& files) {
  for (const fs::path& file : files) {
    if (auto lever = look_at(file)) return lever;
  }
  return std::nullopt;
}

void engage_lever(const std::string& who, const std::string& reason, UtcTime now) {
  const fs::path file = home_lever_file();
  if (engaged_lever({file})) return;
  make_private_directories(file.parent_path());
  json::object content;
  content["who"] = who;
  content["since"] = format_utc(now);
  content["reason"] = reason;
  write_file_atomically(file, pretty_json(content));
}

bool release_lever() {
  const fs::path file = home_lever_file();
  std::error_code problem;
  const bool was_there = fs::remove(file, problem);
  if (problem) fail("cannot remove {}: {}; remove it by hand", file.string(), problem.message());
  if (was_there) sync_directory(file.parent_path());
  return was_there;
}

Task<Lever> lever_engaged(Clock& clock) {
  for (;;) {
    if (auto lever = engaged_lever()) co_return *std::move(lever);
    co_await clock.sleep_for(kLookEvery);
  }
}

}  // namespace muster
