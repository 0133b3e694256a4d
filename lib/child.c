// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The child must have no part in the pinned memory: a pin of a page that is shared with a child is
 * a question of its own, which fork_storm and the reproducers ask. The engine keeps private memory
 * out of every fork in setup (MADV_DONTFORK); a shared mapping, which came along, is unmapped here.
 */
#include "lib/child.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/run.h"

static _Noreturn void live(struct run *run, pid_t parent, int fd,
			   void (*body)(int fd, void *context), void *context)
{
	/* The parent may have died before the death signal was asked for. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent)
		_exit(1);
	if (munmap(run->memory, run->mapped_bytes))
		_exit(1);
	body(fd, context);
	_exit(0);
}

void child_start(struct run *run, struct child *child, void (*body)(int fd, void *context),
		 void *context)
{
	int pair[2];
	pid_t parent = getpid();

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		run_broken(run, "socketpair(AF_UNIX, SOCK_SEQPACKET): %s", strerror(errno));
	child->pid = fork();
	if (child->pid == 0) {
		close(pair[0]);
		live(run, parent, pair[1], body, context);
	}
	if (child->pid < 0)
		run_broken(run, "fork(): %s", strerror(errno));
	close(pair[1]);
	child->fd = pair[0];
}

ssize_t child_receive(int fd, void *message, size_t bytes)
{
	ssize_t got;

	do {
		got = recv(fd, message, bytes, 0);
	} while (got < 0 && errno == EINTR);
	if (got < 0 && errno == ECONNRESET)
		return 0;
	return got < 0 ? -errno : got;
}

void child_stop(struct child *child)
{
	/* shutdown() reaches the child even while other processes hold copies of our end. */
	shutdown(child->fd, SHUT_RDWR);
	close(child->fd);
	while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR)
		;
}
