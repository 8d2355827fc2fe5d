#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "reports/page/markup.h"
#include "reports/page/page.h"
#include "reports/values.h"

namespace muster {

namespace {

struct UndoWord {
  std::string_view state, sign, words;
};
constexpr UndoWord kUndoWords[] = {
    {"clean", "✓", "undone and seen to be"},
    {"clean-by-guard", "✓", "undone by the guard on its own, seen to be"},
    {"target-gone", "✓", "the target is gone, and the change with it"},
    {"conflict", "✕", "conflict: someone else changed it meanwhile"},
    {"unknown", "✕", "unknown: may still be in force"},
};

std::string state_of(const Result::Action& action) {
  const bool open = !action.undo_verified && (action.applied_s || action.undo_state == "unknown" ||
                                              action.undo_state == "conflict");
  if (!action.applied_s && !open) return "<b class=\"w-grey\">Never applied</b>";
  for (const UndoWord& word : kUndoWords) {
    if (word.state != action.undo_state) continue;
    const bool good = action.undo_verified && word.sign == "✓";
    return fmt::format(R"(<b class="w-{}"><span aria-hidden="true">{}</span> {}</b>)",
                       good ? "pass" : "fail",
                       good ? "✓" : "✕",
                       word.words) +
           (action.undo_verified || word.sign == "✕" ? ""
                                                     : ", <b class=\"w-fail\">not verified</b>");
  }
  return open ? R"(<b class="w-fail"><span aria-hidden="true">✕</span> Not seen undone</b>)"
              : R"(<b class="w-pass"><span aria-hidden="true">✓</span> Undone and seen to be</b>)";
}

void entry(std::string& out, std::string_view name, const std::string& value) {
  if (!value.empty()) out += fmt::format("<dt>{}</dt><dd>{}</dd>\n", name, value);
}

std::string code(const std::string& text) {
  return text.empty() ? "" : "<code>" + escape(text) + "</code>";
}

std::string change(const Result::Action& action) {
  std::string out = "<article class=\"change\"><h3>" +
                    escape(action.what.empty() ? action.kind : action.what) + "</h3>\n<dl>\n";
  entry(out, "State", state_of(action));
  entry(out, "Where", escape(join(action.targets, ", ")));
  std::string applied = action.applied_s ? show_instant(*action.applied_s) : "";
  if (!action.apply_text.empty()) applied += (applied.empty() ? "" : " ") + code(action.apply_text);
  entry(out, "Applied", applied);
  entry(out, "Seen in force", code(action.evidence));
  std::string undone = action.undone_s ? show_instant(*action.undone_s) : "";
  if (!action.undo_text.empty()) undone += (undone.empty() ? "" : " ") + code(action.undo_text);
  entry(out, "Undone", undone);
  entry(out, "Seen undone", code(action.undo_evidence));
  entry(out, "Error", escape(action.error));
  std::string residue;
  for (const auto& left : action.residue) residue += (residue.empty() ? "" : "<br>") + escape(left);
  entry(out, "Left behind", residue);
  return out + "</dl></article>\n";
}

}  // namespace

std::string changes_section(const Result& result) {
  if (result.actions.empty()) {
    return section(
        "changes", "Changes and proof of undo", "<p class=\"lead\">Nothing was changed.</p>\n");
  }
  std::string body;
  for (const Result::Action* action : still_in_force(result)) body += change(*action);
  const auto open = still_in_force(result);
  for (const Result::Action& action : result.actions) {
    if (std::find(open.begin(), open.end(), &action) == open.end()) body += change(action);
  }
  return section("changes", "Changes and proof of undo", body);
}

std::string timeline_section(const Result& result) {
  HtmlTable table("timeline", {{"When", true}, {"What"}, {"Seen by"}});
  for (const auto& event : result.events) {
    std::string when = show_instant(event.t_s);
    if (event.bound_s >= 0.0005)
      when += " <span class=\"mut\">± " + show_seconds(event.bound_s) + "</span>";
    const bool strong = event.kind == "fault" || event.kind == "failover" ||
                        event.kind == "recover" || event.kind == "abort" ||
                        event.kind == "rollback";
    const std::string text = escape(event.text);
    table.row({when, strong ? "<b>" + text + "</b>" : text, escape(event.source)});
  }
  return table.empty() ? "" : section("timeline", "Timeline", table.text());
}

namespace {

const Result::SettingChange* change_of(const Result& result, std::string_view key) {
  if (!result.changed) return nullptr;
  const auto found = std::ranges::find(*result.changed, key, &Result::SettingChange::key);
  return found == result.changed->end() ? nullptr : &*found;
}

/// What differs from the run before, in front of all that is as it was.
std::string changed_table(const Result& result) {
  if (result.earlier.empty()) return "";
  const std::int64_t number = result.earlier.front().number;
  if (!result.changed)
    return fmt::format("<p class=\"lead\">Run {} does not say what it ran on.</p>\n", number);
  if (result.changed->empty())
    return fmt::format("<p class=\"lead\">Nothing differs from run {}.</p>\n", number);
  const std::string head = fmt::format("Run {}", number);
  HtmlTable table("plain changed", {{"What differs"}, {"This run"}, {head}});
  for (const Result::SettingChange& change : *result.changed) {
    table.row({"<b>" + escape(change.key) + "</b>",
               change.now.empty() ? "—" : "<b>" + escape(change.now) + "</b>",
               change.before.empty() ? "—" : escape(change.before)});
  }
  return table.text();
}

}  // namespace

std::string environment_section(const Result& result) {
  HtmlTable table("plain", {{"What"}, {"Value"}, {"Kind"}});
  for (const auto& item : result.environment) {
    if (item.kind != "measured" && change_of(result, item.key) != nullptr) continue;
    table.row({escape(item.key), escape(item.value), escape(item.kind)});
  }
  for (const auto& [label, value] : result.run.labels)
    table.row({escape(label), escape(value), "label"});
  for (const auto& offset : result.clock_offsets) {
    table.row(
        {"clock of " + escape(vantage_name(result, offset.vantage)),
         fmt::format("{:.2f} ms off, known to ± {:.2f} ms", offset.offset_ms, offset.bound_ms),
         "measured"});
  }
  table.row({"playbook",
             escape(result.playbook.path) + " <code>" + escape(result.playbook.digest) + "</code>",
             "config"});
  if (result.samples) {
    table.row({"samples",
               escape(result.samples->file) + ", " +
                   show_count(static_cast<double>(result.samples->count)) + " in " +
                   show_bytes(static_cast<double>(result.samples->bytes)) + " <code>" +
                   escape(result.samples->digest) + "</code>",
               "measured"});
  }
  table.row(
      {"muster", escape(result.run.version) + fmt::format(", seed {}", result.run.seed), "build"});
  std::string body = changed_table(result) + table.text();
  if (!result.playbook.text.empty()) {
    body += "<details><summary>The playbook</summary>\n<pre><code>" +
            escape_lines(result.playbook.text) + "</code></pre></details>\n";
  }
  return section("environment", "Environment", body);
}

std::string again_section(const Result& result) {
  const std::string path = result.playbook.path.empty() ? "PLAYBOOK" : result.playbook.path;
  std::string lines = escape(show_argv({"muster", "run", path}));
  lines += "\n" + escape(show_argv({"muster", "report", result.run.id}));
  lines += "\n" + escape(show_argv({"muster", "history", result.run.drill}));
  if (!result.earlier.empty())
    lines +=
        "\n" + escape(show_argv({"muster", "compare", result.earlier.front().id, result.run.id}));
  return section("again", "Run it again", "<pre><code>" + lines + "</code></pre>\n");
}

}  // namespace muster
