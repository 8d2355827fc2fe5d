#include "drills/schema.h"

#include <algorithm>

namespace muster {

namespace {

std::string text_of(const json::value& value) {
  return {value.get_string().data(), value.get_string().size()};
}

const KindSpec* kind_named(const std::vector<const KindSpec*>& kinds, std::string_view name) {
  const auto found = std::find_if(
      kinds.begin(), kinds.end(), [&](const KindSpec* each) { return each->name == name; });
  return found == kinds.end() ? nullptr : *found;
}

/// The places below `prefix`, without it.
std::map<std::string, Where, std::less<>> places_below(
    const std::map<std::string, Where, std::less<>>& places, const std::string& prefix) {
  std::map<std::string, Where, std::less<>> below;
  for (auto each = places.lower_bound(prefix);
       each != places.end() && each->first.starts_with(prefix);
       ++each) {
    below.emplace(each->first.substr(prefix.size()), each->second);
  }
  return below;
}

}  // namespace

std::vector<std::string> Params::list(std::string_view key) const {
  std::vector<std::string> texts;
  const json::value* value = find(values_, key);
  if (value == nullptr) return texts;
  for (const json::value& item : value->as_array()) texts.push_back(text_of(item));
  return texts;
}

Params Params::object(std::string_view key) const {
  const json::value* value = find(values_, key);
  if (value == nullptr) return {};
  return Params(value->as_object(), places_below(places_, std::string(key) + "."));
}

std::vector<Params> Params::objects(std::string_view key) const {
  std::vector<Params> all;
  const json::value* value = find(values_, key);
  if (value == nullptr) return all;
  for (const json::value& item : value->as_array()) {
    all.emplace_back(
        item.as_object(),
        places_below(places_, std::string(key) + "." + std::to_string(all.size()) + "."));
  }
  return all;
}

Where Params::place(std::string_view key) const {
  const auto found = places_.find(key);
  return found == places_.end() ? Where{} : found->second;
}

std::string_view name_of(UndoClass undo) {
  switch (undo) {
    case UndoClass::SelfExpiring:
      return "self-expiring";
    case UndoClass::Reversible:
      return "reversible";
    case UndoClass::SelfHealingOnRestart:
      return "self-healing on restart";
    case UndoClass::Irreversible:
      return "irreversible";
  }
  return "unknown";
}

const KindSpec* Catalogue::fault(std::string_view name) const {
  return kind_named(faults, name);
}
const KindSpec* Catalogue::probe(std::string_view name) const {
  return kind_named(probes, name);
}

}  // namespace muster
