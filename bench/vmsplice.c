// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Parks references to the pages in a pipe (vmsplice) and empties the pipe into a file. Nothing is
 * copied at vmsplice(): until somebody takes the bytes out, the pipe and the memory are the same
 * pages, held by a plain reference (FOLL_GET) that neither the pin counters nor
 * *_maybe_dma_pinned() know of. The bytes must arrive as they were at vmsplice(), whatever happens
 * to the mapping in between; a page that is replaced under the mapping (copy-on-write, migration)
 * must leave the one in the pipe as it was. The bytes are copied out by splice() in our process, or
 * by read(2) in another one.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "lib/child.h"
#include "lib/run.h"
#include "lib/tables.h"

enum { TO_FILE, TO_READER };
enum { PIPE_READ, PIPE_WRITE };

struct parked {
	int pipe[2];
	int far_fd;
	bool to_reader, gift;
	size_t page_bytes;
	struct child reader;
	uint8_t *reader_bytes; /* a block, mapped before the fork */
};

static const char *const to_words[] = {"file", "reader"};

static const struct option_row options[] = {
	{.name = "to",
	 .help = "who empties the pipe: file: splice() to the file; reader: a process that "
		 "reads it and writes the file",
	 .preset = TO_FILE,
	 .maximum = TO_READER,
	 .words = to_words},
	{.name = "gift",
	 .help = "1: give the pages away (SPLICE_F_GIFT) and map new ones; blocks of whole pages "
		 "of anonymous memory only, others are lent as with 0",
	 .maximum = 1},
	{.name = NULL},
};

/* --- the reader: a process of its own --- */

struct reader_request {
	uint64_t far_offset;
	uint32_t bytes;
	bool drop; /* take the bytes out of the pipe, but do not write them */
};

static int64_t serve_one(const struct parked *state, const struct reader_request *request)
{
	uint32_t done = 0;
	ssize_t moved;

	while (done < request->bytes) {
		moved = read(state->pipe[PIPE_READ], state->reader_bytes + done,
			     request->bytes - done);
		if (moved < 0 && errno == EINTR)
			continue;
		if (moved <= 0)
			return moved < 0 ? -errno : -EPIPE;
		done += moved;
	}
	if (request->drop)
		return 0;
	moved = pwrite(state->far_fd, state->reader_bytes, request->bytes, request->far_offset);
	return moved < 0 ? -errno : moved;
}

static void serve(int fd, void *context)
{
	const struct parked *state = context;
	struct reader_request request;

	while (child_receive(fd, &request, sizeof(request)) == sizeof(request)) {
		int64_t result = serve_one(state, &request);

		if (send(fd, &result, sizeof(result), MSG_NOSIGNAL) != sizeof(result))
			return;
	}
}

static int64_t ask_reader(struct mover *mover, const struct reader_request *request)
{
	struct parked *state = mover->state;
	int64_t result;
	ssize_t got;

	if (send(state->reader.fd, request, sizeof(*request), MSG_NOSIGNAL) != sizeof(*request))
		run_broken(mover->run, "send() to the process that reads the pipe: %s",
			   strerror(errno));
	got = child_receive(state->reader.fd, &result, sizeof(result));
	if (got != sizeof(result))
		run_broken(mover->run, "the process that reads the pipe is gone: %s",
			   got < 0 ? strerror(-got) : "its socket was closed");
	return result;
}

/* --- one op --- */

/* Puts the whole block into the pipe, which has room for it: *parked bytes of it. 0, or -errno. */
static int park(struct parked *state, const struct op *op, bool gift, uint32_t *parked)
{
	unsigned flags = SPLICE_F_NONBLOCK | (gift ? SPLICE_F_GIFT : 0);

	for (*parked = 0; *parked < op->bytes;) {
		struct iovec rest = {op->memory + *parked, op->bytes - *parked};
		ssize_t more = vmsplice(state->pipe[PIPE_WRITE], &rest, 1, flags);

		if (more < 0 && errno == EINTR)
			continue;
		if (more <= 0)
			return more < 0 ? -errno : 0;
		*parked += more;
	}
	return 0;
}

/* Moves bytes from the pipe to the file: how many, or -errno. */
static int64_t splice_out(struct parked *state, loff_t offset, uint32_t bytes)
{
	uint32_t done = 0;

	while (done < bytes) {
		ssize_t more = splice(state->pipe[PIPE_READ], NULL, state->far_fd, &offset,
				      bytes - done, SPLICE_F_MOVE);

		if (more < 0 && errno == EINTR)
			continue;
		if (more < 0)
			return -errno;
		if (more == 0)
			break;
		done += more;
	}
	return done;
}

static void open_pipe(struct mover *mover)
{
	struct parked *state = mover->state;

	if (pipe2(state->pipe, O_CLOEXEC))
		run_broken(mover->run, "pipe2(): %s", strerror(errno));
	/* A slot of the pipe holds a page or a part of one. A block is a power of two and as
	 * aligned as it is large, so it has no part that lies astride. */
	if (fcntl(state->pipe[PIPE_WRITE], F_SETPIPE_SZ, mover->block_bytes) < 0)
		run_broken(mover->run,
			   "fcntl(F_SETPIPE_SZ, %u): %s; see /proc/sys/fs/pipe-max-size (try: "
			   "sysctl fs.pipe-max-size=%u, or a smaller block)",
			   mover->block_bytes, strerror(errno), mover->block_bytes);
}

/* What a failed op left in the pipe must not become the head of the next one. */
static void empty_pipe(struct mover *mover, uint32_t parked)
{
	struct parked *state = mover->state;
	struct reader_request request = {.bytes = parked, .drop = true};

	if (state->to_reader) {
		ask_reader(mover, &request);
		return;
	}
	close(state->pipe[PIPE_READ]);
	close(state->pipe[PIPE_WRITE]);
	open_pipe(mover);
}

/* The kernel owns gifted pages from now on: new ones take their place. */
static void map_anew(struct mover *mover, const struct op *op)
{
	if (madvise(op->memory, op->bytes, MADV_DONTNEED))
		run_broken(mover->run, "madvise(MADV_DONTNEED) of a gifted block: %s",
			   strerror(errno));
}

static int64_t move(struct mover *mover, const struct op *op)
{
	struct parked *state = mover->state;
	bool gift = state->gift && (uintptr_t)op->memory % state->page_bytes == 0 &&
		    op->bytes % state->page_bytes == 0;
	uint32_t parked;
	int64_t moved = park(state, op, gift, &parked);

	if (moved == 0 && state->to_reader) {
		struct reader_request request = {.far_offset = op->far_offset, .bytes = parked};

		moved = ask_reader(mover, &request);
	} else if (moved == 0) {
		moved = splice_out(state, op->far_offset, parked);
		if (moved != parked)
			empty_pipe(mover, parked);
	} else {
		empty_pipe(mover, parked);
	}
	if (gift)
		map_anew(mover, op);
	return moved;
}

static unsigned submit(struct mover *mover, struct op **ops, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		op_done(mover, ops[i], move(mover, ops[i]));
	return count;
}

/* --- the case --- */

/* Whether the kernel lets go of single pages of this memory: anonymous, and not huge for good. A
 * page from the middle is asked for, since hugetlb takes whole huge pages or refuses (EINVAL). */
static bool pages_can_be_given(const struct mover *mover, size_t page_bytes)
{
	const struct run *run = mover->run;

	return !run->spec->backing->file && run->region_bytes >= 2 * page_bytes &&
	       madvise(run->memory + page_bytes, page_bytes, MADV_DONTNEED) == 0;
}

static void setup(struct mover *mover)
{
	struct parked *state = mover->state;
	const struct option_values *values = &mover->run->spec->options;

	state->page_bytes = sysconf(_SC_PAGESIZE);
	state->gift = option_get(values, "gift") && pages_can_be_given(mover, state->page_bytes);
	state->to_reader = option_get(values, "to") == TO_READER;
	state->far_fd = mover_open_far(mover);
	open_pipe(mover);
	if (!state->to_reader)
		return;
	state->reader_bytes = mmap(NULL, mover->block_bytes, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (state->reader_bytes == MAP_FAILED)
		run_broken(mover->run, "mmap of %u bytes: %s", mover->block_bytes, strerror(errno));
	child_start(mover->run, &state->reader, serve, state);
}

static void teardown(struct mover *mover)
{
	struct parked *state = mover->state;

	close(state->pipe[PIPE_READ]);
	close(state->pipe[PIPE_WRITE]);
	if (state->to_reader) {
		child_stop(&state->reader);
		munmap(state->reader_bytes, mover->block_bytes);
	}
	close(state->far_fd);
}

WORKLOAD(vmsplice) = {
	.name = "vmsplice",
	.summary = "park the pages in a pipe and empty it into a file",
	.pin = PIN_PIPE,
	.ways = WAY_OUT,
	.far = FAR_FILE,
	.far_buffered_out = true,
	.options = options,
	.state_bytes = sizeof(struct parked),
	.setup = setup,
	.submit = submit,
	.teardown = teardown,
};
