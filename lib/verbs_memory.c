// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory regions. ib_umem pins what is registered (FOLL_LONGTERM) until it is deregistered, and
 * takes the pages for writing only if the region may be written; before 6.2 it always did so, by
 * force where the mapping could not be written. So each region gets the access that its way and
 * verb need, and no more. On demand (IBV_ACCESS_ON_DEMAND) nothing is pinned: the device faults
 * pages in, and the kernel takes them away from it again by MMU notifiers.
 */
#include "lib/verbs.h"

#ifdef HAVE_IBVERBS

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/evidence.h"
#include "lib/run.h"

#define REGISTER_LIMIT_NS 10000000000ull

/* --- access --- */

/* The asking side of a WRITE only reads, and the other side is read once more: see
 * verbs_queue.c. */
static int access_of(const struct verbs *verbs, bool is_target)
{
	if (verbs->verb == VERBS_READ)
		return is_target ? IBV_ACCESS_LOCAL_WRITE : IBV_ACCESS_REMOTE_READ;
	return is_target ? IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_READ
			 : 0;
}

/* The access is a variable, so that libibverbs looks at its optional flags. */
static struct ibv_mr *region(const struct verbs *verbs, void *start, size_t bytes, int access)
{
	return ibv_reg_mr(verbs->pd, start, bytes, access);
}

const char *verbs_call(const struct verbs *verbs, char *text, size_t bytes)
{
	size_t region_bytes = verbs->mover->run->region_bytes;
	bool mib = region_bytes >> 20 << 20 == region_bytes;

	snprintf(text, bytes, "ibv_reg_mr(%zu %s, %s%s) on %s", region_bytes >> (mib ? 20 : 10),
		 mib ? "MiB" : "KiB",
		 access_of(verbs, verbs->mover->way == WAY_IN) & IBV_ACCESS_LOCAL_WRITE
			 ? "writable"
			 : "read-only",
		 verbs->extra_access & IBV_ACCESS_ON_DEMAND ? ", on demand" : "", verbs->name);
	return text;
}

/* --- the far memory --- */

void verbs_register_far(struct verbs *verbs)
{
	struct mover *mover = verbs->mover;
	size_t page_bytes = sysconf(_SC_PAGESIZE);
	void *page =
		mmap(NULL, page_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED)
		run_broken(mover->run, "mmap of a page: %s", strerror(errno));
	verbs->landing =
		region(verbs, page, page_bytes, IBV_ACCESS_LOCAL_WRITE | verbs->extra_access);
	if (!verbs->landing)
		verbs_failed(verbs, "ibv_reg_mr(a page)", errno);
	verbs->far = region(verbs, mover->far_memory, (size_t)mover->depth * mover->block_bytes,
			    access_of(verbs, mover->way == WAY_OUT) | verbs->extra_access);
	if (!verbs->far)
		verbs_failed(verbs, "ibv_reg_mr(far memory)", errno);
}

static void drop(const struct verbs *verbs, struct ibv_mr *mr)
{
	int error = ibv_dereg_mr(mr);

	if (error)
		verbs_failed(verbs, "ibv_dereg_mr", error);
}

void verbs_deregister_far(struct verbs *verbs)
{
	void *page = verbs->landing->addr;

	drop(verbs, verbs->far);
	drop(verbs, verbs->landing);
	munmap(page, sysconf(_SC_PAGESIZE));
}

/* --- the pinned memory --- */

int verbs_register(struct verbs *verbs)
{
	const struct run *run = verbs->mover->run;
	int access = access_of(verbs, verbs->mover->way == WAY_IN) | verbs->extra_access;

	verbs->memory = region(verbs, run->memory, run->region_bytes, access);
	return verbs->memory ? 0 : errno;
}

void verbs_deregister(struct verbs *verbs)
{
	drop(verbs, verbs->memory);
	verbs->memory = NULL;
}

static void skip_memlock(const struct verbs *verbs, const char *call, int error)
{
	struct rlimit limit;

	if (error != ENOMEM || geteuid() == 0 || getrlimit(RLIMIT_MEMLOCK, &limit) ||
	    limit.rlim_cur == RLIM_INFINITY)
		return;
	run_skip(verbs->mover->run, "%s: %s; RLIMIT_MEMLOCK is %llu KiB (try: ulimit -l unlimited)",
		 call, strerror(error), (unsigned long long)limit.rlim_cur / 1024);
}

void verbs_pin(struct verbs *verbs)
{
	char call[128];
	int error = verbs_register(verbs);

	if (!error)
		return;
	verbs_call(verbs, call, sizeof(call));
	skip_memlock(verbs, call, error);
	run_refused(verbs->mover->run, verbs->mover->workload, error, call);
}

void verbs_pin_again(struct verbs *verbs, uint64_t ops)
{
	uint64_t start_ns = clock_ns();
	char call[128];
	int error;

	verbs_deregister(verbs);
	do {
		error = verbs_register(verbs);
	} while (error == EFAULT && run_excuses_error(verbs->mover->run, EFAULT) &&
		 clock_ns() - start_ns < REGISTER_LIMIT_NS && sched_yield() == 0);
	if (error)
		run_broken(verbs->mover->run, "%s, again after %llu ops: %s",
			   verbs_call(verbs, call, sizeof(call)), (unsigned long long)ops,
			   strerror(error));
}

enum promise verbs_promise(const struct case_spec *spec)
{
	const struct backing *backing = spec->backing;
	const char *type = spec->filesystem->kernel_type;
	bool shared_file = backing->file && backing->on_disk && backing->shared;

	/* A read-only region of a file is no harm to it, and a private mapping breaks its
	 * copy-on-write first. Memory files have nothing that writeback could clean. */
	if (!shared_file || case_way(spec) == WAY_OUT || (type && strcmp(type, "tmpfs") == 0))
		return PROMISE_ALLOWED;
	/* 8ac268436e6d "mm/gup: disallow FOLL_LONGTERM GUP-nonfast writing to file-backed
	 * mappings". Before, the pin is taken, and what comes of the bytes is what we ask. */
	if (kernel_at_least(6, 5) && spec->filesystem->block_device)
		return PROMISE_REFUSED;
	return PROMISE_UNKNOWN;
}

#endif
