#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace muster {

/// What a long-lived process says of itself, on stderr: one line each, in words or as JSON. The
/// only user of spdlog. What a drill says goes to its observer, never here.
class Log {
 public:
  using Fields = std::vector<std::pair<std::string_view, std::string>>;

  explicit Log(bool as_json);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  void info(std::string_view event, const Fields& fields = {});
  void warning(std::string_view event, const Fields& fields = {});
  void error(std::string_view event, const Fields& fields = {});

 private:
  struct Sink;
  std::unique_ptr<Sink> sink_;
};

}  // namespace muster
