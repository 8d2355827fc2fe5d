#pragma once

#include <string>
#include <vector>

#include "drills/schema.h"
#include "probes/http_client.h"

/// What the kinds that speak HTTP have in common: how a request is written in a playbook, and when
/// an answer is a good one.
namespace muster {

/// url, method, headers, body, timeout and expect; `method` is the default of that key.
Schema http_fields(std::string_view method);

/// The request as written, and what is expected of its answer.
struct HttpExchange {
  HttpRequest request;
  Duration timeout{};
  std::vector<int> statuses;  ///< never empty
  std::string body_contains;  ///< empty: anything will do
};
/// `statuses` are expected where none are written. Throws Error for a status that is not one.
HttpExchange http_exchange(const json::object& params, std::vector<int> statuses);

/// Good, HttpError, WrongBody, or how the transfer failed.
Outcome judge_answer(const HttpExchange& exchange, const HttpAnswer& answer);

}  // namespace muster
