#include "sample_store.h"

#include <csignal>
#include <cstdio>
#include <fstream>

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>
#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>

#include "base/error.h"
#include "base/random.h"
#include "base/text.h"

namespace muster::sample {

namespace fs = std::filesystem;

namespace {

/// No object that has to be made first: the kinds are asked for before main begins.
fs::path program_path(const std::string& name) {
  return fs::path("/usr/lib/postgresql/15/bin") / name;
}

/// Not as root: PostgreSQL refuses. Not longer than the test, however that ends.
std::vector<std::string> as_postgres(const std::string& program,
                                     const std::vector<std::string>& arguments) {
  std::vector<std::string> argv = {"setpriv", "--pdeathsig", "KILL"};
  if (::geteuid() == 0)
    argv.insert(argv.end(), {"--reuid=postgres", "--regid=postgres", "--clear-groups"});
  argv.push_back(program_path(program).string());
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return argv;
}

pid_t spawn(const std::vector<std::string>& words, const fs::path& log) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  const int file = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
  ::dup2(file, 1);
  ::dup2(file, 2);
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  ::execvp(argv.front(), argv.data());
  ::_exit(127);
}

bool ended_well(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

std::vector<pid_t> children_of(pid_t process) {
  std::ifstream file(fmt::format("/proc/{0}/task/{0}/children", process));
  std::vector<pid_t> children;
  for (pid_t child = 0; file >> child;) children.push_back(child);
  return children;
}

/// Gone, or waiting for a parent that may never look at how it ended.
bool has_ended(pid_t process) {
  std::ifstream file(fmt::format("/proc/{}/stat", process));
  std::string text;
  std::getline(file, text);
  return text.empty() || text.substr(text.rfind(')') + 1).starts_with(" Z");
}

int free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  const bool bound = ::bind(socket, generic, size) == 0;
  ::getsockname(socket, generic, &size);
  ::close(socket);
  if (!bound) fail_errno("no free port");
  return ::ntohs(address.sin_port);
}

}  // namespace

boost::test_tools::assertion_result PostgresIsInstalled::operator()(
    boost::unit_test::test_unit_id /*test*/) const {
  return fs::exists(program_path("postgres"));
}

StoreFolder::StoreFolder()
    : path_(fs::temp_directory_path() / fmt::format("muster store {:x}", entropy())) {
  fs::create_directory(path_);
  fs::permissions(path_, fs::perms::all);
}

StoreFolder::~StoreFolder() {
  fs::remove_all(path_);
}

PostgresServer::PostgresServer() : port_(free_port()) {
  const fs::path log = folder_.path() / "log";
  const pid_t making = spawn(as_postgres("initdb",
                                         {"-N",
                                          "-A",
                                          "trust",
                                          "-U",
                                          "postgres",
                                          "-E",
                                          "UTF8",
                                          "--locale=C",
                                          "-D",
                                          folder_.path() / "data"}),
                             log);
  if (!ended_well(making)) fail("initdb failed");
  start();
}

PostgresServer::~PostgresServer() {
  try {
    signal(SIGKILL);
  } catch (const Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
  }
}

void PostgresServer::start() {
  process_ = spawn(as_postgres("postgres",
                               {"-D",
                                folder_.path() / "data",
                                "-k",
                                folder_.path(),
                                "-p",
                                std::to_string(port_),
                                "-c",
                                "listen_addresses=127.0.0.1",
                                "-c",
                                "fsync=off",
                                "-c",
                                "autovacuum=off",
                                "-c",
                                "shared_buffers=16MB"}),
                   folder_.path() / "log");
  if (!eventually([&] { return answers(); })) fail("PostgreSQL does not start");
}

void PostgresServer::signal(int number) {
  std::vector<pid_t> all = children_of(process_);
  all.insert(all.begin(), process_);
  for (const pid_t each : all) ::kill(each, number);
  if (number != SIGKILL) return;
  ::waitpid(process_, nullptr, 0);
  // Its shared memory is in use until the last of them is gone.
  for (const pid_t each : all)
    if (!eventually([&] { return has_ended(each); })) fail("process {} does not end", each);
}

std::string PostgresServer::uri(const std::string& schema) const {
  return fmt::format(
      "postgresql://postgres:open-sesame@127.0.0.1:{}/postgres?options=-csearch_path%3D{}",
      port_,
      schema);
}

std::string PostgresServer::by_socket(const std::string& schema) const {
  return fmt::format("postgresql://postgres@/postgres?host={}&port={}&options=-csearch_path%3D{}",
                     replaced(replaced(folder_.path().string(), "/", "%2F"), " ", "%20"),
                     port_,
                     schema);
}

bool PostgresServer::answers() const {
  try {
    const soci::session sql(soci::postgresql, uri("public"));
    return true;
  } catch (const soci::soci_error&) {
    return false;
  }
}

void PostgresServer::execute(const std::string& statement) {
  soci::session sql(soci::postgresql, uri("public"));
  sql << statement;
}

std::string PostgresServer::new_place() {
  const std::string schema = fmt::format("place{}", ++places_);
  execute("CREATE SCHEMA " + schema);
  return uri(schema);
}

PostgresServer& postgres() {
  static PostgresServer server;
  return server;
}

const std::vector<std::string>& store_kinds() {
  static const std::vector<std::string> kKinds =
      fs::exists(program_path("postgres")) ? std::vector<std::string>{"sqlite", "postgresql"}
                                           : std::vector<std::string>{"sqlite"};
  return kKinds;
}

StorePlace::StorePlace(const std::string& kind)
    : location_(kind == "sqlite" ? "sqlite:" + folder_.file().string() : postgres().new_place()) {}

pid_t in_process(const std::function<void()>& work) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  int status = 0;
  try {
    work();
  } catch (const std::exception& error) {
    ::dprintf(2, "%s\n", error.what());
    status = 1;
  }
  ::_exit(status);
}

int in_processes(int count, const std::function<void(int)>& work) {
  std::vector<pid_t> children;
  children.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) children.push_back(in_process([&] { work(i); }));
  int good = 0;
  for (const pid_t child : children) good += ended_well(child) ? 1 : 0;
  return good;
}

bool eventually(const std::function<bool()>& happened) {
  for (int i = 0; i < 3000; ++i) {
    if (happened()) return true;
    ::usleep(10'000);
  }
  return false;
}

}  // namespace muster::sample
