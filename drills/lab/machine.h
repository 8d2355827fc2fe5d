#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "drills/lab/plan.h"

/// What this machine offers the lab: programs, PostgreSQL's folder, the cached database templates.
namespace muster::lab {

std::filesystem::path lab_folder();  ///< $MUSTER_HOME/lab

/// Looks in `path` (as $PATH is written) and in the sbin folders, which an ordinary user's $PATH
/// leaves out.
std::optional<std::filesystem::path> find_program(const std::string& name, const std::string& path);

/// The Debian packages of the programs that cannot be found, each once; empty if all are there.
struct MissingPrograms {
  std::vector<std::string> programs;
  std::vector<std::string> packages;      ///< of Debian
  std::vector<std::string> npm_packages;  ///< of the npm registry

  bool none() const { return programs.empty(); }
  /// All of them, with the lines that mend it.
  std::string text() const;
};
/// What the parts of the plan need; `path` as $PATH is written.
MissingPrograms missing_programs(const Plan& plan,
                                 const std::string& path,
                                 const std::filesystem::path& postgres_root);

/// MissingPrograms::text() for this machine; empty where nothing is missing.
std::string missing_for(const Plan& plan);

/// Throws Error with everything that the plan's parts need and this machine lacks.
Machine inspect_machine(const Plan& plan, bool root);

/// `nsenter ... --` into the namespaces of the process.
std::vector<std::string> entry_words(int pid, bool root);

/// Builds the data directories that the databases start from, unless they are there: initdb, the
/// schema, a replication slot; the standby is a copy of the cleanly stopped primary. Runs in the
/// supervisor's namespaces and ends with it.
Task<> ensure_templates(const Machine& machine,
                        std::vector<std::string> supervisor_entry,
                        std::function<void(std::string)> progress);

/// Makes what the edges' TLS needs, unless it is there: an authority, a certificate of
/// www.novvista.test, and one that has expired.
Task<> ensure_certificates(const Machine& machine,
                           std::vector<std::string> supervisor_entry,
                           std::function<void(std::string)> progress);

}  // namespace muster::lab
