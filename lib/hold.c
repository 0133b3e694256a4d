// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/hold.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Fills the whole window at the first fault in it; a later fault finds it there. */
static void fill(struct hold *hold)
{
	struct uffdio_copy copy = {.dst = (uintptr_t)hold->window,
				   .src = (uintptr_t)hold->filling,
				   .len = hold->window_bytes};

	/* EEXIST: somebody else's fault was quicker. EAGAIN: the mappings were changing. */
	while (ioctl(hold->fd, UFFDIO_COPY, &copy) && errno == EAGAIN)
		;
}

static void *end_waits(void *argument)
{
	struct hold *hold = argument;
	struct timespec wait = {.tv_sec = hold->hold_ns / 1000000000,
				.tv_nsec = hold->hold_ns % 1000000000};
	struct uffd_msg message;

	while (read(hold->fd, &message, sizeof(message)) == sizeof(message)) {
		if (message.event != UFFD_EVENT_PAGEFAULT)
			continue;
		/* The time in which the pin is held: this is what the caller asked for. */
		ppoll(NULL, 0, &wait, NULL);
		fill(hold);
	}
	return NULL;
}

static int open_handler(struct hold *hold)
{
	struct uffdio_api api = {.api = UFFD_API};
	struct uffdio_register range = {.range = {(uintptr_t)hold->window, hold->window_bytes},
					.mode = UFFDIO_REGISTER_MODE_MISSING};

	hold->fd = syscall(SYS_userfaultfd, O_CLOEXEC);
	if (hold->fd < 0 || ioctl(hold->fd, UFFDIO_API, &api) ||
	    ioctl(hold->fd, UFFDIO_REGISTER, &range))
		return -errno;
	return 0;
}

int hold_start(struct hold *hold, size_t bytes, uint64_t hold_ns)
{
	size_t page_bytes = sysconf(_SC_PAGESIZE);
	int error;

	hold->hold_ns = hold_ns;
	hold->window_bytes = (bytes + page_bytes - 1) / page_bytes * page_bytes;
	hold->window = mmap(NULL, hold->window_bytes, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	hold->filling = mmap(NULL, hold->window_bytes, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (hold->window == MAP_FAILED || hold->filling == MAP_FAILED)
		return -errno;
	error = open_handler(hold);
	if (error)
		return error;
	return -pthread_create(&hold->thread, NULL, end_waits, hold);
}

void hold_arm(struct hold *hold, const void *from, size_t bytes)
{
	if (from)
		memcpy(hold->filling, from, bytes);
	else
		memset(hold->filling, 0, hold->window_bytes);
	madvise(hold->window, hold->window_bytes, MADV_DONTNEED);
}
