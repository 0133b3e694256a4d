// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Another process stores into the memory by process_vm_writev(2), or fetches from it by
 * process_vm_readv(2). The kernel pins our pages (FOLL_PIN since 5.6, 803e4572d7c5
 * "mm/process_vm_access: set FOLL_PIN via pin_user_pages_remote()"), copies with the CPU through
 * its own mapping of them, and marks them dirty when it drops the pin: neither our page tables nor
 * page_mkwrite() see the store itself. It is the one short-lived pin of this suite that needs
 * neither a file nor a device, and that is counted on every kernel.
 *
 * hold=N keeps the pin for N microseconds before the first byte moves: long enough for writeback to
 * clean the page under the pin, so that the unpin alone has to make it dirty again.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/child.h"
#include "lib/hold.h"
#include "lib/run.h"
#include "lib/tables.h"

enum { BATCH = 64 };

struct peer {
	struct child child;
	struct run *run;
	pid_t parent;
	enum way way;
	uint32_t block_bytes;
	uint64_t hold_ns; /* 0: no longer than it takes */
	struct hold hold;
};

/* One op, as the child sees it. The far memory is shared and lies at the same address there. */
struct request {
	struct op *op; /* given back as it came */
	uint8_t *memory, *far_memory;
	uint32_t bytes;
};

struct answer {
	struct op *op;
	int64_t result;
};

/* --- the child --- */

static int64_t move(const struct peer *peer, const struct request *request, uint8_t *near)
{
	struct iovec local = {near, request->bytes};
	struct iovec remote = {request->memory, request->bytes};
	ssize_t moved;

	if (peer->way == WAY_IN)
		moved = process_vm_writev(peer->parent, &local, 1, &remote, 1, 0);
	else
		moved = process_vm_readv(peer->parent, &local, 1, &remote, 1, 0);
	return moved < 0 ? -errno : moved;
}

/* The same by way of the window, where the call waits with its pins held. */
static int64_t move_held(struct peer *peer, const struct request *request)
{
	bool in = peer->way == WAY_IN;
	int64_t moved;

	hold_arm(&peer->hold, in ? request->far_memory : NULL, request->bytes);
	moved = move(peer, request, peer->hold.window);
	if (!in && moved > 0)
		memcpy(request->far_memory, peer->hold.window, moved);
	return moved;
}

static void start_hold(struct peer *peer)
{
	int error = hold_start(&peer->hold, peer->block_bytes, peer->hold_ns);

	if (error == -EPERM || error == -ENOSYS)
		run_skip(peer->run,
			 "process_vm:hold needs userfaultfd for faults of the kernel: %s (try: as "
			 "root, or sysctl vm.unprivileged_userfaultfd=1)",
			 strerror(-error));
	if (error)
		run_broken(peer->run, "userfaultfd over %u bytes: %s", peer->block_bytes,
			   strerror(-error));
}

static void serve(int fd, void *context)
{
	struct peer *peer = context;
	struct request requests[BATCH];
	struct answer answers[BATCH];
	ssize_t got;

	if (peer->hold_ns)
		start_hold(peer);
	while ((got = child_receive(fd, requests, sizeof(requests))) > 0) {
		unsigned count = got / sizeof(*requests);

		for (unsigned i = 0; i < count; i++) {
			const struct request *request = &requests[i];

			answers[i].op = request->op;
			answers[i].result = peer->hold_ns
						    ? move_held(peer, request)
						    : move(peer, request, request->far_memory);
		}
		if (send(fd, answers, count * sizeof(*answers), MSG_NOSIGNAL) < 0)
			return;
	}
}

/* --- the mover --- */

static void setup(struct mover *mover)
{
	struct peer *peer = mover->state;

	peer->parent = getpid();
	peer->run = mover->run;
	peer->way = mover->way;
	peer->block_bytes = mover->block_bytes;
	peer->hold_ns = 1000ull * option_get(&mover->run->spec->options, "hold");
	child_start(mover->run, &peer->child, serve, peer);
	/* Yama lets a child trace its parent only if the parent says so; without Yama the call is
	 * EINVAL, and not needed. */
	if (prctl(PR_SET_PTRACER, peer->child.pid, 0, 0, 0) && errno != EINVAL)
		run_broken(mover->run, "prctl(PR_SET_PTRACER): %s", strerror(errno));
}

static void reap(struct mover *mover, unsigned wanted)
{
	struct peer *peer = mover->state;
	unsigned ended = 0;

	while (ended < wanted) {
		struct answer answers[BATCH];
		ssize_t got = child_receive(peer->child.fd, answers, sizeof(answers));

		if (got <= 0)
			run_broken(mover->run, "the process at the other end is gone: %s",
				   got < 0 ? strerror(-got) : "its socket was closed");
		for (unsigned i = 0; i < got / sizeof(*answers); i++, ended++)
			op_done(mover, answers[i].op, answers[i].result);
	}
}

static unsigned submit(struct mover *mover, struct op **ops, unsigned count)
{
	struct peer *peer = mover->state;
	struct request requests[BATCH];

	if (count > BATCH)
		count = BATCH;
	for (unsigned i = 0; i < count; i++)
		requests[i] =
			(struct request){ops[i], ops[i]->memory, ops[i]->far_memory, ops[i]->bytes};
	/* Never sleep here: with the socket full of requests, the child may be asleep because it is
	 * full of answers too. */
	while (send(peer->child.fd, requests, count * sizeof(*requests),
		    MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
		if (errno == EAGAIN)
			reap(mover, 1);
		else if (errno != EINTR)
			run_broken(mover->run, "send() to the process at the other end: %s",
				   strerror(errno));
	}
	return count;
}

static void teardown(struct mover *mover)
{
	struct peer *peer = mover->state;

	child_stop(&peer->child);
}

/* --- whether this machine lets a child reach into its parent --- */

static int trial(void)
{
	char from = 'a', to = 0;
	struct iovec local = {&to, 1}, remote = {&from, 1};
	pid_t parent = getpid();
	int go[2], status = 0;
	pid_t child;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, go))
		return 0;
	child = fork();
	if (child == 0) {
		if (recv(go[1], &to, 1, 0) != 1)
			_exit(0);
		_exit(process_vm_readv(parent, &local, 1, &remote, 1, 0) == 1 ? 0 : errno);
	}
	if (child > 0) {
		prctl(PR_SET_PTRACER, child, 0, 0, 0);
		if (send(go[0], "g", 1, MSG_NOSIGNAL) != 1)
			shutdown(go[0], SHUT_RDWR);
		while (waitpid(child, &status, 0) < 0 && errno == EINTR)
			;
		prctl(PR_SET_PTRACER, 0, 0, 0, 0);
	}
	close(go[0]);
	close(go[1]);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 0;
}

static const char *probe(void)
{
	FILE *file;
	int scope;

	switch (trial()) {
	case ENOSYS:
		return "the kernel has no process_vm_readv (try: a kernel with "
		       "CONFIG_CROSS_MEMORY_ATTACH=y)";
	case EPERM:
		file = fopen("/proc/sys/kernel/yama/ptrace_scope", "re");
		scope = file ? fgetc(file) : '0';
		if (file)
			fclose(file);
		if (scope == '2')
			return "process_vm_readv is for root: kernel.yama.ptrace_scope is 2 (try: "
			       "as root, or sysctl kernel.yama.ptrace_scope=1)";
		if (scope == '3')
			return "process_vm_readv is turned off: kernel.yama.ptrace_scope is 3 "
			       "(try: "
			       "another boot; it cannot be lowered)";
		return "process_vm_readv is forbidden, as by a seccomp filter (try: outside of the "
		       "container)";
	default:
		return NULL;
	}
}

static const struct option_row options[] = {
	{.name = "hold",
	 .help = "microseconds for which the pin is held before the bytes move; needs userfaultfd",
	 .preset = 0,
	 .minimum = 0,
	 .maximum = 1000000},
	{.name = NULL},
};

WORKLOAD(process_vm) = {
	.name = "process_vm",
	.summary =
		"let another process store into the memory, or fetch from it, by process_vm_writev",
	.pin = PIN_IO,
	.ways = WAY_IN | WAY_OUT,
	.far = FAR_MEMORY,
	.counted_always = true,
	.options = options,
	.state_bytes = sizeof(struct peer),
	.probe = probe,
	.setup = setup,
	.submit = submit,
	.reap = reap,
	.teardown = teardown,
};
