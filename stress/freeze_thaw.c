// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Freezes the file system of the case for one to three milliseconds and thaws it again, as a
 * snapshot of the device below does. FIFREEZE writes everything back and then stops writers: faults
 * that would dirty a page of a mapping wait in page_mkwrite(). A pin that was taken before does
 * not: its I/O changes pages of a frozen file system, which the unpin marks dirty, and nothing may
 * get lost or written before the thaw.
 *
 * A second process waits for the end of this one, whatever ends it, and thaws then: a file system
 * that stays frozen would stop everybody who writes to it, perhaps also who should repair it.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/run.h"
#include "lib/tables.h"

enum { FROZEN_MINIMUM_US = 1000, FROZEN_SPREAD_US = 2000 };

struct freeze_thaw {
	bool allowed; /* left by prepare() */
	int directory_fd;
	int alive_fd; /* the thawer reads the other end: it closes when we are gone */
	pid_t thawer;
	unsigned long long freezes;
	uint64_t frozen_ns;
};

static _Noreturn void wait_and_thaw(int alive_fd, int directory_fd)
{
	char byte;

	/* Out of reach of what is sent to the case's process group. */
	setsid();
	while (read(alive_fd, &byte, 1) < 0 && errno == EINTR)
		;
	ioctl(directory_fd, FITHAW, 0);
	_exit(0);
}

static void start_thawer(struct stress *stress)
{
	struct freeze_thaw *state = stress->state;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		run_broken(stress->run, "freeze_thaw: pipe2: %s", strerror(errno));
	state->thawer = fork();
	if (state->thawer < 0)
		run_broken(stress->run, "freeze_thaw: fork: %s", strerror(errno));
	if (state->thawer == 0) {
		close(ends[1]);
		wait_and_thaw(ends[0], state->directory_fd);
	}
	close(ends[0]);
	state->alive_fd = ends[1];
}

static int prepare(struct machine *machine, struct stress *stress)
{
	struct freeze_thaw *state = stress->state;

	state->allowed = true;
	return 0;
}

/* A directory of the user's may be on a file system that everybody needs. */
static void enter(struct stress *stress)
{
	const struct freeze_thaw *state = stress->state;
	const struct filesystem *filesystem = stress->spec->filesystem;

	if (!filesystem->freezes)
		run_skip(stress->run, "freeze_thaw: %s cannot be frozen", filesystem->name);
	if (!state->allowed)
		run_skip(stress->run,
			 "freeze_thaw stops all who write to the file system, and this "
			 "run may not change the machine (try: as root, without --dir)");
}

static void start(struct stress *stress)
{
	struct freeze_thaw *state = stress->state;
	struct run *run = stress->run;

	state->directory_fd = run_open(run, run->directory, O_RDONLY | O_DIRECTORY);
	/* An earlier run may have been killed together with its thawer. EINVAL: it is not frozen.
	 */
	if (ioctl(state->directory_fd, FITHAW, 0) && errno != EINVAL)
		run_broken(run, "ioctl(FITHAW) on %s: %s", run->directory, strerror(errno));
	start_thawer(stress);
}

/* Between freeze and thaw: nothing here may write to the file system, nor be killed lightly. */
static int freeze_for(int directory_fd, const struct timespec *time)
{
	sigset_t all, before;
	int error = 0;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	if (ioctl(directory_fd, FIFREEZE, 0)) {
		error = -errno;
	} else {
		ppoll(NULL, 0, time, NULL);
		if (ioctl(directory_fd, FITHAW, 0))
			error = -errno;
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	return error;
}

static int disturb(struct stress *stress)
{
	struct freeze_thaw *state = stress->state;
	struct timespec time = {
		.tv_nsec = 1000 * (FROZEN_MINIMUM_US + stress_random(stress, FROZEN_SPREAD_US))};
	int error = freeze_for(state->directory_fd, &time);

	if (error) {
		stress_note(stress, "ioctl(FIFREEZE or FITHAW) on %s failed",
			    stress->run->directory);
		return error;
	}
	state->freezes++;
	state->frozen_ns += time.tv_nsec;
	return 1;
}

static void stop(struct stress *stress)
{
	struct freeze_thaw *state = stress->state;

	close(state->alive_fd);
	while (waitpid(state->thawer, NULL, 0) < 0 && errno == EINTR)
		;
	stress_note(stress, "frozen %llu times, %llu ms in all", state->freezes,
		    (unsigned long long)state->frozen_ns / 1000000);
	close(state->directory_fd);
}

STRESSOR(freeze_thaw) = {
	.name = "freeze_thaw",
	.summary = "freeze the file system for a moment and thaw it",
	.place = BESIDE,
	.needs = NEED_ROOT | NEED_DISK_FILE | NEED_BLOCK_DEVICE,
	.pause_ns = 20000000,
	.state_bytes = sizeof(struct freeze_thaw),
	.prepare = prepare,
	.enter = enter,
	.start = start,
	.disturb = disturb,
	.stop = stop,
};
