/*
 * Preloaded into a gateway: records every write, truncation and synchronisation of its database files, so that the
 * state after a power cut can be made of what was synchronised. A record is a header and the bytes of a write.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

struct record {
  uint32_t operation; /* 1 write, 2 truncate, 3 synchronise */
  uint32_t file;      /* 0 database, 1 write-ahead log */
  uint64_t offset;
  uint64_t length;
};

static int journal = -1;

static void record(uint32_t operation, int file, uint64_t offset, const void *bytes, uint64_t length) {
  struct record header = {operation, (uint32_t)file, offset, length};
  struct iovec parts[2] = {{&header, sizeof header}, {(void *)bytes, operation == 1 ? length : 0}};
  if (journal < 0) {
    const char *path = getenv("SPANPORT_POWER_JOURNAL");
    if (!path) return;
    journal = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  }
  if (syscall(SYS_writev, journal, parts, 2) < 0) abort();
}

static int database_file(int fd) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return -1;
  path[length] = 0;
  const char *name = strrchr(path, '/');
  if (!name) return -1;
  if (!strcmp(name, "/spanport.db")) return 0;
  return strcmp(name, "/spanport.db-wal") ? -1 : 1;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int fd, const void *bytes, size_t length) {
  int file = fd > 2 ? database_file(fd) : -1;
  if (file >= 0) record(1, file, (uint64_t)lseek(fd, 0, SEEK_CUR), bytes, length);
  return syscall(SYS_write, fd, bytes, length);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset) {
  int file = database_file(fd);
  if (file >= 0) record(1, file, (uint64_t)offset, bytes, length);
  return syscall(SYS_pwrite64, fd, bytes, length, offset);
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) { return pwrite64(fd, bytes, length, offset); }

int ftruncate64(int fd, off64_t length) {
  int file = database_file(fd);
  if (file >= 0) record(2, file, (uint64_t)length, 0, 0);
  return REAL(ftruncate64)(fd, length);
}

int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }

/* As long as on a slow disk, so that most cuts come while writes are not yet synchronised. */
static int synchronise(int fd, int (*real)(int)) {
  int file = database_file(fd);
  if (file >= 0) usleep(10000);
  int result = real(fd);
  if (file >= 0 && result == 0) record(3, file, 0, 0, 0);
  return result;
}

int fsync(int fd) { return synchronise(fd, REAL(fsync)); }

int fdatasync(int fd) { return synchronise(fd, REAL(fdatasync)); }
