#include "reports/measure/samples_export.h"

#include <algorithm>
#include <iterator>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"

namespace muster {

namespace {

constexpr std::size_t kWriteAt = 1U << 20U;

bool holds(const std::vector<std::string>& names, const std::string& name) {
  return names.empty() || std::ranges::find(names, name) != names.end();
}

/// As RFC 4180 says. No spreadsheet may take it for a formula.
std::string csv_text(std::string text) {
  if (!text.empty() && std::string_view("=+-@\t\r").find(text.front()) != std::string_view::npos)
    text.insert(0, 1, '\'');
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char letter : text) {
    if (letter == '"') quoted += '"';
    quoted += letter;
  }
  return quoted + '"';
}

std::string json_text(std::string_view text) {
  return json::serialize(json::string(text));
}

/// Six digits are all there is: a sample's instants are whole microseconds apart.
void put_seconds(std::string& to, Time at, Time origin) {
  fmt::format_to(std::back_inserter(to), "{:.6f}", to_seconds(at - origin));
}

struct RowWriter {
  Time origin;
  std::string probe;
  std::string vantage;
  const std::vector<std::string>& texts;  ///< quoted for the format

  void csv(std::string& to, const Sample& s) const {
    fmt::format_to(std::back_inserter(to), "{},{},{},", probe, vantage, name_of(s.kind));
    put_seconds(to, s.due, origin);
    to += ',';
    if (s.sent != Time()) put_seconds(to, s.sent, origin);
    to += ',';
    put_seconds(to, s.done, origin);
    fmt::format_to(std::back_inserter(to),
                   ",{},{},{},{},{},{},{},{},{}\n",
                   muster::name_of(s.outcome),
                   s.status,
                   s.client,
                   s.dns_us,
                   s.connect_us,
                   s.tls_us,
                   s.first_byte_us,
                   s.value,
                   texts[s.text]);
  }

  void ndjson(std::string& to, const Sample& s) const {
    fmt::format_to(std::back_inserter(to),
                   R"({{"probe":{},"vantage":{},"kind":"{}","due":)",
                   probe,
                   vantage,
                   name_of(s.kind));
    put_seconds(to, s.due, origin);
    to += R"(,"sent":)";
    if (s.sent == Time())
      to += "null";
    else
      put_seconds(to, s.sent, origin);
    to += R"(,"done":)";
    put_seconds(to, s.done, origin);
    fmt::format_to(std::back_inserter(to),
                   R"(,"outcome":"{}","status":{},"client":{},"dns_us":{},"connect_us":{},)"
                   R"("tls_us":{},"first_byte_us":{},"value":{},"text":{}}})"
                   "\n",
                   muster::name_of(s.outcome),
                   s.status,
                   s.client,
                   s.dns_us,
                   s.connect_us,
                   s.tls_us,
                   s.first_byte_us,
                   s.value,
                   texts[s.text]);
  }
};

std::string names_of(const SampleFileContent& content) {
  std::vector<std::string> names;
  for (const SampleSeries& series : content.series)
    names.push_back(series.probe + " at " + series.vantage);
  return names.empty() ? "none" : join(names, ", ");
}

}  // namespace

void export_samples(const SampleFileContent& content,
                    const SampleSelection& selection,
                    Time origin,
                    SampleRows rows,
                    const std::function<void(std::string_view)>& write) {
  const bool csv = rows == SampleRows::Csv;
  const auto quoted = [&](const std::string& text) {
    return csv ? csv_text(text) : json_text(text);
  };
  std::vector<std::string> texts;
  for (const std::string& text : content.texts) texts.push_back(quoted(text));

  std::string out;
  if (csv)
    out =
        "probe,vantage,kind,due,sent,done,outcome,status,client,dns_us,connect_us,tls_us,"
        "first_byte_us,value,text\n";
  bool any = false;
  for (const SampleSeries& series : content.series) {
    if (!holds(selection.probes, series.probe) || !holds(selection.vantages, series.vantage))
      continue;
    any = true;
    const RowWriter row{origin, quoted(series.probe), quoted(series.vantage), texts};
    for (const Sample& sample : series.samples) {
      if (sample.text >= texts.size())
        fail("a sample names text {}, which is missing", sample.text);
      csv ? row.csv(out, sample) : row.ndjson(out, sample);
      if (out.size() < kWriteAt) continue;
      write(out);
      out.clear();
    }
  }
  if (!any) fail("no samples fit; the run has {}", names_of(content));
  write(out);
}

}  // namespace muster
