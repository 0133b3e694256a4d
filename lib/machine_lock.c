// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The state directory and its lock: one run at a time changes the machine. The lock is a flock(),
 * which the kernel drops with the last process that has the file open. That may be a child that a
 * killed run left behind, so the file also names its owner; once that process is gone for sure the
 * lock is taken over, by putting another file in its place. All of this happens under a lock of the
 * directory, held for microseconds.
 */
#include "lib/machine_private.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* A process: its pid may be used again, its pid with its start time not. */
struct owner {
	int pid;
	unsigned long long start_ticks;
	bool ended; /* a zombie */
};

static bool process_read(int pid, struct owner *owner)
{
	char path[64], text[1024], state, *at;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (read_text(path, text, sizeof(text)) < 0)
		return false;
	/* The name, in brackets, may hold anything. */
	at = strrchr(text, ')');
	*owner = (struct owner){.pid = pid};
	if (!at || sscanf(at + 1,
			  " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d "
			  "%*d %*d %llu",
			  &state, &owner->start_ticks) != 2)
		return false;
	owner->ended = state == 'Z' || state == 'X';
	return true;
}

static bool lives(const struct owner *owner)
{
	struct owner now;

	if (owner->pid <= 0)
		return false;
	if (process_read(owner->pid, &now))
		return !now.ended && now.start_ticks == owner->start_ticks;
	return kill(owner->pid, 0) == 0 || errno == EPERM;
}

static void lock_path(const struct machine *machine, const char *suffix, char *path, size_t bytes)
{
	snprintf(path, bytes, "%s/lock%s", machine->directory, suffix);
}

static struct owner owner_read(const struct machine *machine)
{
	struct owner owner = {0};
	char path[512], text[64];

	lock_path(machine, "", path, sizeof(path));
	if (read_text(path, text, sizeof(text)) < 0 ||
	    sscanf(text, "%d %llu", &owner.pid, &owner.start_ticks) != 2)
		owner.pid = 0;
	return owner;
}

static int owner_write(int fd)
{
	struct owner self;
	char text[64];
	int length;

	if (!process_read(getpid(), &self))
		return -1;
	length = snprintf(text, sizeof(text), "%d %llu\n", self.pid, self.start_ticks);
	return ftruncate(fd, 0) == 0 && pwrite(fd, text, (size_t)length, 0) == length ? 0 : -1;
}

/* Opens the lock file name and locks it: the descriptor, or -1 with errno (EWOULDBLOCK: held). */
static int open_locked(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	int error;

	if (fd < 0)
		return -1;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

/* Whether path is still the file behind fd: its owner removes it when it ends. */
static bool is_current(int fd, const char *path)
{
	struct stat opened, named;

	return fstat(fd, &opened) == 0 && stat(path, &named) == 0 &&
	       opened.st_ino == named.st_ino && opened.st_dev == named.st_dev;
}

/* One attempt, under the directory's lock: the descriptor, or -1 with errno (EWOULDBLOCK, ENOENT:
 * ask again). take_over: the owner is known to be dead, whoever else may hold its lock. */
static int try_lock(const struct machine *machine, bool take_over)
{
	char path[512], fresh[512];
	int fd;

	lock_path(machine, "", path, sizeof(path));
	lock_path(machine, ".new", fresh, sizeof(fresh));
	fd = open_locked(path);
	if (fd < 0 && errno == EWOULDBLOCK && take_over) {
		struct owner owner = owner_read(machine);

		if (owner.pid == 0 || lives(&owner)) {
			errno = EWOULDBLOCK;
			return -1;
		}
		fd = open_locked(fresh);
		if (fd >= 0 && (owner_write(fd) < 0 || rename(fresh, path) < 0)) {
			close(fd);
			fd = -1;
		}
		return fd;
	}
	if (fd >= 0 && !is_current(fd, path)) {
		close(fd);
		errno = EWOULDBLOCK;
		return -1;
	}
	if (fd >= 0 && owner_write(fd) < 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* The directory must be ours alone: the next run does as its journal says. */
static int state_directory(struct machine *machine)
{
	struct stat stat;

	if (mkdir(machine->directory, 0700) < 0 && errno != EEXIST)
		return machine_fail(machine,
				    "the state directory %s cannot be made: %s "
				    "(try: DIRTYPIN_STATE_DIR=DIRECTORY)",
				    machine->directory, strerror(errno));
	/* Gone again: another run just ended, and took it along. */
	if (lstat(machine->directory, &stat) < 0)
		return errno == ENOENT ? 0
				       : machine_fail(machine, "stat(%s): %s", machine->directory,
						      strerror(errno));
	if (!S_ISDIR(stat.st_mode) || stat.st_uid != geteuid() || stat.st_mode & 022)
		return machine_fail(machine,
				    "the state directory %s is not a directory of user %u that "
				    "nobody else can write (try: DIRTYPIN_STATE_DIR=DIRECTORY)",
				    machine->directory, (unsigned)geteuid());
	return 0;
}

static int try_in_directory(const struct machine *machine, bool take_over)
{
	int directory = open(machine->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int fd = -1, error;

	if (directory < 0)
		return -1;
	if (flock(directory, LOCK_EX) == 0)
		fd = try_lock(machine, take_over);
	error = errno;
	close(directory);
	errno = error;
	return fd;
}

static int name_directory(struct machine *machine, bool *own)
{
	const char *given = getenv("DIRTYPIN_STATE_DIR"), *runtime = getenv("XDG_RUNTIME_DIR");
	size_t bytes = sizeof(machine->directory);
	int length;

	*own = !given || !*given;
	if (!*own)
		length = snprintf(machine->directory, bytes, "%s", given);
	else if (geteuid() == 0 && access("/run", W_OK) == 0)
		length = snprintf(machine->directory, bytes, "/run/dirtypin");
	else if (geteuid() != 0 && runtime && access(runtime, W_OK) == 0)
		length = snprintf(machine->directory, bytes, "%s/dirtypin", runtime);
	else
		length = snprintf(machine->directory, bytes, "/tmp/dirtypin-%u",
				  (unsigned)geteuid());
	if (length >= (int)bytes)
		return machine_fail(machine, "the name of the state directory is over %zu bytes",
				    bytes - 1);
	return 0;
}

int lock_take(struct machine *machine, bool *own_directory)
{
	struct patience patience = patience_of(LOCK_LIMIT_MS);
	struct owner owner;

	if (name_directory(machine, own_directory) < 0)
		return -1;
	do {
		if (state_directory(machine) < 0)
			return -1;
		machine->lock_fd = try_in_directory(machine, false);
	} while (machine->lock_fd < 0 && (errno == EWOULDBLOCK || errno == ENOENT) &&
		 patience_left(&patience));
	if (machine->lock_fd < 0 && errno == EWOULDBLOCK)
		machine->lock_fd = try_in_directory(machine, true);
	if (machine->lock_fd >= 0)
		return 0;
	if (errno != EWOULDBLOCK)
		return machine_fail(machine, "the lock in %s: %s", machine->directory,
				    strerror(errno));
	owner = owner_read(machine);
	return machine_fail(machine,
			    "another run, process %d, has the machine (%s/lock); wait for its end",
			    owner.pid, machine->directory);
}

void lock_release(struct machine *machine, bool own_directory)
{
	char path[512];

	lock_path(machine, "", path, sizeof(path));
	unlink(path);
	close(machine->lock_fd);
	machine->lock_fd = -1;
	/* Stays where something else is in it: a journal with what could not be undone. */
	if (own_directory)
		rmdir(machine->directory);
}
