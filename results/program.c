// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Running a small program for its output. The output goes to a file, never to a pipe, so that
 * nothing can block on a full one; the wait has a limit, since the facts of a run are not worth a
 * run that hangs.
 */
#include "results/program.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PROGRAM_LIMIT_MS = 5000 };

/* A root shell that came from su may lack the directories of mkfs in PATH. */
static int spawn(pid_t *pid, const char *const *arguments, posix_spawn_file_actions_t *actions)
{
	static const char *const places[] = {"/usr/sbin", "/sbin"};
	char *const *argv = (char *const *)(uintptr_t)arguments;
	int error = posix_spawnp(pid, arguments[0], actions, NULL, argv, environ);

	for (unsigned i = 0; error && i < sizeof(places) / sizeof(places[0]); i++) {
		char path[256];

		snprintf(path, sizeof(path), "%s/%s", places[i], arguments[0]);
		error = posix_spawn(pid, path, actions, NULL, argv, environ);
	}
	return error;
}

static int wait_for(pid_t pid)
{
	int status, fd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd ended = {.fd = fd, .events = POLLIN};

	/* pidfd_open is since 5.3; without it the program is trusted to end. */
	if (fd >= 0 && poll(&ended, 1, PROGRAM_LIMIT_MS) <= 0)
		kill(pid, SIGKILL);
	if (fd >= 0)
		close(fd);
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	/* 127 is also how a child of posix_spawn says that it could not run the program. */
	return WEXITSTATUS(status) == 127 ? -1 : WEXITSTATUS(status);
}

int program_run(const char *const *arguments, int in_fd, int out_fd, int error_fd)
{
	posix_spawn_file_actions_t actions;
	pid_t pid;
	int error;

	if (posix_spawn_file_actions_init(&actions))
		return -1;
	if (in_fd >= 0)
		posix_spawn_file_actions_adddup2(&actions, in_fd, 0);
	else
		posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, out_fd, 1);
	if (error_fd >= 0)
		posix_spawn_file_actions_adddup2(&actions, error_fd, 2);
	else
		posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
	error = spawn(&pid, arguments, &actions);
	posix_spawn_file_actions_destroy(&actions);
	return error ? -1 : wait_for(pid);
}

int program_line(const char *const *arguments, int in_fd, char *line, size_t bytes)
{
	int fd = memfd_create("output", MFD_CLOEXEC);
	ssize_t length = -1;

	if (fd < 0)
		return -1;
	if (program_run(arguments, in_fd, fd, fd) >= 0)
		length = pread(fd, line, bytes - 1, 0);
	close(fd);
	if (length <= 0)
		return -1;
	line[length] = '\0';
	line[strcspn(line, "\n")] = '\0';
	return 0;
}
