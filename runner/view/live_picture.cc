#include "runner/view/live_picture.h"

#include <algorithm>
#include <cmath>

#include "base/columns.h"
#include "base/text.h"
#include "reports/values.h"
#include "runner/view/failure_strip.h"
#include "runner/view/picture_line.h"

namespace muster {

namespace {

using Kind = LiveMilestone::Kind;

constexpr std::size_t kEvents = 4;   ///< at least, as far as there are so many
constexpr std::size_t kNotices = 3;  ///< the newest
constexpr std::size_t kValue = 8;    ///< columns of one of the numbers behind a strip

std::string whole_seconds(Duration length) {
  return show_seconds(std::floor(to_seconds(length)));
}

double failed_share(const LiveRow& row) {
  return row.requests == 0 ? 0
                           : static_cast<double>(row.failed) / static_cast<double>(row.requests);
}

/// The rows that are shown: all in their order, or the worst first where not all have room.
std::vector<const LiveRow*> shown_rows(const std::vector<LiveRow>& rows, std::size_t room) {
  std::vector<const LiveRow*> shown;
  shown.reserve(rows.size());
  for (const LiveRow& row : rows) shown.push_back(&row);
  if (shown.size() <= room) return shown;
  std::stable_sort(shown.begin(), shown.end(), [](const LiveRow* a, const LiveRow* b) {
    return std::pair(failed_share(*a), a->p99) > std::pair(failed_share(*b), b->p99);
  });
  shown.resize(room > 0 ? room - 1 : 0);  // one line says how many more there are
  return shown;
}

/// One piece of the line of milestones, and how wide it is.
struct Piece {
  std::string mark;
  std::string text;
  std::optional<Colour> colour;
  bool reached = false;
  std::size_t columns() const { return columns_of(mark) + columns_of(text); }
};

std::string budget_text(const LiveMilestone& milestone, std::string_view before) {
  return milestone.budget
             ? fmt::format(" {}{}", before, show_seconds(to_seconds(*milestone.budget)))
             : "";
}

Piece piece_of(const LiveMilestone& milestone, bool name_probe, Time now) {
  std::string name(milestone.name());
  if (name_probe && !milestone.probe.empty()) name += " of " + milestone.probe;
  const bool over = milestone.over(now);
  if (milestone.reached()) {
    const Colour colour = over ? Colour::Red : Colour::Green;
    if (milestone.kind == Kind::Injected) return {"✓ ", name, colour, true};
    if (milestone.kind == Kind::Baseline)
      return {"✓ ", name + budget_text(milestone, ""), colour, true};
    const std::string took = show_seconds(to_seconds(*milestone.took));
    return {over ? "✗ " : "✓ ",
            fmt::format("{} {}{}", name, took, budget_text(milestone, "of ")),
            colour,
            true};
  }
  if (!milestone.running()) return {"", name + budget_text(milestone, "≤ "), Colour::Grey, false};
  return {"▸ ",
          fmt::format("{} {}{}{}",
                      name,
                      whole_seconds(*milestone.taken(now)),
                      budget_text(milestone, "of "),
                      over ? ", OVER" : ""),
          over ? Colour::Red : Colour::Bold,
          false};
}

class Painter {
 public:
  Painter(const Picture& picture, const ScreenSize& size, bool colours)
      : picture_(picture),
        now_(picture.now),
        columns_(static_cast<std::size_t>(size.columns)),
        height_(static_cast<std::size_t>(size.rows)),
        colours_(colours) {}

  std::vector<std::string> paint_all() {
    head();
    milestones();
    doing();
    blank();
    std::vector<std::string> above = std::move(lines_);
    lines_.clear();
    bottom();
    std::vector<std::string> below = std::move(lines_);
    lines_ = std::move(above);
    middle(height_ - lines_.size() - below.size());
    lines_.resize(height_ - below.size());
    lines_.insert(lines_.end(), below.begin(), below.end());
    return std::move(lines_);
  }

 private:
  PictureLine line() const { return {columns_, colours_}; }
  void put(PictureLine& made) { lines_.push_back(made.take()); }
  void blank() { lines_.emplace_back(); }

  void head() {
    const RunHead& head = picture_.head;
    const std::string trial =
        head.trials > 1 ? fmt::format(", trial {} of {}", head.trial, head.trials) : "";
    const std::string clock = format_utc(head.utc(now_.now)).substr(11, 8) + " UTC";
    const std::string run = fmt::format("run {}{}   {}   ", head.number, trial, clock);
    const std::string phase(now_.stopping.empty() ? phase_of(now_.milestones) : "stopping");
    const std::string where =
        head.environment.empty() ? head.stack : head.stack + ", " + head.environment;
    const std::size_t right = columns_of(run) + columns_of(phase) + 1;
    PictureLine made = line();
    const std::size_t room = columns_ - std::min(columns_, right + 2);
    const std::string drill = cut_to(printable(head.drill), room);
    made.add(" ").add(drill, Colour::Bold);
    made.add(cut_to(printable(" on " + where), room - columns_of(drill)));
    made.to(columns_ - right).add(run).add(phase, phase_colour(phase));
    put(made);
  }

  static Colour phase_colour(std::string_view phase) {
    if (phase == "undetected" || phase == "failing over" || phase == "stopping") return Colour::Red;
    return phase == "recovered" || phase == "failed over" ? Colour::Green : Colour::Bold;
  }

  /// Where not all fit, those that were reached first are left out.
  void milestones() {
    const auto how_many = [&](Kind kind) {
      return std::count_if(now_.milestones.begin(), now_.milestones.end(), [&](const auto& each) {
        return each.kind == kind;
      });
    };
    const bool name_probe = how_many(Kind::FailedOver) > 1 || how_many(Kind::Recovered) > 1;
    std::vector<Piece> pieces;
    std::size_t wide = 1;
    for (const LiveMilestone& each : now_.milestones) {
      // That it will be undone goes without saying.
      const bool goes_without = each.kind == Kind::Undone && !each.began;
      if (each.kind == Kind::Felt || goes_without) continue;
      pieces.push_back(piece_of(each, name_probe && each.kind != Kind::Detected, now_.now));
      wide += pieces.back().columns() + kGap.size();
    }
    PictureLine made = line();
    made.add(" ");
    std::size_t first = 0;
    while (first < pieces.size() && pieces[first].reached && wide > columns_ + kGap.size()) {
      wide -= pieces[first].columns() + kGap.size() - (first == 0 ? 2 : 0);
      ++first;
    }
    if (first > 0) made.add("… ", Colour::Grey);
    for (std::size_t i = first; i < pieces.size(); ++i) {
      if (i > first) made.add(kGap);
      made.add(pieces[i].mark + pieces[i].text, pieces[i].colour);
    }
    put(made);
  }

  void doing() {
    PictureLine made = line();
    if (!now_.stopping.empty()) {
      made.add(" undoing everything: " + now_.stopping, Colour::Amber);
    } else {
      made.add(" " + now_.step, Colour::Grey);
    }
    put(made);
  }

  /// Rows, events and changes share what room there is.
  void middle(std::size_t room) {
    const std::size_t forced = std::max<std::size_t>(1, now_.in_force.size());
    const std::size_t events = picture_.help ? help_text().size() : kEvents;
    // A line above the rows, a blank below them and one below the events; one change at least.
    const std::size_t rest = room - std::min(room, 3 + events + 1);
    const std::size_t rows = std::min(now_.rows.size(), rest);
    row_lines(rows);
    const std::size_t spare = rest - rows;
    const std::size_t changes = std::min(forced, 1 + spare);
    const std::size_t more = picture_.help ? 0 : spare - (changes - 1);
    if (picture_.help) {
      for (const std::string& text : help_text()) put_text(text);
    } else {
      event_lines(kEvents + more);
    }
    blank();
    in_force_lines(changes);
  }

  void row_lines(std::size_t room) {
    const std::vector<const LiveRow*> rows = shown_rows(now_.rows, room);
    const bool one_probe = std::ranges::all_of(
        now_.rows, [&](const LiveRow& row) { return row.probe == now_.rows[0].probe; });
    const auto label_of = [&](const LiveRow& row) {
      return printable(one_probe ? row.vantage : row.probe + " " + row.vantage);
    };
    std::size_t label = 8;
    for (const LiveRow& row : now_.rows) label = std::max(label, columns_of(label_of(row)));
    label = std::min(label, columns_ * 3 / 10);
    const std::size_t served = columns_ >= 100 ? 14 : 0;
    const StripScale scale =
        strip_scale(columns_ - label - 4 - 3 * kValue - served, now_.injected, now_.now);
    PictureLine heading = line();
    heading.to(label + 2).add(strip_axis(scale), Colour::Grey).add(" ");
    for (const std::string_view name : {"failed", "p50", "p99"})
      heading.add(right_in(name, kValue), Colour::Grey);
    if (served > 0) heading.add("  served by", Colour::Grey);
    put(heading);
    for (const LiveRow* row : rows) {
      PictureLine made = line();
      made.add(" ").add(left_in(label_of(*row), label)).add(" ");
      strip(*row, scale, made);
      made.add(" ");
      values(*row, made);
      if (served > 0) made.add("  ").add(cut_to(printable(row->served_by), served - 2));
      put(made);
    }
    if (rows.size() < now_.rows.size())
      put_text(fmt::format("+ {} more", now_.rows.size() - rows.size()), Colour::Grey);
    blank();
  }

  static void strip(const LiveRow& row, const StripScale& scale, PictureLine& made) {
    const auto shares = strip_shares(row.strip, scale);
    for (std::size_t i = 0; i < shares.size();) {
      if (scale.injected && i == scale.before) {
        made.add("│", Colour::Bold);
        ++i;
        continue;
      }
      // Neighbours of one colour go together.
      const bool bad = shares[i].value_or(0) > 0;
      std::string signs;
      for (; i < shares.size() && (shares[i].value_or(0) > 0) == bad; ++i) {
        if (scale.injected && i == scale.before) break;
        signs += share_sign(shares[i]);
      }
      made.add(signs, bad ? Colour::Red : Colour::Grey);
    }
  }

  static void values(const LiveRow& row, PictureLine& made) {
    const double share = failed_share(row);
    made.add(right_in(row.requests == 0 ? "—" : show_percent(share), kValue),
             share > 0 ? std::optional(Colour::Red) : std::nullopt);
    for (const Duration latency : {row.p50, row.p99}) {
      const bool failed = latency == Duration::max();
      made.add(right_in(row.requests == 0 ? "—"
                        : failed          ? "failed"
                                          : show_seconds(to_seconds(latency)),
                        kValue),
               failed ? std::optional(Colour::Red) : std::nullopt);
    }
  }

  void event_lines(std::size_t room) {
    const auto& events = picture_.events;
    const std::size_t first = events.size() > room ? events.size() - room : 0;
    for (std::size_t i = first; i < events.size(); ++i) {
      const PictureEvent& event = events[i];
      PictureLine made = line();
      made.add(" ").add(format_utc(picture_.head.utc(event.at)).substr(11, 10), Colour::Grey);
      made.add("  ").add(left_in(printable(event.kind), 9), event_colour(event.kind));
      made.add(" ").add(event.text);
      put(made);
    }
    for (std::size_t i = events.size() - first; i < std::min(room, kEvents); ++i) blank();
  }

  static std::optional<Colour> event_colour(std::string_view kind) {
    if (kind == "fault" || kind == "abort" || kind == "impact") return Colour::Red;
    if (kind == "rollback" || kind == "undone" || kind == "recovery" || kind == "failover")
      return Colour::Green;
    return kind == "note" ? std::optional<Colour>() : Colour::Bold;
  }

  void in_force_lines(std::size_t room) {
    const std::vector<std::string>& changes = now_.in_force;
    if (changes.empty()) {
      put_text("nothing in force", Colour::Grey);
      return;
    }
    const std::size_t shown = changes.size() > room ? room - 1 : changes.size();
    for (std::size_t i = 0; i < shown; ++i) {
      PictureLine made = line();
      made.add(" in force  ", Colour::Red).add(changes[i]);
      put(made);
    }
    if (shown == changes.size()) return;
    put_text(shown == 0 ? count_of(changes.size(), "change") + " in force"
                        : fmt::format("+ {} more in force", changes.size() - shown),
             Colour::Red);
  }

  /// What stays at the lower edge, whatever else there is to see.
  void bottom() {
    if (now_.writes.any()) {
      put_text(fmt::format("writes acknowledged {}, refused {}, unknown {}; read back at the end",
                           show_count(static_cast<double>(now_.writes.acknowledged)),
                           show_count(static_cast<double>(now_.writes.refused)),
                           show_count(static_cast<double>(now_.writes.unknown))));
    }
    if (!now_.rows.empty()) lag();
    if (!now_.stop_limits.empty()) stop_limit();
    const auto& notices = picture_.notices;
    for (std::size_t i = notices.size() - std::min(notices.size(), kNotices); i < notices.size();
         ++i)
      put_text(notices[i], Colour::Amber);
    blank();
    if (!picture_.question.empty()) {
      put_text(picture_.question + "  y yes   n no", Colour::Amber);
    } else {
      put_text(keys(), Colour::Grey);
    }
  }

  std::string_view keys() const {
    if (!now_.stopping.empty()) return "Ctrl-C what is not undone yet";
    return picture_.keys ? "a abort and undo   Ctrl-C undo and stop   ? keys"
                         : "Ctrl-C undo and stop";
  }

  void lag() {
    const std::string not_sent =
        now_.lag.not_sent == 0
            ? ""
            : fmt::format(", {} not sent", show_count(static_cast<double>(now_.lag.not_sent)));
    const std::string text =
        fmt::format("(lag p99 {}{})", show_seconds(to_seconds(now_.lag.p99)), not_sent);
    const bool bad = now_.lag.late || now_.lag.not_sent > 0;
    put_text((bad ? "PROBES LATE " : "probes on time ") + text,
             bad ? std::optional(Colour::Red) : std::nullopt);
  }

  /// The one that is nearest: breached longest, else the first.
  void stop_limit() {
    const auto& limits = now_.stop_limits;
    const auto nearest =
        std::max_element(limits.begin(), limits.end(), [](const auto& a, const auto& b) {
          return a.since.value_or(Duration(-1)) < b.since.value_or(Duration(-1));
        });
    std::string text = "stop limit: " + nearest->text;
    if (!nearest->now.empty()) text += "; now " + nearest->now;
    if (nearest->since) text += " for " + whole_seconds(*nearest->since);
    if (limits.size() > 1) text += fmt::format("  + {} more", limits.size() - 1);
    put_text(text, nearest->breached ? std::optional(Colour::Red) : std::nullopt);
  }

  void put_text(std::string_view text, std::optional<Colour> colour = {}) {
    PictureLine made = line();
    made.add(" ").add(text, colour);
    put(made);
  }

  static const std::vector<std::string>& help_text() {
    static const std::vector<std::string> text{
        "a        abort: everything is undone now, the run ends as aborted (exit 5)",
        "Ctrl-C   the same, and it ends as interrupted (exit 130); again: what is left",
        "Ctrl-Z   suspends muster; its guards undo when it stays silent for their lease",
        "?        this, and back",
        "strip    · none failed, ▁ to █ share that failed, │ the injection",
        "numbers  of the requests due in the last 5 s; a failed one is the slowest"};
    return text;
  }

  static constexpr std::string_view kGap = "   ";

  const Picture& picture_;
  const Snapshot& now_;
  const std::size_t columns_;
  const std::size_t height_;
  const bool colours_;
  std::vector<std::string> lines_;
};

}  // namespace

std::vector<std::string> draw_picture(const Picture& picture,
                                      const ScreenSize& size,
                                      bool colours) {
  return Painter(picture, size, colours).paint_all();
}

}  // namespace muster
