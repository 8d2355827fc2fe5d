#include "reports/formats/html.h"

#include <cstdlib>
#include <fstream>
#include <set>

#include <boost/test/unit_test.hpp>

#include "base/digest.h"
#include "base/files.h"
#include "base/text.h"
#include "reports/page/markup.h"
#include "reports/values.h"
#include "test/reports/sample_result.h"

using namespace muster;

namespace {

/// Enough of a parser to tell that tags nest, are closed, and that attributes are quoted. "" or
/// what is wrong.
class Checker {
 public:
  explicit Checker(std::string_view page) : page_(page) {}

  std::string problem() {
    while (at_ < page_.size()) {
      if (page_[at_] != '<') {
        if (page_[at_] == '>') return "a raw > in text at " + here();
        ++at_;
        continue;
      }
      if (page_.substr(at_).starts_with("<!doctype html>")) {
        at_ += 15;
      } else if (std::string wrong = tag(); !wrong.empty()) {
        return wrong;
      }
    }
    return open_.empty() ? "" : "<" + open_.back() + "> is never closed";
  }
  std::set<std::string> ids, references;

 private:
  std::string here() const {
    return "byte " + std::to_string(at_) + ": " + std::string(page_.substr(at_, 60));
  }

  std::string tag() {
    ++at_;
    const bool closing = page_[at_] == '/';
    if (closing) ++at_;
    const std::string name = word();
    if (name.empty()) return "a raw < at " + here();
    bool self_closed = false;
    while (page_[at_] != '>') {
      if (page_[at_] == ' ' || page_[at_] == '\n') {
        ++at_;
      } else if (page_[at_] == '/') {
        self_closed = true;
        ++at_;
      } else if (std::string wrong = attribute(); !wrong.empty()) {
        return wrong;
      }
      if (at_ >= page_.size()) return "a tag without an end: " + name;
    }
    ++at_;
    static const std::set<std::string> kVoid = {"meta", "link", "br"};
    if (closing) {
      if (open_.empty() || open_.back() != name)
        return "</" + name + "> closes nothing, at " + here();
      open_.pop_back();
    } else if (!self_closed && !kVoid.contains(name)) {
      open_.push_back(name);
      if (name == "style") at_ = page_.find("</style>", at_);
      if (name == "script") at_ = page_.find("</script>", at_);
    }
    return "";
  }

  std::string attribute() {
    const std::string name = word();
    if (name.empty()) return "a strange attribute at " + here();
    if (name == "style") return "a style attribute at " + here();
    if (name.starts_with("on")) return "an event attribute at " + here();
    if (page_.substr(at_, 2) != "=\"") return "an unquoted attribute at " + here();
    const std::size_t end = page_.find('"', at_ + 2);
    const std::string value(page_.substr(at_ + 2, end - at_ - 2));
    if (value.find('<') != std::string::npos) return "a raw < in an attribute at " + here();
    if (name == "id" && !ids.insert(value).second) return "the id " + value + " twice";
    if (name == "href" && value.starts_with("#")) references.insert(value.substr(1));
    if (name == "aria-labelledby") {
      const std::size_t blank = value.find(' ');
      references.insert(value.substr(0, blank));
      if (blank != std::string::npos) references.insert(value.substr(blank + 1));
    }
    at_ = end + 1;
    return "";
  }

  std::string word() {
    const std::size_t begin = at_;
    while (at_ < page_.size() && (std::isalnum(static_cast<unsigned char>(page_[at_])) != 0 ||
                                  page_[at_] == '-' || page_[at_] == ':')) {
      ++at_;
    }
    return std::string(page_.substr(begin, at_ - begin));
  }

  std::string_view page_;
  std::size_t at_ = 0;
  std::vector<std::string> open_;
};

bool has(const std::string& page, std::string_view part) {
  return page.find(part) != std::string::npos;
}

/// What stands between `begin` and `end`.
std::string between(const std::string& page, std::string_view begin, std::string_view end) {
  const std::size_t from = page.find(begin);
  if (from == std::string::npos) return "";
  return page.substr(from + begin.size(), page.find(end, from) - from - begin.size());
}

std::string script_of(const std::string& page) {
  return between(page, "<script>", "</script>");
}

/// The page as it is without script.
std::string markup_of(const std::string& page) {
  return page.substr(0, std::min(page.find("<script"), page.size()));
}

/// The page without the bundle, which another bundler would write in another way.
std::string without_bundle(const std::string& page) {
  const std::string bundle = script_of(page);
  return replaced(replaced(page, bundle, ""), sha256_for_csp(bundle), sha256_for_csp(""));
}

std::size_t count(const std::string& page, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = page.find(part); at != std::string::npos; at = page.find(part, at + 1))
    ++found;
  return found;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(html)

BOOST_AUTO_TEST_CASE(every_page_is_well_formed_without_styles_or_scripts_in_its_markup) {
  for (const auto& [name, result] : sample::all()) {
    const std::string page = render_html(result);
    Checker checker(page);
    BOOST_TEST(checker.problem() == "", name);
    for (const auto& reference : checker.references)
      BOOST_TEST(checker.ids.contains(reference), name << ": " << reference);
    for (const char* fetch : {"src=", "href=\"http", "url(", "@import"})
      BOOST_TEST(!has(page, fetch), name << ": " << fetch);
    BOOST_TEST(has(markup_of(page), "</main>"), name);
    BOOST_TEST(!has(markup_of(page), "<button"), name);
    BOOST_TEST(page.ends_with("</script></body></html>\n"), name);
  }
}

BOOST_AUTO_TEST_CASE(a_page_is_what_it_was) {
  const std::filesystem::path folder =
      std::filesystem::path(MUSTER_SOURCE_DIR) / "test/golden/html";
  for (const auto& [name, result] : sample::all()) {
    if (name == "many-vantages" || name == "interrupted")
      continue;  // large, or nearly like another
    const std::filesystem::path file = folder / (name + ".html");
    const std::string page = without_bundle(render_html(result));
    if (std::getenv("MUSTER_UPDATE_GOLDEN") != nullptr)
      std::ofstream(file, std::ios::binary) << page;
    const std::optional<std::string> golden = read_file_if_exists(file);
    BOOST_REQUIRE_MESSAGE(golden, "no " << file << "; make it with MUSTER_UPDATE_GOLDEN=1");
    BOOST_CHECK_MESSAGE(*golden == page,
                        name << ".html changed; look at it, then MUSTER_UPDATE_GOLDEN=1");
  }
}

BOOST_AUTO_TEST_CASE(the_policy_allows_exactly_the_style_and_the_script_that_are_there) {
  const std::string page = render_html(sample::passed());
  const std::string style = between(page, "<style>", "</style>");
  const std::string script = script_of(page);
  BOOST_TEST(style.size() > 1000U);
  BOOST_TEST(script.size() > 1000U);
  BOOST_TEST(has(page,
                 "content=\"default-src 'none'; style-src '" + sha256_for_csp(style) +
                     "'; script-src '" + sha256_for_csp(script) + "'; img-src data:"));
}

BOOST_AUTO_TEST_CASE(the_script_is_small_and_cannot_end_its_element) {
  const std::string script = script_of(render_html(sample::passed()));
  BOOST_TEST(script.size() <= 30'000U);
  BOOST_TEST(!has(script, "</script"));
  BOOST_TEST(!has(script, "<!--"));
}

BOOST_AUTO_TEST_CASE(nothing_from_the_system_under_test_becomes_markup) {
  const std::string texts[] = {"</script><script>alert(1)</script>",
                               "<!-- ",
                               "--><img src=x onerror=alert(1)>",
                               "\" onload=\"alert(1)",
                               "' style='color:red",
                               "]]></style></title></svg>",
                               "a\u2028b\u2029c\u202e",
                               "\xff\xfe\x1b[2J",
                               "&lt;&#60;"};
  const std::string usual = render_html(sample::hostile("plain"));
  const auto tags = [](const std::string& page) {
    return std::count(page.begin(), page.end(), '<');
  };
  for (const std::string& text : texts) {
    const std::string page = render_html(sample::hostile(text));
    Checker checker(page);
    BOOST_TEST(checker.problem() == "", text);
    BOOST_TEST(count(page, "<script") == 2U, text);
    BOOST_TEST(count(page, "</script") == 2U, text);
    BOOST_TEST(!has(page, "<img"), text);
    BOOST_TEST(!has(page, "<!--"), text);
    BOOST_TEST(!has(page, "\u2028"));
    BOOST_TEST(!has(page, "\x1b"));
    // Longer names may hide a label for want of room, but no tag is ever added.
    BOOST_TEST(tags(page) <= tags(usual), text);
  }
}

BOOST_AUTO_TEST_CASE(each_verdict_says_its_word_and_its_sign) {
  const std::pair<std::string, std::string> words[] = {{"pass", "✓</span> Passed"},
                                                       {"fail", "✕</span> Failed"},
                                                       {"inconclusive", "?</span> Inconclusive"},
                                                       {"aborted", "■</span> Aborted"},
                                                       {"interrupted", "■</span> Interrupted"},
                                                       {"broken", "✕</span> Still broken"}};
  for (const auto& [status, word] : words) {
    Result result = sample::passed();
    result.verdict.status = status;
    BOOST_TEST(has(render_html(result), "<p class=\"status\"><span aria-hidden=\"true\">" + word),
               status);
  }
}

BOOST_AUTO_TEST_CASE(a_verdict_of_a_newer_muster_never_reads_as_a_pass) {
  Result result = sample::passed();
  result.verdict.status = "splendid";
  const std::string page = render_html(result);
  BOOST_TEST(has(page, "Unknown verdict"));
  BOOST_TEST(!has(page, "<section class=\"verdict pass\""));
}

BOOST_AUTO_TEST_CASE(a_broken_run_says_what_is_in_force_and_how_to_put_it_back_before_any_number) {
  const std::string page = render_html(sample::broken());
  const std::size_t alarm = page.find("role=\"alert\"");
  BOOST_REQUIRE(alarm != std::string::npos);
  BOOST_TEST(alarm < page.find("aria-label=\"Key figures\""));
  const std::string box = page.substr(alarm, page.find("</div>", alarm) - alarm);
  BOOST_TEST(has(box, "muster recover"));
  BOOST_TEST(has(box, "Refuse connections to the application"));
  BOOST_TEST(has(box, "nft delete table inet muster_drain_2"));
  BOOST_TEST(!has(box, "Force us-east down"));
}

BOOST_AUTO_TEST_CASE(an_inconclusive_run_gives_its_reasons_first) {
  const std::string page = render_html(sample::inconclusive());
  const std::size_t reason = page.find("client-us left 212 ms late");
  BOOST_TEST(reason < page.find("aria-label=\"Key figures\""));
  BOOST_TEST(has(page, "<section class=\"verdict grey\""));
}

BOOST_AUTO_TEST_CASE(an_aborted_run_says_that_everything_is_back) {
  BOOST_TEST(has(render_html(sample::aborted()), "Put back: 2 changes, each seen to be undone."));
}

BOOST_AUTO_TEST_CASE(failed_checks_come_first_and_misses_are_said_in_words) {
  const std::string page = render_html(sample::failed());
  const std::size_t checks = page.find("id=\"h-checks\"");
  BOOST_TEST(page.find("Failed</b>", checks) < page.find("Passed</b>", checks));
  BOOST_TEST(has(page, "budget 30 s, missed"));
}

BOOST_AUTO_TEST_CASE(a_failed_request_is_slower_than_every_answer) {
  const std::string page = render_html(sample::never_detected());
  const std::size_t latency = page.find("id=\"h-latency\"");
  BOOST_TEST(page.find("<td class=\"n\">failed</td>", latency) < page.find("</section>", latency));
}

BOOST_AUTO_TEST_CASE(an_empty_result_still_makes_a_page) {
  const std::string page = render_html(Result{});
  BOOST_TEST(Checker(page).problem() == "");
  BOOST_TEST(has(page, "Unknown verdict"));
}

BOOST_AUTO_TEST_SUITE_END()
