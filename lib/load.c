// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/load.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/machine.h"

bool load_is_there(const char *program)
{
	const char *place = getenv("PATH");
	char path[512];

	while (place && *place) {
		size_t length = strcspn(place, ":");

		if (snprintf(path, sizeof(path), "%.*s/%s", (int)length, place, program) <
			    (int)sizeof(path) &&
		    access(path, X_OK) == 0)
			return true;
		place += length + (place[length] == ':');
	}
	return false;
}

/* The case's process may have signals blocked or handled in its own way. */
static void forget_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
}

static _Noreturn void become(const char *const *arguments, int output_fd, int oom_score_adj,
			     pid_t parent)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	char text[16];

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent)
		_exit(127);
	setpgid(0, 0);
	forget_signals();
	snprintf(text, sizeof(text), "%d", oom_score_adj);
	if (oom_score_adj && write_text("/proc/self/oom_score_adj", text))
		_exit(127);
	if (null < 0 || dup2(null, 0) < 0 || dup2(output_fd, 1) < 0 || dup2(output_fd, 2) < 0)
		_exit(127);
	execvp(arguments[0], (char *const *)arguments);
	dprintf(2, "%s cannot be run: %s\n", arguments[0], strerror(errno));
	_exit(127);
}

static int failed(const char **call, const char *what)
{
	*call = what;
	return -errno;
}

int load_start(struct load *load, const char *const *arguments, int oom_score_adj,
	       const char **call)
{
	pid_t parent = getpid();

	/* What the program leaves behind when it is killed comes to us, to be waited for. */
	if (prctl(PR_SET_CHILD_SUBREAPER, 1))
		return failed(call, "prctl(PR_SET_CHILD_SUBREAPER)");
	load->output_fd = memfd_create("load", MFD_CLOEXEC);
	if (load->output_fd < 0)
		return failed(call, "memfd_create");
	load->pid = fork();
	if (load->pid == 0)
		become(arguments, load->output_fd, oom_score_adj, parent);
	if (load->pid < 0) {
		load->pid = 0;
		return failed(call, "fork");
	}
	/* Also here: load_end() may come before the child has got so far. */
	setpgid(load->pid, load->pid);
	load->pidfd = (int)syscall(SYS_pidfd_open, load->pid, 0);
	if (load->pidfd < 0)
		return failed(call, "pidfd_open");
	return 0;
}

bool load_runs(const struct load *load, int limit_ms)
{
	struct pollfd end = {.fd = load->pidfd, .events = POLLIN};
	int ready;

	do {
		ready = poll(&end, 1, limit_ms);
	} while (ready < 0 && errno == EINTR);
	return ready == 0;
}

int load_end(struct load *load, int signal, int limit_ms)
{
	int status = 0;

	kill(-load->pid, signal);
	if (load_runs(load, limit_ms))
		kill(-load->pid, SIGKILL);
	while (waitpid(load->pid, &status, 0) < 0 && errno == EINTR)
		;
	/* Its children follow it: they get SIGKILL as well, and nothing else is in the group. */
	kill(-load->pid, SIGKILL);
	while (waitpid(-load->pid, NULL, 0) > 0 || errno == EINTR)
		;
	close(load->pidfd);
	load->pid = 0;
	return status;
}

char *load_output(const struct load *load)
{
	struct stat file;
	char *text;
	ssize_t bytes;

	if (fstat(load->output_fd, &file))
		return NULL;
	text = malloc(file.st_size + 1);
	if (!text)
		return NULL;
	bytes = pread(load->output_fd, text, file.st_size, 0);
	text[bytes > 0 ? bytes : 0] = '\0';
	return text;
}
