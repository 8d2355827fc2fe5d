#include "runner/serve/gate_keeper.h"

#include <atomic>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "reports/gate/answer.h"
#include "runner/interlocks/lever.h"

namespace muster {

namespace {

/// A store that hangs lets a question wait for seconds. Further ones are sent away at once instead
/// of standing in a queue.
constexpr std::size_t kMostLooks = 64;
constexpr Duration kPatienceAfterFailure = std::chrono::seconds(2);
/// Keys and policy are parsed again after so long, and at once where the policy's text differs.
constexpr Duration kRulesLast = std::chrono::seconds(1);

GateAnswer denied(const std::string& reason) {
  GateAnswer answer;
  answer.reasons.push_back(reason);
  return answer;
}

}  // namespace

struct GateKeeper::Look {
  Look(const boost::asio::any_io_executor& executor, GateQuestion asked)
      : question(std::move(asked)), over(executor) {}

  GateQuestion question;
  /// Set on the store's thread before anything is read. Who sees it unset may join: what is read
  /// is read later.
  std::atomic<bool> begun = false;
  Happening over;
  GateAnswer answer = denied("the server stops");
};

std::optional<GatePolicy> GateKeeper::policy() const {
  if (desk_.settings.policy.empty()) return std::nullopt;
  return load_gate_policy(desk_.settings.policy, desk_.clock.utc_now());
}

const GateKeeper::Rules& GateKeeper::rules() {
  const UtcTime now = desk_.clock.utc_now();
  const std::string& file = desk_.settings.policy;
  const std::string text = file.empty() ? "" : read_file_if_exists(file).value_or("");
  if (rules_ && rules_->text == text && now >= rules_->read_at &&
      now - rules_->read_at < kRulesLast)
    return *rules_;
  rules_.reset();  // a mistake in them lets nothing of before count
  Rules fresh{now, text, policy(), {}};
  std::vector<std::string> files = desk_.settings.trusted_keys;
  if (fresh.policy)
    files.insert(files.end(), fresh.policy->trusted_keys.begin(), fresh.policy->trusted_keys.end());
  fresh.trusted = trusted_keys(files);
  return rules_.emplace(std::move(fresh));
}

GateAnswer GateKeeper::decide_now(const GateQuestion& question, Store& store) {
  try {
    const Rules& by = rules();
    GateSources sources{&store, "", by.trusted, "", desk_.clock.utc_now()};
    if (const auto lever = engaged_lever()) sources.lever = lever->text();
    return gate_answer(question, by.policy ? &*by.policy : nullptr, [&](const GateDemand& demand) {
      return recent_.collect(demand, sources);
    });
  } catch (const Error& error) {
    return denied(printable(error.what()));
  }
}

std::shared_ptr<GateKeeper::Look> GateKeeper::waiting_look(const GateQuestion& question) const {
  for (const auto& look : looks_)
    if (!look->begun && look->question == question) return look;
  return nullptr;
}

Task<> GateKeeper::take_look(std::shared_ptr<Look> look) {
  struct AtEnd {
    GateKeeper& keeper;
    Look& look;
    ~AtEnd() {
      std::erase_if(keeper.looks_, [this](const auto& each) { return each.get() == &look; });
      look.over.set();
    }
  };
  looks_.push_back(look);
  ++looked_;
  const AtEnd leave{*this, *look};
  try {
    auto work = [this, look](Store& store) {
      look->begun = true;
      return decide_now(look->question, store);
    };
    look->answer = co_await desk_.store.ask(std::move(work));
  } catch (const Error& error) {
    failure_ =
        Failure{desk_.clock.now(), std::string("the store cannot be asked: ") + error.what()};
    look->answer = denied(failure_->why);
  }
}

Task<std::optional<GateAnswer>> GateKeeper::answer(GateQuestion question) {
  GateAnswer answer;
  std::shared_ptr<Look> look = waiting_look(question);
  if (failure_ && desk_.clock.now() - failure_->at < kPatienceAfterFailure) {
    answer = denied(failure_->why);
  } else if (look != nullptr) {
    co_await look->over.wait();
    answer = look->answer;
  } else if (looks_.size() < kMostLooks) {
    auto executor = co_await boost::asio::this_coro::executor;
    look = std::make_shared<Look>(executor, std::move(question));
    std::shared_ptr<Look> own = look;
    co_await take_look(std::move(own));
    answer = look->answer;
  } else {
    metrics_.count_gate("fail");
    co_return std::nullopt;
  }
  metrics_.count_gate(answer.allow ? "pass" : "fail");
  co_return answer;
}

GateKeeper::Signed GateKeeper::sign(const GateAnswer& answer,
                                    const GateQuestion& question,
                                    const std::string& nonce) {
  Signed reply;
  reply.document = answer_json(answer, question, nonce, desk_.server, desk_.clock.utc_now());
  reply.signature = sign_answer(key_, reply.document);
  return reply;
}

}  // namespace muster
