#pragma once

#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json.h"

namespace muster {

// g++ 12 takes a scoped enumerator for one that hides muster::Duration.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"

/// How a value in a playbook or stack is written, and what it becomes in Params.
enum class Type {
  Text,        ///< any text                                  -> string
  Name,        ///< [a-z0-9][a-z0-9_-]{0,63}                  -> string
  Flag,        ///< true | false (nothing else: `no` is text) -> bool
  Integer,     ///< 42                                        -> int64
  Number,      ///< 0.5                                       -> double
  Duration,    ///< 20s, 1m30s                                -> int64 nanoseconds
  Ratio,       ///< 1%, 0.01                                  -> double in [0, 1]
  Rate,        ///< 100/s, 30/m                               -> double per second
  Bandwidth,   ///< 64kbit, 10mbit                            -> int64 bits per second
  Size,        ///< 64KiB, 10MB                               -> int64 bytes
  Choice,      ///< one of `choices`                          -> string
  Argv,        ///< [program, argument, ...], never a line    -> array of strings, not empty
  TextList,    ///< [a, b], or one text for a list of one     -> array of strings
  NameList,    ///< [a, b], or one name                       -> array of strings
  Object,      ///< keys of `fields`                          -> object
  ObjectList,  ///< a list of such objects                    -> array of objects
  TextMap,     ///< any keys with text values                 -> object of strings
  Limit,  ///< a budget whose unit its metric decides: 30s, 1%, 0, 500ms; kept as written -> string
};

#pragma GCC diagnostic pop

/// What a Name or Text refers to; the checker looks it up.
enum class Refers { Nothing, Region, Host, Service, Vantage, Probe, Step, Variable };

/// One key that may be written. The tables of these are the one source for the parser, `muster
/// schema`, `muster faults NAME` and the docs.
struct Field {
  std::string_view name;
  Type type = Type::Text;
  std::string_view help;
  bool required = false;
  std::string_view fallback{};              ///< as it would be written in YAML; empty: absent
  std::vector<std::string_view> choices{};  ///< for Choice
  std::vector<Field> fields{};              ///< for Object and ObjectList
  Refers refers = Refers::Nothing;
  double least = -1e300;  ///< inclusive range of Integer, Number, Ratio, Rate, sizes (own unit),
  double most = 1e300;    ///< and of Duration in seconds
  Refers key_refers = Refers::Nothing;  ///< what the keys of a TextMap name
};

using Schema = std::vector<Field>;

/// A validated mapping: defaults filled in, values in the canonical form of `Type`, and the place
/// of each key for messages. The JSON form goes into plans, journals and to agents as it is.
class Params {
 public:
  Params() = default;
  explicit Params(json::object values, std::map<std::string, Where, std::less<>> places = {})
      : values_(std::move(values)), places_(std::move(places)) {}

  bool has(std::string_view key) const { return find(values_, key) != nullptr; }
  std::string text(std::string_view key) const { return text_at(values_, key); }
  bool flag(std::string_view key) const { return flag_at(values_, key); }
  std::int64_t integer(std::string_view key) const { return integer_at(values_, key); }
  double number(std::string_view key) const { return number_at(values_, key); }
  Duration duration(std::string_view key) const { return duration_at(values_, key); }
  /// The texts of a list; empty where the key is absent.
  std::vector<std::string> list(std::string_view key) const;
  /// A nested object; empty Params where it is absent.
  Params object(std::string_view key) const;
  std::vector<Params> objects(std::string_view key) const;

  const json::object& values() const { return values_; }
  /// The place of `key`, dotted for nested ones ("expect.status"); unknown where it was defaulted.
  Where place(std::string_view key) const;

 private:
  json::object values_;
  std::map<std::string, Where, std::less<>> places_;
};

/// How a fault goes away, shown in every plan.
enum class UndoClass { SelfExpiring, Reversible, SelfHealingOnRestart, Irreversible };
std::string_view name_of(UndoClass undo);

/// What the language knows of a fault or probe kind. The rooms faults and probes each have one
/// table of these.
struct KindSpec {
  std::string_view name;     ///< snake_case, as written in YAML
  std::string_view summary;  ///< one line
  std::string_view example;  ///< the YAML of its parameters
  Schema fields;
  UndoClass undo = UndoClass::Reversible;  ///< faults only
  /// Programs that a fault runs on the host it hits, beside those that the stack names.
  std::vector<std::string_view> needs{};
};

/// The kinds a playbook may name; made in main from the tables of the rooms above.
struct Catalogue {
  std::vector<const KindSpec*> faults;
  std::vector<const KindSpec*> probes;

  const KindSpec* fault(std::string_view name) const;
  const KindSpec* probe(std::string_view name) const;
};

}  // namespace muster
