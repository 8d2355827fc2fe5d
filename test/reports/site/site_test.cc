// What all pages of the site have in common.
#include "reports/site/site.h"

#include <cstdlib>

#include <boost/test/unit_test.hpp>

#include "base/digest.h"
#include "base/files.h"
#include "base/text.h"
#include "test/reports/sample_site.h"
#include "test/reports/site/markup_checker.h"

using namespace muster;

namespace {

bool has(const std::string& page, std::string_view part) {
  return page.find(part) != std::string::npos;
}

std::size_t count(const std::string& page, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = page.find(part); at != std::string::npos; at = page.find(part, at + 1))
    ++found;
  return found;
}

std::string between(const std::string& page, std::string_view begin, std::string_view end) {
  const std::size_t found = page.find(begin);
  if (found == std::string::npos) return "";
  const std::size_t from = found + begin.size();
  return page.substr(from, page.find(end, from) - from);
}

/// Styles and scripts are looked at in a browser; here they would only hide what differs.
std::string only_markup(std::string page) {
  for (const auto& [begin, end] :
       {std::pair("<style>", "</style>"), std::pair("<script>", "</script>")}) {
    const std::string text = between(page, begin, end);
    if (text.empty()) continue;
    page = replaced(replaced(page, text, ""), sha256_for_csp(text), "sha256-…");
  }
  return page;
}

const std::string kHostile = "\"><script>pwned()</script><img src=x onerror='pwned()'>&\x1b[2J";

}  // namespace

BOOST_AUTO_TEST_SUITE(site)

BOOST_AUTO_TEST_CASE(the_checker_notices_what_it_is_for) {
  const auto problem = [](std::string_view page) {
    return sample::MarkupChecker(page).problem();
  };
  BOOST_TEST(problem("<!doctype html><p class=\"a\">x<br></p>") == "");
  for (const char* page : {"<p>",
                           "<p></b>",
                           "<p class=a></p>",
                           "<p style=\"\"></p>",
                           "<p onclick=\"\"></p>",
                           "<p>></p>",
                           "<p>< </p>",
                           "<p id=\"a\"></p><p id=\"a\"></p>",
                           "<label for=\"a\"></label>",
                           "<a href=\"https://x\"></a>",
                           "<a href=\"//x\"></a>",
                           "<p title=\"<b>\"></p>"})
    BOOST_TEST(problem(page) != "", page);
}

BOOST_AUTO_TEST_CASE(every_page_is_as_it_was_looked_at) {
  const std::filesystem::path folder =
      std::filesystem::path(MUSTER_SOURCE_DIR) / "test/golden/site";
  for (const auto& [name, page] : sample::site_pages()) {
    const std::filesystem::path file = folder / (name + ".html");
    const std::string markup = only_markup(page);
    if (std::getenv("MUSTER_UPDATE_GOLDEN") != nullptr) {
      std::filesystem::create_directories(folder);
      write_file_atomically(file, markup, 0644);
    }
    const std::optional<std::string> golden = read_file_if_exists(file);
    BOOST_REQUIRE_MESSAGE(golden, "no " << file << "; make it with MUSTER_UPDATE_GOLDEN=1");
    BOOST_CHECK_MESSAGE(*golden == markup,
                        name << ".html changed; look at it, then MUSTER_UPDATE_GOLDEN=1");
  }
}

BOOST_AUTO_TEST_CASE(every_page_is_well_formed_and_leads_nowhere_else) {
  for (const auto& [name, page] : sample::site_pages())
    BOOST_TEST(sample::MarkupChecker(page).problem() == "", name);
}

BOOST_AUTO_TEST_CASE(nothing_that_somebody_else_wrote_becomes_markup) {
  for (const auto& [name, page] : sample::hostile_site_pages(kHostile)) {
    const std::string markup = only_markup(page);
    BOOST_TEST(sample::MarkupChecker(page).problem() == "", name);
    BOOST_TEST(has(markup, "&lt;script&gt;pwned()"), name);
    BOOST_TEST(!has(markup, "<script>pwned"), name);
    BOOST_TEST(!has(markup, "<img"), name);
    BOOST_TEST(!has(markup, "\x1b"), name);
  }
}

BOOST_AUTO_TEST_CASE(only_the_page_of_a_running_drill_has_a_script_and_its_policy_names_it) {
  for (const auto& [name, page] : sample::site_pages()) {
    const bool live = name.starts_with("live");
    BOOST_TEST(count(page, "<script") == (live ? 1U : 0U), name);
    BOOST_TEST(has(page, "script-src") == live, name);
    const std::string style = between(page, "<style>", "</style>");
    BOOST_TEST(style.size() > 1000U, name);
    BOOST_TEST(has(page, "style-src '" + sha256_for_csp(style) + "'"), name);
    BOOST_TEST(has(page, "default-src 'none'"), name);
    BOOST_TEST(has(page, "form-action 'self'"), name);
    if (!live) continue;
    const std::string script = between(page, "<script>", "</script>");
    BOOST_TEST(script.size() > 1000U, name);
    BOOST_TEST(has(page, "script-src '" + sha256_for_csp(script) + "'; connect-src 'self'"), name);
  }
}

BOOST_AUTO_TEST_CASE(the_header_allows_what_the_pages_say_and_no_frame) {
  const std::string page = render_live_run(sample::failing_over());
  const std::string meta = between(page, "Content-Security-Policy\" content=\"", "\"");
  BOOST_TEST(site_policy() == meta + "; frame-ancestors 'none'");
}

BOOST_AUTO_TEST_CASE(every_form_with_an_effect_is_a_post_with_the_token) {
  for (const auto& [name, page] : sample::site_pages()) {
    const std::size_t forms = count(page, "method=\"post\"");
    BOOST_TEST(count(page, "<input type=\"hidden\" name=\"csrf\" value=\"c5rF-Token\">") == forms,
               name);
    BOOST_TEST(count(page, "<form") == forms + count(page, "method=\"get\""), name);
  }
}

BOOST_AUTO_TEST_CASE(whoever_is_known_can_halt_with_one_click_on_every_page) {
  for (const auto& [name, page] : sample::site_pages()) {
    const bool bare = name.starts_with("login") || name == "error-401" || name == "error-500";
    BOOST_TEST(count(page, "action=\"/halt\"") == (bare ? 0U : 1U), name);
    BOOST_TEST(has(page, "<nav aria-label=\"Pages\">") == !bare, name);
  }
}

BOOST_AUTO_TEST_CASE(what_is_wrong_stands_above_every_page_with_what_to_do) {
  ScheduleView view = sample::december();
  view.site = sample::troubled();
  const std::string page = render_schedule(view);
  for (const char* part :
       {"May still be in force",
        "force us-east down on ns1",
        "muster recover",
        "muster lever release",
        "connection refused",
        "the wall clock went back",
        "<a href=\"/runs/01KAYQ3X5T8V2W4N6P9R1S0D48/live\">drain-us-east, run 48</a>"})
    BOOST_TEST(has(page, part), part);
  BOOST_TEST(page.find("May still be in force") < page.find("<h1>"));
  BOOST_TEST(!has(render_schedule(sample::december()), "class=\"states\""));
}

BOOST_AUTO_TEST_CASE(every_error_says_what_to_do) {
  for (const int status : {400, 401, 403, 404, 405, 409, 429, 500, 503, 418}) {
    const std::string page = render_error({status, "", {}});
    BOOST_TEST(has(page, "Error " + std::to_string(status)));
    BOOST_TEST(between(page, "</h1>\n<p>", "</p>").size() > 20U, status);
  }
  BOOST_TEST(has(render_error({401, "", {}}), "href=\"/login\""));
  BOOST_TEST(has(render_error({403, "It lacks the scope drill:start.", {}}), "lacks the scope"));
}

BOOST_AUTO_TEST_CASE(after_a_login_nobody_is_led_to_another_server) {
  BOOST_TEST(
      has(render_login({{}, "", "/runs?page=2", false}), "name=\"next\" value=\"/runs?page=2\""));
  for (const char* next :
       {"//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:x", ""})
    BOOST_TEST(has(render_login({{}, "", next, false}), "name=\"next\" value=\"/\""), next);
}

BOOST_AUTO_TEST_CASE(a_run_without_a_number_yet_is_not_number_0) {
  LiveRunView view = sample::failing_over();
  view.number = 0;
  view.site.state.running = {{"01KAYQ3X5T8V2W4N6P9R1S0D99", 0, "another", "", view.started}};
  const std::string page = render_live_run(view);
  BOOST_TEST(!has(page, "run 0"));
  BOOST_TEST(has(page, ">another</a>"));
}

BOOST_AUTO_TEST_CASE(no_page_of_the_site_hides_where_its_forms_come_from) {
  // A browser that is told no-referrer says "Origin: null", and the server takes it for a stranger.
  for (const auto& [name, page] : sample::site_pages())
    BOOST_TEST(!has(page, "\"referrer\""), name);
}

BOOST_AUTO_TEST_SUITE_END()
