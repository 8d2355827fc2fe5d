#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What the modes of muster-lab-init share. The program is static and free of muster's libraries:
/// it is process 1 of every lab host, and must start in a millisecond.
namespace muster::lab_init {

/// `supervise user|root`: owns the lab's outer namespaces; reads the plan from its input and makes
/// the hosts.
int supervise(const std::string& mode);
/// `host NAME`: process 1 of a host; sets the host up as /run/lab/host says and serves
/// /run/lab/init.sock.
int run_host(const std::string& name);
/// `service start NAME | stop NAME | status [NAME]`, also by the name /run/lab/service: asks this
/// host's process 1.
int ask_init(const std::vector<std::string>& words);
/// `repeat SECONDS PROGRAM...`: runs it again and again, with a pause between; never returns.
int repeat(const std::string& pause, const std::vector<std::string>& argv);
/// `database`: the database of this host, set up as /run/lab/database says; where the peer has been
/// promoted meanwhile, as a standby of it.
int start_database();
/// By the name /run/lab/rejoin: makes this host's database a standby of its peer, whatever it was.
int rejoin();
/// `ask`: carries questions from outside into the hosts' networks, and the answers back.
int carry_questions();

inline constexpr const char* kSocket = "/run/lab/init.sock";
inline constexpr const char* kDescription = "/run/lab/host";
inline constexpr const char* kDatabase = "/run/lab/database";
/// Symbolic links to /proc/PID of each host's process 1, in the supervisor's mount namespace.
inline constexpr const char* kHosts = "/run/hosts/";

/// Prints "WHAT: strerror" to stderr and ends the process with status 1.
[[noreturn]] void die(const std::string& what);

/// Prints WHAT to stderr and ends the process with status 1.
[[noreturn]] void fail(const std::string& what);

/// The fields of a line of a description or a plan; fields are separated by tabs, so that they may
/// hold blanks.
std::vector<std::string> fields_of(std::string_view line);

std::string read_whole(const std::string& path);
/// Makes the folders above `path` as well. False (errno is set) if it cannot be written.
bool write_whole(const std::string& path, std::string_view content);
void make_folders(const std::string& path);
void mount_tmpfs(const std::string& path, const std::string& options);
bool send_all(int descriptor, std::string_view bytes);

/// Replaces this process by the program; only returns, with errno set, where that failed.
void execute(const std::vector<std::string>& argv);
/// Runs a program to its end; its wait status.
int run_to_end(const std::vector<std::string>& argv);
/// "exit code 1", "signal 9 (Killed)".
std::string describe_end(int wait_status);

}  // namespace muster::lab_init
