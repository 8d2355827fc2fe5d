#include "runner/schedule/ics_text.h"

#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace muster {

namespace {

constexpr std::size_t kLongestLine = 32U << 10U;
constexpr std::size_t kLongestName = 1000;
constexpr std::size_t kDeepest = 8;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

constexpr std::array<std::string_view, 11> kOfEvent = {"DTSTART",
                                                       "DTEND",
                                                       "DURATION",
                                                       "RRULE",
                                                       "RDATE",
                                                       "EXDATE",
                                                       "RECURRENCE-ID",
                                                       "TRANSP",
                                                       "STATUS",
                                                       "SUMMARY",
                                                       "UID"};
constexpr std::array<std::string_view, 1> kOfZone = {"TZID"};
constexpr std::array<std::string_view, 5> kOfChange = {
    "DTSTART", "TZOFFSETFROM", "TZOFFSETTO", "RRULE", "RDATE"};

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c;
  return out;
}

/// A line as it was before it was folded.
struct ContentLine {
  int number = 0;
  std::string text;

  std::string name() const { return upper(text.substr(0, text.find_first_of(":;"))); }
  /// Behind the first colon that no quotes hold.
  std::string value() const {
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '"') quoted = !quoted;
      if (text[i] == ':' && !quoted) return text.substr(i + 1);
    }
    return {};
  }
};

std::vector<ContentLine> unfolded(std::string_view file) {
  if (file.starts_with(kByteOrderMark)) file.remove_prefix(kByteOrderMark.size());
  std::vector<ContentLine> lines;
  for (int number = 1; !file.empty(); ++number) {
    const std::size_t end = std::min(file.find('\n'), file.size());
    std::string_view line = file.substr(0, end);
    file.remove_prefix(std::min(end + 1, file.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if ((line.starts_with(' ') || line.starts_with('\t')) && !lines.empty()) {
      lines.back().text += line.substr(1);
    } else if (!line.empty()) {
      lines.push_back({number, std::string(line)});
    }
  }
  return lines;
}

/// Copies what counts and holds that components are properly within each other.
class Sieve {
 public:
  void take(const ContentLine& line) {
    const std::string name = line.name();
    constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
    if (name.empty() || name.size() == line.text.size() ||
        name.find_first_not_of(kLetters) != std::string::npos)
      fail("line {}: {} is no line of a calendar; export the file again",
           line.number,
           shown(line.text));
    if (name == "BEGIN")
      begin(line);
    else if (name == "END")
      end(line);
    else if (open_.empty())
      fail("line {}: {} stands outside of a VCALENDAR; is this a calendar file?",
           line.number,
           shown(line.text));
    else if (open_.back().counts)
      copy(line, name);
  }

  IcsText finish() {
    if (!open_.empty())
      fail("it ends within the {} that begins in line {}: it is cut off; fetch it again",
           open_.back().name,
           open_.back().line);
    if (!found_) fail("it holds no BEGIN:VCALENDAR; is this a calendar file?");
    out_.text = "BEGIN:VCALENDAR\r\n" + out_.text + "END:VCALENDAR\r\n";
    return std::move(out_);
  }

 private:
  struct Open {
    std::string name;
    int line = 0;
    bool counts = false;
  };

  static std::string shown(std::string_view text) { return "'" + printable(text, 40) + "'"; }

  bool within(std::string_view name) const {
    return !open_.empty() && open_.back().counts && open_.back().name == name;
  }

  void begin(const ContentLine& line) {
    const std::string name = upper(trim(line.value()));
    if (open_.size() == kDeepest)
      fail("line {}: more than {} components within each other", line.number, kDeepest);
    if (open_.empty() != (name == "VCALENDAR"))
      fail("line {}: BEGIN:{} stands {} a VCALENDAR",
           line.number,
           printable(name, 40),
           open_.empty() ? "outside of" : "within");
    const bool part = name == "VEVENT" || name == "VTIMEZONE";
    if (part && !within("VCALENDAR"))
      fail("line {}: a {} must stand in the VCALENDAR itself", line.number, name);
    const bool change = (name == "STANDARD" || name == "DAYLIGHT") && within("VTIMEZONE");
    if (name == "VEVENT" && ++out_.events > kMostIcsEvents)
      fail("it holds more than {} events; leave only those in that keep drills away",
           kMostIcsEvents);
    found_ = true;
    open_.push_back({name, line.number, part || change || open_.empty()});
    if (part || change) out_.text += "BEGIN:" + name + "\r\n";
  }

  void end(const ContentLine& line) {
    const std::string name = upper(trim(line.value()));
    if (open_.empty() || open_.back().name != name)
      fail("line {}: END:{} closes nothing; {}",
           line.number,
           printable(name, 40),
           open_.empty() ? "no component is open"
                         : fmt::format("a {} is open since line {}",
                                       printable(open_.back().name, 40),
                                       open_.back().line));
    if (open_.back().counts && open_.size() > 1) out_.text += "END:" + name + "\r\n";
    open_.pop_back();
  }

  template <std::size_t N>
  static bool has(const std::array<std::string_view, N>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  }

  void copy(const ContentLine& line, const std::string& name) {
    const std::string& owner = open_.back().name;
    const bool wanted = owner == "VEVENT"      ? has(kOfEvent, name)
                        : owner == "VTIMEZONE" ? has(kOfZone, name)
                                               : owner != "VCALENDAR" && has(kOfChange, name);
    if (!wanted) return;
    if (name == "SUMMARY") {
      // Its parameters say nothing, and without a value the parser complains.
      const std::string value = line.value().substr(0, kLongestName);
      if (!trim(value).empty()) out_.text += "SUMMARY:" + value + "\r\n";
      return;
    }
    if (line.text.size() > kLongestLine)
      fail("line {}: {} is longer than {} bytes", line.number, name, kLongestLine);
    out_.text += line.text + "\r\n";
  }

  std::vector<Open> open_;
  IcsText out_;
  bool found_ = false;
};

}  // namespace

IcsText essential_ics(std::string_view file) {
  if (file.size() > kMostIcsBytes)
    fail("it is larger than 1 MiB; leave only those events in that keep drills away");
  if (file.find('\0') != std::string_view::npos)
    fail("it is no text: it holds a zero byte; is this a calendar file?");
  Sieve sieve;
  for (const ContentLine& line : unfolded(file)) sieve.take(line);
  return sieve.finish();
}

}  // namespace muster
