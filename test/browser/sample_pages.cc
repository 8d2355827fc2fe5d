// Writes the pages that the browser tests open: sample_pages FOLDER. The reports are the samples of
// test/reports, some with hostile texts in every place that the system under test or a person can
// write, and one of the size of a long run; FOLDER/site has the pages of `muster serve`.
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "reports/formats/html.h"
#include "test/reports/sample_result.h"
#include "test/reports/sample_site.h"

namespace {

using namespace muster;

struct Hostile {
  const char* name;
  std::string text;
};

/// Each would set `pwned` if it came to life.
const Hostile kHostile[] = {
    {"script", "</script><script>window.pwned=1</script>"},
    {"comment", "<!-- <script>"},
    {"separator", "a\u2028b\u2029c\"});window.pwned=1;//"},
    {"attribute", "\"><img src=x onerror=\"window.pwned=1\">"},
    {"prototype", "__proto__"},
};

/// Also what the hero alone writes: probes and regions.
Result hostile_everywhere(const std::string& text) {
  Result result = sample::hostile(text);
  for (auto& probe : result.probes) probe.id = text + probe.id;
  for (auto& metric : result.metrics) {
    if (!metric.scope_probe.empty()) metric.scope_probe = text + metric.scope_probe;
  }
  for (auto& milestone : result.milestones) {
    if (!milestone.probe.empty()) milestone.probe = text + milestone.probe;
  }
  for (auto& row : result.series.rows) {
    row.probe = text + row.probe;
    for (auto& bin : row.served_by) {
      std::map<std::string, int> renamed;
      for (const auto& [region, count] : bin) renamed[text + region] = count;
      bin = renamed;
    }
    for (auto& bin : row.fail) {
      std::map<std::string, int> renamed;
      for (const auto& [reason, count] : bin) renamed[text + reason] = count;
      bin = renamed;
    }
  }
  return result;
}

void write_page(const std::filesystem::path& folder,
                const std::string& name,
                const std::string& page) {
  std::ofstream(folder / (name + ".html"), std::ios::binary) << page;
}

void write(const std::filesystem::path& folder, const std::string& name, const Result& result) {
  write_page(folder, name, render_html(result));
}

void write_site(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  for (const auto& [name, page] : sample::site_pages()) write_page(folder, name, page);
  for (const Hostile& hostile : kHostile) {
    for (const auto& [name, page] : sample::hostile_site_pages(hostile.text))
      write_page(folder, std::string("hostile-") + hostile.name + "-" + name, page);
  }
}

/// A million requests: three vantages, readers and writers, ten minutes; each second's latencies
/// lie over several bins.
Result million() {
  Result result = sample::failed();
  result.series.segments = {{-60, 540, 1}};
  result.series.rows.clear();
  for (const auto& [probe, rate] : {std::pair("readers", 440), std::pair("comments", 116)}) {
    for (const char* vantage : {"client-us", "client-eu", "client-ap"}) {
      Result::SeriesRow row;
      row.vantage = vantage;
      row.probe = probe;
      for (int second = -60; second < 540; ++second) {
        const bool down = second >= 0 && second < 26;
        const int failed = down ? rate / 3 : 0;
        const int unit = (rate - failed) / 20;
        const int shift = (second * 7 + 120) % 3;
        row.due.push_back(rate);
        row.ok.push_back({{12 + shift, 2 * unit},
                          {13 + shift, 7 * unit},
                          {14 + shift, 5 * unit},
                          {15 + shift, 3 * unit},
                          {16 + shift, unit},
                          {22, unit},
                          {31, rate - failed - 19 * unit}});
        row.fail.push_back(down ? std::map<std::string, int>{{"timeout", failed}}
                                : std::map<std::string, int>{});
        row.unknown.push_back(0);
        row.served_by.push_back({{second < 38 ? "us-east" : "eu-west", rate - failed}});
      }
      result.series.rows.push_back(std::move(row));
    }
  }
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: sample_pages FOLDER\n", stderr);
    return 2;
  }
  const std::filesystem::path folder = argv[1];
  std::filesystem::create_directories(folder);
  for (const auto& [name, result] : sample::all()) write(folder, name, result);
  for (const Hostile& hostile : kHostile)
    write(folder, std::string("hostile-") + hostile.name, hostile_everywhere(hostile.text));
  write(folder, "million", million());
  write_site(folder / "site");
}
