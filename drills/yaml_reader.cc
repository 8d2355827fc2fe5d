#include "drills/yaml_reader.h"

#include <algorithm>
#include <sstream>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "drills/utf8.h"
#include "drills/yaml_messages.h"

namespace muster {

namespace {

/// Ends the reading of one text; thrown through yaml-cpp's parser and caught in read_yaml.
struct Refusal {
  Where where;
  std::string message;
  std::string hint;
};

/// A map or list that is not closed yet, with the key whose value comes next.
struct OpenNode {
  YamlNode node;
  bool key_pending = false;
  std::string key;
  Where key_where;
};

/// Where, in the text, yaml-cpp's marks (bytes, from 0) are.
class Places {
 public:
  explicit Places(const Source& source) : source_(source) {}

  Where at(const YAML::Mark& mark) const {
    const std::string_view line = source_.line(mark.line + 1);
    const auto bytes = static_cast<std::size_t>(std::max(0, mark.column));
    return {source_.file(), mark.line + 1, utf8_length(line.substr(0, bytes)) + 1};
  }

  /// The text from the mark to the end of its line.
  std::string_view rest(const YAML::Mark& mark) const {
    const std::string_view line = source_.line(mark.line + 1);
    return line.substr(std::min(line.size(), static_cast<std::size_t>(std::max(0, mark.column))));
  }

  std::string_view all_after(const YAML::Mark& mark) const {
    return std::string_view(source_.text()).substr(static_cast<std::size_t>(mark.pos));
  }

  /// Whether a line "..." stands before the mark, which ends the document.
  bool follows_end_mark(const YAML::Mark& mark) const {
    for (int line = mark.line; line > 0; --line) {
      if (source_.line(line).starts_with("...")) return true;
    }
    return false;
  }

  /// The place of an empty list item: yaml-cpp's mark for it is that of the next token.
  YAML::Mark dash_before(YAML::Mark mark) const {
    const std::size_t dash =
        source_.text().find_last_not_of(" \t\r\n", static_cast<std::size_t>(mark.pos) - 1);
    if (mark.pos == 0 || dash == std::string::npos || source_.text()[dash] != '-') return mark;
    const std::string_view before = std::string_view(source_.text()).substr(0, dash);
    mark.pos = static_cast<int>(dash);
    mark.line = static_cast<int>(std::count(before.begin(), before.end(), '\n'));
    mark.column = static_cast<int>(dash - (before.rfind('\n') + 1));
    return mark;
  }

 private:
  const Source& source_;
};

/// How many bytes of `rest` a quoted text takes, or npos if its closing quote is missing.
std::size_t quoted_length(std::string_view rest) {
  const char quote = rest.front();
  for (std::size_t i = 1; i < rest.size(); ++i) {
    if (quote == '"' && rest[i] == '\\') {
      ++i;
    } else if (rest[i] == quote) {
      if (quote == '"' || i + 1 == rest.size() || rest[i + 1] != quote) return i + 1;
      ++i;
    }
  }
  return std::string_view::npos;
}

class Builder : public YAML::EventHandler {
 public:
  Builder(const Source& source, Reading& reading) : places_(source), reading_(reading) {}

  bool has_root() const { return has_root_; }
  YamlNode take_root() { return std::move(root_); }
  std::optional<OpenBracket> innermost() const {
    if (open_.empty()) return std::nullopt;
    return OpenBracket{open_.back().node.where, open_.back().node.is_list()};
  }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (documents_++ == 0) return;
    const std::string_view rest = places_.rest(mark);
    if (rest.starts_with("---") || !has_root_) {
      throw Refusal{places_.at(mark),
                    "a second document begins here",
                    "one file holds one document: remove the '---'"};
    }
    if (places_.follows_end_mark(mark)) {
      throw Refusal{places_.at(mark),
                    "this stands after the end of the document",
                    "remove the '...' above it"};
    }
    throw Refusal{places_.at(mark), "this belongs to nothing above it", "check the indentation"};
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuse_anchor(mark, anchor);
    const std::string_view rest = places_.rest(mark);
    const bool written = rest.starts_with('~') || rest.starts_with("null") ||
                         rest.starts_with("Null") || rest.starts_with("NULL");
    YamlNode node;
    if (!open_.empty() && open_.back().key_pending) {
      node.where = written ? places_.at(mark) : open_.back().key_where;
    } else {
      node.where = places_.at(written ? mark : places_.dash_before(mark));
    }
    add(std::move(node));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    throw Refusal{places_.at(mark),
                  "aliases (*name) are not read",
                  "write the value out, or use a variable: ${name}"};
  }

  void OnScalar(const YAML::Mark& mark,
                const std::string& tag,
                YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_properties(mark, anchor, tag);
    YamlNode node;
    node.kind = YamlNode::Kind::Scalar;
    node.where = places_.at(mark);
    node.text = value;
    const std::string_view rest = places_.rest(mark);
    node.quoted = !rest.empty() && (rest.front() == '"' || rest.front() == '\'');
    if (node.quoted && quoted_length(places_.all_after(mark)) == std::string_view::npos) {
      throw Refusal{node.where, "this quote is never closed", {}};
    }
    if (!node.quoted) refuse_bare_variable(node, rest);
    reading_.measure(node.where, width_of(node, rest));
    add(std::move(node));
  }

  void OnSequenceStart(const YAML::Mark& mark,
                       const std::string& tag,
                       YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(YamlNode::Kind::List, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark,
                  const std::string& tag,
                  YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(YamlNode::Kind::Map, mark, tag, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  void refuse_anchor(const YAML::Mark& mark, YAML::anchor_t anchor) const {
    if (anchor != 0)
      throw Refusal{places_.at(mark),
                    "anchors (&name) are not read",
                    "write the value out, or use a variable: ${name}"};
  }

  void refuse_properties(const YAML::Mark& mark,
                         YAML::anchor_t anchor,
                         const std::string& tag) const {
    refuse_anchor(mark, anchor);
    if ((tag != "?" && tag != "!" && !tag.empty()) || places_.rest(mark).starts_with('!')) {
      throw Refusal{places_.at(mark),
                    "tags (!name) are not read",
                    "remove it: the key decides what its value is"};
    }
  }

  /// In flow style `${name}` ends at its brace, and what follows reads as nonsense.
  void refuse_bare_variable(const YamlNode& node, std::string_view rest) const {
    if (!node.text.ends_with('$') || !rest.starts_with(node.text) ||
        !rest.substr(node.text.size()).starts_with('{'))
      return;
    const std::size_t end = rest.find('}');
    const std::string_view whole = rest.substr(0, end == std::string_view::npos ? end : end + 1);
    reading_.measure(node.where, utf8_length(whole));
    throw Refusal{node.where,
                  "inside { } and [ ] a variable needs quotes",
                  fmt::format("write \"{}\"", whole)};
  }

  static int width_of(const YamlNode& node, std::string_view rest) {
    if (node.quoted) return utf8_length(rest.substr(0, quoted_length(rest)));
    if (rest.starts_with('|') || rest.starts_with('>')) return 1;
    return utf8_length(
        rest.substr(0, rest.starts_with(node.text) ? node.text.size() : rest.size()));
  }

  void open(YamlNode::Kind kind,
            const YAML::Mark& mark,
            const std::string& tag,
            YAML::anchor_t anchor) {
    refuse_properties(mark, anchor, tag);
    if (open_.size() >= kYamlDepth) {
      throw Refusal{places_.at(mark), fmt::format("nested deeper than {} levels", kYamlDepth), {}};
    }
    count(places_.at(mark));
    OpenNode opened;
    opened.node.kind = kind;
    opened.node.where = places_.at(mark);
    open_.push_back(std::move(opened));
  }

  void close() {
    YamlNode node = std::move(open_.back().node);
    open_.pop_back();
    attach(std::move(node));
  }

  void add(YamlNode node) {
    count(node.where);
    attach(std::move(node));
  }

  void count(const Where& where) {
    if (++nodes_ > kYamlNodes)
      throw Refusal{where, fmt::format("more than {} values in one file", kYamlNodes), {}};
  }

  void attach(YamlNode node) {
    if (open_.empty()) {
      root_ = std::move(node);
      has_root_ = true;
      return;
    }
    OpenNode& parent = open_.back();
    if (parent.node.is_list()) {
      parent.node.items.push_back(std::move(node));
    } else if (!parent.key_pending) {
      take_key(parent, std::move(node));
    } else {
      parent.key_pending = false;
      if (parent.node.find(parent.key) == nullptr) {
        parent.node.entries.push_back(
            {std::move(parent.key), std::move(parent.key_where), std::move(node)});
      }
    }
  }

  void take_key(OpenNode& parent, YamlNode key) {
    if (!key.is_scalar()) throw Refusal{key.where, "a key must be a word", {}};
    if (key.text == "<<" && !key.quoted) {
      throw Refusal{
          key.where, "merge keys (<<) are not read", "write the keys out, or use 'include:'"};
    }
    if (const YamlEntry* earlier = parent.node.find(key.text)) {
      reading_.report(key.where,
                      fmt::format("the key '{}' is written twice", key.text),
                      fmt::format("first in line {}", earlier->where.line));
    }
    if (parent.node.entries.size() >= kYamlKeys) {
      throw Refusal{key.where, fmt::format("more than {} keys in one map", kYamlKeys), {}};
    }
    parent.key_pending = true;
    parent.key = std::move(key.text);
    parent.key_where = std::move(key.where);
  }

  Places places_;
  Reading& reading_;
  std::vector<OpenNode> open_;
  YamlNode root_;
  bool has_root_ = false;
  int documents_ = 0;
  std::size_t nodes_ = 0;
};

/// Whether the bytes are text at all; yaml-cpp guesses at encodings and would replace what is
/// broken.
bool is_clean_text(const Source& source, Reading& reading) {
  if (source.text().size() > kYamlBytes) {
    reading.report({source.file(), 0, 0}, fmt::format("larger than {} KiB", kYamlBytes / 1024));
    return false;
  }
  const std::size_t bad = first_bad_utf8(source.text());
  if (bad == std::string_view::npos) return true;
  const std::string_view before = std::string_view(source.text()).substr(0, bad);
  const auto line = static_cast<int>(std::count(before.begin(), before.end(), '\n')) + 1;
  const std::size_t start = before.rfind('\n') + 1;
  const auto byte = static_cast<unsigned char>(source.text()[bad]);
  reading.report({source.file(), line, utf8_length(before.substr(start)) + 1},
                 byte < 0x80 ? fmt::format("a control character (0x{:02x})", byte)
                             : fmt::format("a byte (0x{:02x}) that is not UTF-8", byte),
                 "save the file as plain UTF-8 text");
  return false;
}

}  // namespace

const YamlEntry* YamlNode::find(std::string_view key) const {
  const auto found = std::find_if(
      entries.begin(), entries.end(), [&](const YamlEntry& each) { return each.key == key; });
  return found == entries.end() ? nullptr : &*found;
}

std::string YamlNode::shown() const {
  switch (kind) {
    case Kind::Nothing:
      return "nothing";
    case Kind::List:
      return "a list";
    case Kind::Map:
      return "a map of keys";
    case Kind::Scalar:
      break;
  }
  constexpr std::size_t kLongest = 40;
  return text.size() > kLongest ? fmt::format("'{}...'", utf8_prefix(text, kLongest))
                                : fmt::format("'{}'", text);
}

std::optional<YamlNode> read_yaml(const Source& source, Reading& reading) {
  if (!is_clean_text(source, reading)) return std::nullopt;
  std::istringstream stream(source.text());
  Builder builder(source, reading);
  try {
    YAML::Parser parser(stream);
    // Whatever is left after the first document shows as a second one.
    while (parser.HandleNextDocument(builder)) continue;
  } catch (const Refusal& refusal) {
    reading.report(refusal.where, refusal.message, refusal.hint);
    return std::nullopt;
  } catch (const YAML::Exception& error) {
    const Diagnostic told =
        explain_yaml_error(error.msg, Places(source).at(error.mark), source, builder.innermost());
    reading.report(told.where, told.message, told.hint);
    return std::nullopt;
  }
  if (builder.has_root()) return builder.take_root();
  reading.report({source.file(), 0, 0}, "the file is empty");
  return std::nullopt;
}

}  // namespace muster
