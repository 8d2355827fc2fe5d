#include "base/error.h"
#include "base/text.h"
#include "drills/values.h"
#include "runner/commands/commands.h"
#include "runner/serve/access.h"

namespace muster {

Action define_token(Arguments& arguments) {
  arguments.example("muster token ci --scope gate:read");
  auto& name = arguments.operand("NAME", "who will use it");
  auto& scopes = arguments.options(
      "--scope", "SCOPE", "gate:read, report:read, drill:start, drill:stop or admin");
  auto& expires = arguments.option("--expires", "DAY", "last day on which it counts: 2027-06-30");
  return [&] {
    if (!expires.empty() && !parse_utc(expires + "T00:00:00Z"))
      throw UsageError(fmt::format("'{}' is no day; say it as 2027-06-30", printable(expires, 40)));
    for (const std::string& scope : scopes) scope_named(scope);
    if (!is_name(name)) throw UsageError(fmt::format("'{}' is not {}", name, expected(Type::Name)));
    const std::string token = new_token();
    print(fmt::format("token:  {}\n", token));
    print("it is shown this once. In muster.yaml, under  serve: tokens:\n");
    print(fmt::format("    {}: {{sha256: \"{}\", scopes: [{}]{}}}\n",
                      name,
                      token_digest(token),
                      scopes.empty() ? "gate:read" : join(scopes, ", "),
                      expires.empty() ? "" : ", expires: " + expires));
    return 0;
  };
}

}  // namespace muster
