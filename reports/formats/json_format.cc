// json: result.json itself, as docs/result.schema.json describes it.
#include "reports/formats/kinds.h"

namespace muster {

namespace {

std::string render_json(const Result& result) {
  return pretty_json(to_json(result));
}

}  // namespace

ReportFormat json_format() {
  return {
      "json", "result.json, for programs: docs/result.schema.json", "result.json", &render_json};
}

}  // namespace muster
