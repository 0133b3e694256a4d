// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Workloads and stressors that are wrong by themselves: each must earn its exact verdict.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/run.h"

/* Says that it moved the bytes, and did not. */
static unsigned submit_lazy(struct mover *mover, struct op **ops, unsigned count)
{
	op_done(mover, ops[0], ops[0]->bytes);
	return 1;
}

WORKLOAD(planted_lazy) = {
	.name = "planted_lazy",
	.summary = "skip the work and say that it was done",
	.pin = PIN_NONE,
	.ways = WAY_IN | WAY_OUT,
	.far = FAR_MEMORY,
	.submit = submit_lazy,
};

/* Moves the bytes, but by a plain copy: the pin that its table promises never happens. */
static unsigned submit_copy(struct mover *mover, struct op **ops, unsigned count)
{
	memcpy(ops[0]->memory, ops[0]->far_memory, ops[0]->bytes);
	op_done(mover, ops[0], ops[0]->bytes);
	return 1;
}

WORKLOAD(planted_unpinned) = {
	.name = "planted_unpinned",
	.summary = "copy, and claim to pin",
	.pin = PIN_IO,
	.ways = WAY_IN,
	.far = FAR_MEMORY,
	.counted_always = true,
	.submit = submit_copy,
};

/* Ends the process without a word. */
static void vanish(struct mover *mover)
{
	_exit(0);
}

WORKLOAD(planted_vanish) = {
	.name = "planted_vanish",
	.summary = "end its process in the middle of the setup",
	.pin = PIN_NONE,
	.ways = WAY_IN,
	.far = FAR_MEMORY,
	.setup = vanish,
	.submit = submit_copy,
};

static const int refusals[] = {EFAULT, 0};

/* Calls any refusal the kernel's right. */
static void refuse_allowed(struct mover *mover)
{
	run_refused(mover->run, mover->workload, EFAULT, "planted_register()");
}

WORKLOAD(planted_refused) = {
	.name = "planted_refused",
	.summary = "be refused where the pin should be allowed",
	.pin = PIN_LONG,
	.ways = WAY_IN,
	.far = FAR_MEMORY,
	.refusals = refusals,
	.setup = refuse_allowed,
	.submit = submit_copy,
};

static int no_bite(struct stress *stress)
{
	return 0;
}

STRESSOR(planted_idle) = {
	.name = "planted_idle",
	.summary = "do nothing, and not say so",
	.place = INSIDE,
	.pause_ns = 1000000,
	.disturb = no_bite,
};

static int fail(struct stress *stress)
{
	return -EXDEV;
}

STRESSOR(planted_failing) = {
	.name = "planted_failing",
	.summary = "fail at every bite",
	.place = BESIDE,
	.pause_ns = 1000000,
	.disturb = fail,
};

/* A hole that was never punched: the bytes from before it are still there. */
static int spare(struct stress *stress)
{
	struct subject *subject = stress_subject(stress);

	stress_disturb_begin(stress, 0, subject->bytes, EXCUSE_ZEROS);
	stress_disturb_end(stress, 0, subject->bytes);
	return 1;
}

STRESSOR(planted_undead) = {
	.name = "planted_undead",
	.summary = "claim to have punched the file",
	.place = INSIDE,
	.needs = NEED_FILE,
	.excuses = EXCUSE_ZEROS,
	.pause_ns = 100000,
	.disturb = spare,
};

static int splat(struct stress *stress)
{
	static const char line[] = "<4>BUG: planted by the dirtypin tests\n";
	int fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (write(fd, line, sizeof(line) - 1) < 0) {
		close(fd);
		return -errno;
	}
	close(fd);
	return 1;
}

STRESSOR(planted_splat) = {
	.name = "planted_splat",
	.summary = "write a line that begins with BUG: to the kernel log",
	.place = INSIDE,
	.pause_ns = 50000000,
	.disturb = splat,
};
