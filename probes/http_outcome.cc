// What libcurl's and the system's error numbers mean to a user.
#include <cerrno>

#include <curl/curl.h>

#include "probes/http_client.h"

namespace muster {

namespace {

Outcome outcome_of_error_number(long error_number, Outcome otherwise) {
  switch (error_number) {
    case ECONNREFUSED:
      return Outcome::Refused;
    case ECONNRESET:
    case EPIPE:
    case ECONNABORTED:
      return Outcome::Reset;
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EHOSTDOWN:
    case ENETDOWN:
    case EACCES:
    case EPERM:
      return Outcome::Unreachable;  // EPERM: the packet filter of this very host
    case ETIMEDOUT:
      return Outcome::Timeout;
    default:
      return otherwise;
  }
}

}  // namespace

Outcome outcome_of_connect(int error_number) {
  return error_number == 0 ? Outcome::Good : outcome_of_error_number(error_number, Outcome::Other);
}

Outcome outcome_of_transfer(int code, long error_number) {
  switch (code) {
    case CURLE_OK:
      return Outcome::Good;
    case CURLE_COULDNT_RESOLVE_HOST:
      return Outcome::Dns;
    case CURLE_OPERATION_TIMEDOUT:
      return Outcome::Timeout;
    case CURLE_COULDNT_CONNECT:
      return outcome_of_error_number(error_number, Outcome::Other);
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
      return outcome_of_error_number(error_number, Outcome::Reset);
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
      return outcome_of_error_number(error_number, Outcome::Tls);
    default:
      return Outcome::Other;
  }
}

}  // namespace muster
