#pragma once

#include <cctype>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace muster::sample {

/// Reads a page as a strict parser would: tags nest and are closed, attributes are quoted and hold
/// neither styles nor scripts, ids are unique and what is referred to is there, every link and form
/// stays on this server. "" or the first thing that is wrong.
class MarkupChecker {
 public:
  explicit MarkupChecker(std::string_view page) : rest_(page) {}

  std::string problem() {
    skip("<!doctype html>");
    while (wrong_.empty() && !rest_.empty()) next();
    if (wrong_.empty() && !open_.empty()) return open_.back() + " is never closed";
    for (const std::string& id : referred_) {
      if (wrong_.empty() && !ids_.contains(id)) return "nothing has the id " + id;
    }
    return wrong_;
  }

 private:
  void next() {
    if (rest_[0] == '>') return complain("a raw >");
    if (rest_[0] != '<') {
      rest_.remove_prefix(1);
    } else if (skip("</")) {
      end_tag();
    } else {
      rest_.remove_prefix(1);
      begin_tag();
    }
  }

  void begin_tag() {
    static const std::set<std::string> kVoid = {"br", "input", "link", "meta"};
    const std::string name = word();
    if (name.empty()) return complain("a raw <");
    while (wrong_.empty() && !rest_.empty() && rest_[0] != '>' && rest_[0] != '/') attribute();
    const bool closed = skip("/");
    if (!skip(">")) return complain("no end of <" + name);
    if (closed || kVoid.contains(name)) return;
    open_.push_back(name);
    if (name == "style" || name == "script") {
      const std::size_t end = rest_.find("</" + name + ">");
      rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end);
    }
  }

  void end_tag() {
    const std::string name = word();
    if (!skip(">") || open_.empty() || open_.back() != name)
      return complain("</" + name + "> closes nothing");
    open_.pop_back();
  }

  void attribute() {
    while (skip(" ") || skip("\n")) {
    }
    const std::string name = word();
    if (name.empty() || name == "style" || name.starts_with("on"))
      return complain("a bad attribute " + name);
    if (!skip("=\"")) return complain("no quoted value of " + name);
    const std::size_t end = rest_.find('"');
    if (end == std::string_view::npos) return complain("an open quote of " + name);
    const std::string value(rest_.substr(0, end));
    rest_.remove_prefix(end + 1);
    if (value.find('<') != std::string::npos) return complain("a raw < in " + name);
    if (name == "id" && !ids_.insert(value).second) return complain("two of the id " + value);
    if (name == "for" || name == "aria-labelledby") referred_.insert(value);
    const bool address = name == "href" || name == "action";
    const bool here = value.starts_with('/') && !value.starts_with("//");
    if (address && !here && !value.starts_with("data:image/svg+xml,"))
      return complain("an address elsewhere, " + value);
    if (name == "src") complain("something is fetched");
  }

  bool skip(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }

  std::string word() {
    std::size_t length = 0;
    while (length < rest_.size() &&
           (std::isalnum(static_cast<unsigned char>(rest_[length])) != 0 || rest_[length] == '-'))
      ++length;
    const std::string found(rest_.substr(0, length));
    rest_.remove_prefix(length);
    return found;
  }

  void complain(const std::string& what) {
    wrong_ = what + ", before: " + std::string(rest_.substr(0, 60));
  }

  std::string_view rest_;
  std::vector<std::string> open_;
  std::set<std::string> ids_, referred_;
  std::string wrong_;
};

}  // namespace muster::sample
