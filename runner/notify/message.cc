#include "runner/notify/message.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/json.h"
#include "base/text.h"
#include "runner/notify/complaints.h"

namespace muster {

namespace {

constexpr std::size_t kLongestWord = 100;
constexpr std::size_t kLongestHeadline = 400;
constexpr std::size_t kLongestLink = 2000;

enum class Place { Plain, Chat };

/// Only what no chat or mail program reads as more than one address.
bool is_link(std::string_view text) {
  const bool is_web = text.starts_with("http://") || text.starts_with("https://");
  return is_web && text.size() <= kLongestLink && std::ranges::all_of(text, [](char letter) {
           return letter > ' ' && letter < '\x7F' &&
                  std::string_view("<>\"|`\\").find(letter) == std::string_view::npos;
         });
}

std::string value_of(const Notice& notice, std::string_view placeholder) {
  if (placeholder == "drill") return printable(notice.drill, kLongestWord);
  if (placeholder == "status") return printable(notice.status, kLongestWord);
  if (placeholder == "headline") return printable(notice.headline, kLongestHeadline);
  if (placeholder == "schedule") return printable(notice.schedule, kLongestWord);
  if (placeholder == "run") return printable(notice.run, kLongestWord);
  if (placeholder == "link") return is_link(notice.link) ? notice.link : "";
  if (placeholder == "event") return std::string(name_of(notice.event));
  return format_utc(notice.at);
}

std::string for_slack(std::string words) {
  for (const auto& [from, to] : {std::pair("&", "&amp;"), {"<", "&lt;"}, {">", "&gt;"}})
    words = replaced(std::move(words), from, to);
  return words;
}

/// Slack needs three characters escaped; others that take the same JSON look for "@channel",
/// "[text](url)" and bare addresses as well.
std::string for_chat(const std::string& words) {
  std::string text = for_slack(words);
  for (const auto& [from, to] :
       {std::pair("@", "@\u200B"), {"]", "]\u200B"}, {"://", ":\u200B//"}, {"www.", "www\u200B."}})
    text = replaced(std::move(text), from, to);
  return text;
}

std::string inert_value(const Notice& notice, std::string_view placeholder, Place place) {
  std::string value = value_of(notice, placeholder);
  if (place == Place::Plain) return value;
  return placeholder == "link" ? for_slack(std::move(value)) : for_chat(value);
}

/// A placeholder that a notice has no value for leaves no blank line or trailing blank.
std::string without_gaps(const std::string& text) {
  std::vector<std::string> lines;
  for (std::string line : split(text, '\n')) {
    line.erase(line.find_last_not_of(" \t\r") + 1);
    if (!line.empty()) lines.push_back(std::move(line));
  }
  return join(lines, "\n");
}

std::string filled(std::string_view text, const Notice& notice, Place place) {
  std::string out;
  while (!text.empty()) {
    const bool doubled = text.starts_with("{{") || text.starts_with("}}");
    const std::size_t end = text.find('}');
    if (!doubled && text.front() == '{' && end != std::string_view::npos) {
      out += inert_value(notice, text.substr(1, end - 1), place);
      text.remove_prefix(end + 1);
    } else {
      out += text.front();
      text.remove_prefix(doubled ? 2 : 1);
    }
  }
  return without_gaps(out);
}

std::string text_for(const NotifySettings& receiver, const Notice& notice, Place place) {
  if (!receiver.text.empty()) return filled(receiver.text, notice, place);
  const std::string summary = summary_of(notice);
  return without_gaps((place == Place::Chat ? for_chat(summary) : summary) + "\n" +
                      inert_value(notice, "link", place));
}

}  // namespace

std::string template_complaint(std::string_view text) {
  const std::vector<std::string> known(kPlaceholders.begin(), kPlaceholders.end());
  while (!text.empty()) {
    const bool doubled = text.starts_with("{{") || text.starts_with("}}");
    if (!doubled && text.front() == '{') {
      const std::size_t end = text.find('}');
      if (end == std::string_view::npos) return "a '{' is left open; write '{{' for a brace itself";
      const std::string name(text.substr(1, end - 1));
      if (std::ranges::find(known, name) == known.end())
        return fmt::format("there is no placeholder {{{}}}; there are {{{}}}",
                           printable(name, kLongestWord),
                           join(known, "} {"));
    }
    text.remove_prefix(doubled ? 2 : 1);
  }
  return "";
}

std::string summary_of(const Notice& notice) {
  const std::string event = value_of(notice, "event");
  const std::string status = value_of(notice, "status");
  const std::string headline = value_of(notice, "headline");
  std::string who = value_of(notice, notice.drill.empty() ? "schedule" : "drill");
  if (who.empty()) who = "muster";
  std::string summary = who + " " + event;
  if (!event.starts_with(status)) summary += " (" + status + ")";
  return headline.empty() ? summary : summary + ": " + headline;
}

std::string plain_text(const NotifySettings& receiver, const Notice& notice) {
  return text_for(receiver, notice, Place::Plain);
}

std::string chat_body(const NotifySettings& receiver, const Notice& notice) {
  json::object body;
  body["text"] = text_for(receiver, notice, Place::Chat);
  body["parse"] = "none";
  body["link_names"] = false;
  body["unfurl_links"] = false;
  body["unfurl_media"] = false;
  return compact_json(body);
}

std::string webhook_body(const NotifySettings& receiver,
                         const Notice& notice,
                         const std::string& delivery) {
  json::object body;
  body["muster_notice"] = 1;
  body["delivery"] = delivery;
  for (const std::string_view name : {"event", "at", "schedule", "drill", "run", "status"})
    body[name] = value_of(notice, name);
  body["headline"] = value_of(notice, "headline");
  body["link"] = value_of(notice, "link");
  body["text"] = plain_text(receiver, notice);
  return compact_json(body);
}

}  // namespace muster
