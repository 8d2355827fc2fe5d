#pragma once

#include <stdexcept>

namespace muster::app {

/// A store this server needs is away, or said no. Becomes a 503 in one place (routes.cc).
class Unavailable : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace muster::app
