#pragma once

#include <map>
#include <string>
#include <vector>

#include "drills/fields.h"
#include "drills/playbook.h"

namespace muster {

/// The variables of a playbook, and what they do to the rest of it. A value is put in after the
/// YAML was parsed: it can become a part of one text, or one whole value, never a key or a line.
class Variables {
 public:
  /// Reads `vars:` (nullptr where there is none); `set` overrides the defaults.
  Variables(const YamlEntry* section,
            const std::map<std::string, std::string>& set,
            Reading& reading);

  const std::vector<Variable>& all() const { return all_; }

  /// `node` with every `${name}` replaced, and `$${` made `${`. Keys named `when` are left as they
  /// are, and so is `${secret:...}`, which may stand only below `headers` or `body`: it is read
  /// where it is used, by the agent that sends it.
  YamlNode fill(const YamlNode& node) const;

  /// Whether a step with this `when:` takes place: `${flag}`, `${name} == value`, `${name} !=
  /// value`.
  bool holds(const YamlNode& when) const;

 private:
  const Variable* find(std::string_view name) const;
  void read(const YamlEntry& entry, const std::map<std::string, std::string>& set);
  YamlNode fill_below(const YamlNode& node, bool secrets) const;
  YamlNode fill_scalar(const YamlNode& node, bool secrets) const;
  bool accepts_secret(std::string_view name, const YamlNode& node, bool secrets) const;
  const Variable* look_up(std::string_view name,
                          const YamlNode& node,
                          std::size_t offset,
                          std::size_t width) const;

  std::vector<Variable> all_;
  std::map<std::string, YamlNode, std::less<>>
      written_;  ///< value as a node; missing where it is wrong
  std::map<std::string, std::vector<std::string>, std::less<>> choices_;
  Reading& reading_;
};

/// The keys of one variable.
const Schema& variable_fields();

}  // namespace muster
