#include "test/sweep/failing_calls.h"

#include <algorithm>
#include <cerrno>
#include <set>

#include <sys/syscall.h>

namespace muster {

namespace {

struct Row {
  CallError error;
  std::set<int> calls;
};

const std::vector<Row>& table() {
  static const std::vector<Row> rows = {
      {{EIO, "EIO"}, {SYS_read,       SYS_pread64,   SYS_write,      SYS_openat,    SYS_fsync,
                      SYS_fdatasync,  SYS_rename,    SYS_renameat,   SYS_renameat2, SYS_unlink,
                      SYS_unlinkat,   SYS_ftruncate, SYS_mkdir,      SYS_mkdirat,   SYS_fstat,
                      SYS_newfstatat, SYS_readlink,  SYS_getdents64, SYS_fchmod,    SYS_fchown}},
      {{ENOSPC, "ENOSPC"},
       {SYS_write, SYS_openat, SYS_fsync, SYS_fdatasync, SYS_rename, SYS_mkdir, SYS_fallocate}},
      {{EMFILE, "EMFILE"},
       {SYS_openat,
        SYS_pipe2,
        SYS_socket,
        SYS_dup2,
        SYS_dup3,
        SYS_memfd_create,
        SYS_pidfd_open,
        SYS_timerfd_create,
        SYS_signalfd4,
        SYS_eventfd2,
        SYS_epoll_create1}},
      {{EINTR, "EINTR"},
       {SYS_read,
        SYS_write,
        SYS_openat,
        SYS_fsync,
        SYS_fdatasync,
        SYS_flock,
        SYS_poll,
        SYS_ppoll,
        SYS_wait4,
        SYS_waitid,
        SYS_nanosleep,
        SYS_clock_nanosleep,
        SYS_epoll_wait}},
      {{ENOMEM, "ENOMEM"},
       {SYS_mmap, SYS_clone, SYS_clone3, SYS_fork, SYS_vfork, SYS_pidfd_send_signal}},
  };
  return rows;
}

}  // namespace

std::vector<CallError> errors_of_call(int number) {
  std::vector<CallError> errors;
  for (const Row& row : table()) {
    if (row.calls.contains(number)) errors.push_back(row.error);
  }
  return errors;
}

}  // namespace muster
