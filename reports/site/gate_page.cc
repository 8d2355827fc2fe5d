#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "reports/page/markup.h"
#include "reports/page/page.h"
#include "reports/site/addresses.h"
#include "reports/site/site.h"
#include "reports/site/site_page.h"

namespace muster {

namespace {

std::string headline(const GateView& view) {
  if (!view.trouble.empty()) return "Everything is denied: the policy cannot be read.";
  if (view.policy.empty()) return "No gate: there is no policy.";
  const auto denied = static_cast<std::size_t>(
      std::ranges::count_if(view.rows, [](const GateRow& row) { return !row.pass; }));
  const std::string all = count_of(view.rows.size(), "question");
  if (view.rows.empty()) return "The policy knows no service: every question is denied.";
  if (denied == 0) return fmt::format("The gate denies none of {}.", all);
  return fmt::format("The gate denies {} of {}.", denied, all);
}

std::string answer(bool pass) {
  return pass ? R"(<b class="w-pass"><span aria-hidden="true">✓</span> pass</b>)"
              : R"(<b class="w-fail"><span aria-hidden="true">✕</span> deny</b>)";
}

std::string reasons(const GateRow& row) {
  std::string out;
  for (const std::string& reason : row.reasons) out += "<li>" + escape(reason) + "</li>";
  return out.empty() ? "" : "<ul class=\"reasons\">" + out + "</ul>";
}

std::string runs(const GateRow& row) {
  std::vector<std::string> links;
  links.reserve(row.runs.size());
  for (const std::string& run : row.runs)
    links.push_back(site_link(address::run(run), "<code>" + escape(run) + "</code>"));
  return join(links, "<br>");
}

std::string what_to_do(const GateView& view) {
  if (!view.trouble.empty())
    return "<p class=\"lead\">" + escape(view.trouble) +
           "</p>\n<p class=\"lead\"><code>muster serve --check-config</code> shows every mistake "
           "at "
           "its place.</p>\n";
  if (view.policy.empty())
    return "<p class=\"lead\">A policy says which drills a service needs before it may be "
           "deployed: <code>policy: gate.yaml</code> in <code>muster.yaml</code>. Until then every "
           "question is denied.</p>\n";
  return "<p class=\"lead\">What the gate would answer now, by " + escape(view.policy) +
         ". A deployment asks for itself, with its version, by <code>muster gate</code> or "
         "HTTP.</p>\n";
}

}  // namespace

std::string render_gate(const GateView& view) {
  HtmlTable table("cards gate", {{"Service"}, {"Environment"}, {"Answer"}, {"Why"}, {"Runs"}});
  for (const GateRow& row : view.rows)
    table.row(
        {escape(row.service), escape(row.environment), answer(row.pass), reasons(row), runs(row)});
  const bool open = !view.rows.empty() && view.trouble.empty() &&
                    std::ranges::all_of(view.rows, [](const GateRow& row) { return row.pass; });
  SitePage page;
  page.title = "gate";
  page.mark = open ? "pass" : "fail";
  page.here = address::kGate;
  page.main =
      "<h1>" + headline(view) + "</h1>\n" + what_to_do(view) + (table.empty() ? "" : table.text());
  return site_document(page, view.site);
}

}  // namespace muster
