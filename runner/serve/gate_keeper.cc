#include "runner/serve/gate_keeper.h"

#include "base/error.h"
#include "base/text.h"
#include "reports/gate/answer.h"
#include "runner/interlocks/lever.h"

namespace muster {

namespace {

/// A store that hangs lets a question wait for seconds. Further ones are denied at once instead of
/// standing in a queue.
constexpr int kMostAsking = 64;
constexpr Duration kPatienceAfterFailure = std::chrono::seconds(2);

GateAnswer denied(const std::string& reason) {
  GateAnswer answer;
  answer.reasons.push_back(reason);
  return answer;
}

class Counted {
 public:
  explicit Counted(int& count) : count_(count) { ++count_; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  ~Counted() { --count_; }

 private:
  int& count_;
};

}  // namespace

std::optional<GatePolicy> GateKeeper::policy() const {
  if (desk_.settings.policy.empty()) return std::nullopt;
  return load_gate_policy(desk_.settings.policy, desk_.clock.utc_now());
}

GateAnswer GateKeeper::look(const GateQuestion& question,
                            Store* store,
                            const std::string& store_error) {
  try {
    const std::optional<GatePolicy> rules = policy();
    std::vector<std::string> files = desk_.settings.trusted_keys;
    if (rules) files.insert(files.end(), rules->trusted_keys.begin(), rules->trusted_keys.end());
    const TrustedKeys trusted = trusted_keys(files);
    GateSources sources{store, store_error, trusted, "", desk_.clock.utc_now()};
    if (const auto lever = engaged_lever()) sources.lever = lever->text();
    return gate_answer(question, rules ? &*rules : nullptr, [&](const GateDemand& demand) {
      return recent_.collect(demand, sources);
    });
  } catch (const Error& error) {
    return denied(printable(error.what()));
  }
}

bool GateKeeper::is_overrun() const {
  return asking_ > kMostAsking || (failed_ && desk_.clock.now() - *failed_ < kPatienceAfterFailure);
}

Task<GateAnswer> GateKeeper::answer(GateQuestion question) {
  const Counted counted(asking_);
  GateAnswer answer = denied("the store cannot be asked fast enough; ask again in some seconds");
  if (!is_overrun()) {
    try {
      auto work = [this, question](Store& store) {
        return look(question, &store, "");
      };
      answer = co_await desk_.store.ask(std::move(work));
    } catch (const Error& error) {
      failed_ = desk_.clock.now();
      answer = denied(std::string("the store cannot be asked: ") + error.what());
    }
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
