#include <cstdio>
#include <list>
#include <optional>

#include <unistd.h>

#include <boost/asio.hpp>

#include "base/secret.h"
#include "base/text.h"
#include "runner/view/keys.h"
#include "runner/view/live_picture.h"
#include "runner/view/observer.h"
#include "runner/view/plain_lines.h"
#include "runner/view/terminal.h"

namespace muster {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kEventsKept = 200;
constexpr std::size_t kNoticesKept = 20;

bool has_room(const ScreenSize& size) {
  return size.columns >= 80 && size.rows >= 24;
}

/// The picture of a running drill, and keys. What happened meanwhile stands on the normal screen
/// afterwards, in plain lines.
class LiveView final : public Observer {
 public:
  explicit LiveView(std::unique_ptr<Terminal> terminal)
      : terminal_(std::move(terminal)), colours_(colours_are_wanted()) {}
  LiveView(const LiveView&) = delete;
  LiveView& operator=(const LiveView&) = delete;

  /// Also where the drill ended in a way that nobody foresaw. Only here a terminal is waited for:
  /// by now everything is undone and written down.
  ~LiveView() override {
    LiveView::finished();
    std::fputs(kept_.c_str(), stdout);
    std::fflush(stdout);
  }

  void begin(const RunHead& head) override {
    picture_.head = head;
    lines_.begin(head);
    say(lines_.title());
    terminal_->enter();
  }

  void event(const EventRecord& event, Duration) override {
    const std::string line = lines_.event(event);
    if (line.empty()) return;  // a milestone has said it
    say(line);
    const bool own = event.source == "muster" || event.source.empty();
    show({event.at, event.kind, own ? event.text : event.source + ": " + event.text});
  }

  void milestone(const LiveMilestone& reached) override {
    const std::string line = lines_.milestone(reached);
    if (line.empty()) return;
    say(line);
    show({*reached.began + *reached.took,
          std::string(reached.name()),
          PlainLines::text_of(reached)});
  }

  void tick(const Snapshot& now) override {
    picture_.now = now;
    picture_.question = questions_.empty() ? "" : questions_.front().text;
    const std::string heartbeat = lines_.heartbeat(now);
    if (in_lines_ && !heartbeat.empty()) say(heartbeat);
    redraw();
    if (input_ && !waiting_ && terminal_->in_foreground()) wait_for_keys();
    picture_.now.rows.clear();  // their strips hold only until the next sample
  }

  void notice(const std::string& line) override {
    picture_.notices.push_back(printable(line));
    if (picture_.notices.size() > kNoticesKept) picture_.notices.pop_front();
    say(picture_.notices.back());
  }

  void take_keys(asio::any_io_executor executor, std::function<void()> abort) override {
    const int descriptor = ::dup(terminal_->descriptor());
    picture_.keys = descriptor >= 0;
    if (descriptor < 0) return;
    abort_ = std::move(abort);
    input_.emplace(executor, descriptor);
  }

  bool asks() const override { return input_.has_value(); }

  /// One question at a time is on the screen: the oldest.
  Task<bool> ask(std::string question) override {
    auto executor = co_await asio::this_coro::executor;
    const Asked asked(questions_, executor, question);
    co_await asked.place->answered.wait();
    co_return asked.place->yes;
  }

  void finished() override {
    input_.reset();
    terminal_->leave();
    in_lines_ = true;
    say_what_was_kept();
  }

 private:
  struct Question {
    Question(std::string what, const asio::any_io_executor& executor)
        : text(std::move(what)), answered(executor) {}
    std::string text;
    Happening answered;
    bool yes = false;
  };
  /// Whoever asks may be cancelled; then the question goes too.
  struct Asked {
    Asked(std::list<Question>& all, const asio::any_io_executor& executor, const std::string& text)
        : questions(all), place(all.emplace(all.end(), printable(text), executor)) {}
    Asked(const Asked&) = delete;
    Asked& operator=(const Asked&) = delete;
    ~Asked() { questions.erase(place); }
    std::list<Question>& questions;
    std::list<Question>::iterator place;
  };

  void redraw() {
    const ScreenSize size = screen_size();
    if (!has_room(size)) {
      terminal_->show_lines();
      in_lines_ = true;
      say_what_was_kept();
    } else if (terminal_->enter()) {
      in_lines_ = false;
      terminal_->draw(draw_picture(picture_, size, colours_), size);
    }
  }

  void wait_for_keys() {
    waiting_ = true;
    input_->async_wait(asio::posix::stream_descriptor::wait_read,
                       [this](const boost::system::error_code& error) {
                         if (error) return;  // the view may be gone
                         waiting_ = false;
                         read_keys();
                       });
  }

  /// In the background what is typed is for somebody else, and to read it would stop the process.
  void read_keys() {
    if (!terminal_->in_foreground()) return;
    std::string typed;
    if (!terminal_->read_keys(typed)) {
      input_.reset();
      picture_.keys = false;
      return;
    }
    if (const auto key = single_key(typed)) press(*key);
    wait_for_keys();
  }

  void press(char key) {
    if (key == '?') picture_.help = !picture_.help;
    if (key == 'a') abort_();
    if (questions_.empty() || (key != 'y' && key != 'n')) return;
    questions_.front().yes = key == 'y';
    questions_.front().answered.set();
  }

  /// On the screen at once while it shows lines, else when it does again.
  void say(const std::string& line) {
    kept_ += without_secrets(line) + "\n";
    if (in_lines_) say_what_was_kept();
  }

  /// What the terminal does not take now comes with the next tick: to wait for it would hold up the
  /// undo.
  void say_what_was_kept() { kept_.erase(0, terminal_->write(kept_)); }

  void show(PictureEvent event) {
    picture_.events.push_back(std::move(event));
    if (picture_.events.size() > kEventsKept) picture_.events.pop_front();
  }

  std::unique_ptr<Terminal> terminal_;
  const bool colours_;
  Picture picture_;
  PlainLines lines_;
  std::string kept_;  ///< lines that were not shown yet, the first of them perhaps in part
  bool in_lines_ = false;
  std::list<Question> questions_;
  std::function<void()> abort_;
  std::optional<asio::posix::stream_descriptor> input_;
  bool waiting_ = false;
};

}  // namespace

std::unique_ptr<Observer> make_live_view() {
  if (!stdout_is_for_people() || !has_room(screen_size())) return nullptr;
  auto terminal = Terminal::open();
  if (!terminal) return nullptr;
  return std::make_unique<LiveView>(std::move(terminal));
}

}  // namespace muster
