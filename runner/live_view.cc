#include <cstdio>
#include <deque>

#include "base/text.h"
#include "runner/observer.h"
#include "runner/terminal.h"

namespace muster {

namespace {

constexpr std::size_t kEventsShown = 6;
constexpr std::size_t kStripWidth = 30;

/// Failing share of one second as one character: a blank sky, darker the more users failed.
std::string strip_of(const std::vector<double>& shares) {
  std::string out;
  const std::size_t begin = shares.size() > kStripWidth ? shares.size() - kStripWidth : 0;
  for (std::size_t i = begin; i < shares.size(); ++i) {
    const double share = shares[i];
    out += share <= 0 ? "·" : share < 0.1 ? "▁" : share < 0.35 ? "▃" : share < 0.7 ? "▅" : "█";
  }
  for (std::size_t i = shares.size() - begin; i < kStripWidth; ++i) out = " " + out;
  return out;
}

std::string cut(std::string_view text, int columns) {
  return printable(text, static_cast<std::size_t>(std::max(1, columns - 2)));
}

std::string latency_text(Duration latency) {
  return latency == Duration::max() ? "failed" : human_duration(latency);
}

/// Redraws the screen four times a second on the alternate screen, so that what stood there before
/// comes back.
class LiveView final : public Observer {
 public:
  LiveView() { put("\x1b[?1049h\x1b[?25l"); }
  LiveView(const LiveView&) = delete;
  LiveView& operator=(const LiveView&) = delete;
  ~LiveView() override { leave(); }

  void event(const EventRecord& event, Duration at) override {
    events_.push_back(
        fmt::format("{:8.2f} s  {:<10} {}", to_seconds(at), event.source, event.text));
    all_.push_back(events_.back());
    if (events_.size() > kEventsShown) events_.pop_front();
  }

  void tick(const Snapshot& now) override {
    const ScreenSize size = screen_size();
    std::vector<std::string> lines = header(now, size.columns);
    for (const LiveRow& row : now.rows) lines.push_back(row_line(row));
    lines.emplace_back();
    lines.push_back(
        now.in_force.empty()
            ? paint("no fault in force", Colour::Grey, true)
            : paint(count_of(now.in_force.size(), "change") + " in force", Colour::Red, true));
    for (const std::string& change : now.in_force)
      lines.push_back("  " + cut(change, size.columns));
    lines.emplace_back();
    for (const std::string& event : events_) lines.push_back(cut(event, size.columns));
    lines.push_back(paint("Ctrl-C: undo everything and stop", Colour::Grey, true));
    draw(lines, size.rows);
  }

  void finished() override {
    leave();
    for (const std::string& event : all_) std::fputs((event + "\n").c_str(), stdout);
    std::fflush(stdout);
  }

 private:
  static std::vector<std::string> header(const Snapshot& now, int columns) {
    std::string when = fmt::format("{:.0f} s", to_seconds(now.now - now.started));
    if (now.injected)
      when += fmt::format(", {:.1f} s since the fault", to_seconds(now.now - *now.injected));
    return {paint(now.drill, Colour::Bold, true) + "  " + when,
            cut(now.step, columns),
            "",
            paint(fmt::format("{:<12} {:<11} {:>30} {:>7} {:>9} {:>9}  {}",
                              "probe",
                              "from",
                              "failing",
                              "failed",
                              "p50",
                              "p99",
                              "served by"),
                  Colour::Grey,
                  true)};
  }

  static std::string row_line(const LiveRow& row) {
    const std::string strip = strip_of(row.strip);
    return fmt::format("{:<12.12} {:<11.11} {} {:>7} {:>9} {:>9}  {}",
                       row.probe,
                       row.vantage,
                       row.failed > 0 ? paint(strip, Colour::Red, true) : strip,
                       row.failed,
                       latency_text(row.p50),
                       latency_text(row.p99),
                       printable(row.served_by, 12));
  }

  static void draw(const std::vector<std::string>& lines, int rows) {
    std::string frame = "\x1b[H";
    for (std::size_t i = 0; i < lines.size() && static_cast<int>(i) < rows - 1; ++i)
      frame += lines[i] + "\x1b[K\r\n";
    put(frame + "\x1b[J");
  }

  static void put(std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
  }

  void leave() {
    if (std::exchange(left_, true)) return;
    put("\x1b[?25h\x1b[?1049l");
  }

  std::deque<std::string> events_;
  std::vector<std::string> all_;
  bool left_ = false;
};

}  // namespace

std::unique_ptr<Observer> make_live_view() {
  return std::make_unique<LiveView>();
}

}  // namespace muster
