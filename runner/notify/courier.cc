#include "runner/notify/courier.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <system_error>
#include <thread>

#include <unistd.h>

#include <boost/asio.hpp>

#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"
#include "base/secret.h"
#include "base/signature.h"
#include "base/text.h"
#include "runner/notify/complaints.h"
#include "runner/notify/mail.h"
#include "runner/notify/mail_server.h"
#include "runner/notify/message.h"
#include "runner/notify/transfer.h"

namespace muster {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kMostShown = 200;
constexpr std::size_t kShortestHidden = 8;

using Transfer = std::function<TransferEnd(const std::stop_token&)>;

/// Signals are for the thread of the loop.
void block_all_signals() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, nullptr);
}

struct Aside {
  explicit Aside(const asio::any_io_executor& executor) : done(executor) {}
  Happening done;
  TransferEnd end;
};

/// Does what blocks on a thread of its own.
Task<TransferEnd> aside(Transfer transfer) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  const auto shared = std::make_shared<Aside>(executor);
  std::jthread thread([=](const std::stop_token& stop) {
    block_all_signals();
    asio::post(executor, [shared, end = transfer(stop)]() mutable {
      shared->end = std::move(end);
      shared->done.set();
    });
  });
  std::exception_ptr interrupted;
  try {
    co_await shared->done.wait();
  } catch (const boost::system::system_error&) {
    interrupted = std::current_exception();
  }
  if (interrupted) {
    thread.request_stop();
    co_await uncancelled(shared->done.wait());
    std::rethrow_exception(interrupted);
  }
  co_return std::move(shared->end);
}

/// Reads references where they are used, and takes what was read out of what will be shown.
class Secrets {
 public:
  std::string reveal(const std::string& text) {
    std::vector<Secret> used;
    std::string revealed = with_secrets(is_secret_reference(text) ? "${" + text + "}" : text, used);
    for (const Secret& secret : used) redactor_.hide(secret);
    return revealed;
  }

  /// Who knows the path of a webhook may post to it, and a receiver may repeat it.
  void hide_path_of(const std::string& url) {
    const std::size_t path = url.find('/', url.find("://") + 3);
    if (path == std::string::npos) return;
    std::string piece;
    for (const char letter : url.substr(path + 1) + "/") {
      if (std::string_view("/?&=").find(letter) == std::string_view::npos) {
        piece += letter;
      } else {
        if (piece.size() >= kShortestHidden) redactor_.hide(Secret(piece));
        piece.clear();
      }
    }
  }

  std::string shown(std::string_view text) const {
    return printable(trim(redactor_.clean(text)), kMostShown);
  }

 private:
  Redactor redactor_;
};

DeliveryTry hopeless(std::string problem) {
  return {DeliveryTry::Outcome::Hopeless, std::move(problem), {}};
}

DeliveryTry failed(std::string problem) {
  return {DeliveryTry::Outcome::Failed, std::move(problem), {}};
}

/// A status that says "not now" rather than "no".
bool may_be_asked_again(int status) {
  return status == 408 || status == 429 || status >= 500;
}

DeliveryTry judged_post(const TransferEnd& end, const Secrets& secrets) {
  if (!end.complete) {
    const std::string problem = "no answer: " + secrets.shown(end.problem);
    return end.hopeless ? hopeless(problem) : failed(problem);
  }
  if (end.status >= 200 && end.status <= 299) return {};
  const std::string said = secrets.shown(end.answer);
  const std::string problem =
      fmt::format("status {}{}{}", end.status, said.empty() ? "" : ": ", said);
  if (end.status >= 300 && end.status <= 399)
    return hopeless(problem + "; no redirect is followed, write the address it leads to");
  if (!may_be_asked_again(end.status)) return hopeless(problem);
  return {DeliveryTry::Outcome::Failed, problem, end.wait};
}

DeliveryTry judged_mail(const TransferEnd& end, const Secrets& secrets) {
  if (end.complete) return {};
  const std::string problem = "not taken: " + secrets.shown(end.problem);
  const bool refused = end.status >= 500 && end.status <= 599;
  return end.hopeless || refused ? hopeless(problem) : failed(problem);
}

/// In PATH, or where it lies for those in whose PATH it is not.
std::string find_sendmail() {
  const char* const path = std::getenv("PATH");
  for (const std::string& folder :
       split(std::string(path == nullptr ? "" : path) + ":/usr/sbin", ':')) {
    std::string file = folder + "/sendmail";
    if (folder.starts_with('/') && ::access(file.c_str(), X_OK) == 0) return file;
  }
  fail("this machine has no sendmail; write 'smtp: smtp://HOST' or install one");
}

std::string mail_complaint(const NotifySettings& receiver) {
  std::string complaint = mail_address_complaint(receiver.mail_from);
  for (const std::string& address : receiver.mail_to)
    if (complaint.empty()) complaint = mail_address_complaint(address);
  if (complaint.empty() && !receiver.smtp.empty()) complaint = mail_server_complaint(receiver.smtp);
  return complaint;
}

class RealCourier final : public Courier {
 public:
  RealCourier(Host& here, CourierLimits limits) : here_(here), limits_(limits) {
    prepare_transfers();
  }

  Task<DeliveryTry> carry(const NotifySettings& receiver,
                          const Notice& notice,
                          const std::string& delivery,
                          UtcTime now) override {
    try {
      if (!receiver.webhook.empty()) co_return co_await call(receiver, notice, delivery, now);
      if (!receiver.slack.empty()) co_return co_await chat(receiver, notice);
      co_return co_await mail(receiver, notice, delivery);
    } catch (const Error& error) {
      co_return failed(error.what());
    } catch (const boost::system::system_error& error) {
      if (error.code() == asio::error::operation_aborted) throw;
      co_return failed(error.what());
    } catch (const std::system_error& error) {
      co_return failed(std::string("no thread could be started: ") + error.what());
    }
  }

 private:
  Task<DeliveryTry> call(const NotifySettings& receiver,
                         const Notice& notice,
                         const std::string& delivery,
                         UtcTime now) {
    Secrets secrets;
    WebPost wanted{.url = secrets.reveal(receiver.webhook),
                   .headers = {"Content-Type: application/json",
                               "X-Muster-Event: " + std::string(name_of(notice.event)),
                               "X-Muster-Delivery: " + delivery},
                   .body = webhook_body(receiver, notice, delivery),
                   .limit = limits_.web};
    if (!receiver.secret.empty()) {
      const auto seconds = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count();
      const std::string key = secrets.reveal(receiver.secret);
      wanted.headers.push_back(
          fmt::format("X-Muster-Signature: t={},v1={}",
                      seconds,
                      hmac_sha256(key, fmt::format("{}.{}", seconds, wanted.body))));
    }
    co_return co_await send(std::move(wanted), secrets);
  }

  Task<DeliveryTry> chat(const NotifySettings& receiver, const Notice& notice) {
    Secrets secrets;
    WebPost wanted{.url = secrets.reveal(receiver.slack),
                   .headers = {"Content-Type: application/json"},
                   .body = chat_body(receiver, notice),
                   .limit = limits_.web};
    co_return co_await send(std::move(wanted), secrets);
  }

  static Task<DeliveryTry> send(WebPost wanted, Secrets& secrets) {
    const std::string complaint = web_address_complaint(wanted.url);
    secrets.hide_path_of(wanted.url);
    if (!complaint.empty()) co_return hopeless(secrets.shown(complaint));
    Transfer transfer = [wanted = std::move(wanted)](const std::stop_token& stop) {
      return post(wanted, stop);
    };
    const TransferEnd end = co_await aside(std::move(transfer));
    co_return judged_post(end, secrets);
  }

  Task<DeliveryTry> mail(const NotifySettings& receiver,
                         const Notice& notice,
                         const std::string& delivery) {
    const std::string complaint = mail_complaint(receiver);
    if (!complaint.empty()) co_return hopeless(complaint);
    std::string message = mail_message(receiver, notice, delivery);
    if (receiver.smtp.empty()) co_return co_await by_sendmail(std::move(message));
    Secrets secrets;
    const MailServer server(receiver.smtp);
    MailDrop wanted{.url = server.url,
                    .user = server.user,
                    .password = secrets.reveal(server.password),
                    .from = receiver.mail_from,
                    .to = receiver.mail_to,
                    .message = std::move(message),
                    .limit = limits_.mail};
    Transfer transfer = [wanted = std::move(wanted)](const std::stop_token& stop) {
      return drop(wanted, stop);
    };
    const TransferEnd end = co_await aside(std::move(transfer));
    co_return judged_mail(end, secrets);
  }

  Task<DeliveryTry> by_sendmail(std::string message) {
    Command sendmail = command(find_sendmail(), "-t", "-i");
    sendmail.input = replaced(std::move(message), "\r\n", "\n");
    sendmail.timeout = limits_.mail;
    const CommandResult result = co_await here_.try_run(std::move(sendmail));
    if (result.ok()) co_return DeliveryTry{};
    if (result.timed_out) co_return failed("sendmail did not end within its time");
    const std::string said = printable(trim(result.err), kMostShown);
    co_return failed(fmt::format(
        "sendmail: exit code {}{}{}", result.exit_code, said.empty() ? "" : ": ", said));
  }

  Host& here_;
  const CourierLimits limits_;
};

}  // namespace

std::unique_ptr<Courier> make_courier(Host& here, CourierLimits limits) {
  return std::make_unique<RealCourier>(here, limits);
}

Task<std::string> deliver_once(const NotifySettings& receiver, const Notice& notice, Host& here) {
  const SystemClock clock;
  Random random(entropy());
  const UtcTime now = clock.utc_now();
  const std::unique_ptr<Courier> courier = make_courier(here);
  const std::string delivery = make_run_id(now, random);
  const DeliveryTry end = co_await courier->carry(receiver, notice, delivery, now);
  co_return end.problem;
}

}  // namespace muster
