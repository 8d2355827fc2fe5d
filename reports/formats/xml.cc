#include "reports/formats/xml.h"

#include "base/text.h"

namespace muster {

std::string xml_document(std::string text) {
  return replaced(replaced(std::move(text), "\xEF\xBF\xBE", "\uFFFD"), "\xEF\xBF\xBF", "\uFFFD");
}

}  // namespace muster
