// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Small files of text, and programs such as mkfs: started without a shell, killed with us, their
 * output kept out of ours.
 */
#include "lib/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PROGRAM_LIMIT_MS = 120 * 1000, COMPLAINT_BYTES = 2048 };

int read_text(const char *path, char *text, size_t bytes)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), error;
	size_t at = 0;
	ssize_t more = 1;

	if (fd < 0)
		return -1;
	while (at + 1 < bytes && more > 0) {
		more = read(fd, text + at, bytes - 1 - at);
		if (more > 0)
			at += (size_t)more;
	}
	error = errno;
	close(fd);
	errno = error;
	if (more < 0)
		return -1;
	if (at > 0 && text[at - 1] == '\n')
		at--;
	text[at] = '\0';
	return 0;
}

int write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC), error;
	ssize_t written;

	if (fd < 0)
		return -1;
	/* /proc and /sys take a value in one write; a second one would be another value. */
	written = write(fd, text, strlen(text));
	error = written < 0 ? errno : EIO;
	if (close(fd) < 0 && written >= 0)
		return -1;
	errno = error;
	return written == (ssize_t)strlen(text) ? 0 : -1;
}

/* The last line of text that is not empty. */
static char *last_line(char *text)
{
	size_t end = strlen(text);
	char *newline;

	while (end > 0 && (text[end - 1] == '\n' || text[end - 1] == ' '))
		text[--end] = '\0';
	newline = strrchr(text, '\n');
	return newline ? newline + 1 : text;
}

static _Noreturn void become(const char *const *arguments, int complaints, pid_t parent)
{
	static const char *const places[] = {"/usr/sbin", "/sbin"};
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	char path[512];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(complaints, 2) < 0)
		_exit(127);
	execvp(arguments[0], (char *const *)arguments);
	/* A user's PATH often lacks the places where mkfs lives. */
	for (size_t i = 0; errno == ENOENT && i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", places[i], arguments[0]);
		execv(path, (char *const *)arguments);
	}
	dprintf(2, "cannot be run: %s%s\n", strerror(errno),
		errno == ENOENT ? " (try: installing its package)" : "");
	_exit(127);
}

/* Reads what the program complains about, keeping the end of it, until it closes its stderr.
 * Returns false once the limit is over. */
static bool listen_to(int fd, char *text)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
	size_t at = 0;

	for (;;) {
		int ready = poll(&poll_fd, 1, PROGRAM_LIMIT_MS);
		ssize_t bytes;

		if (ready < 0 && errno == EINTR)
			continue;
		if (ready <= 0)
			break;
		if (at > COMPLAINT_BYTES / 2) {
			memmove(text, text + at - COMPLAINT_BYTES / 2, COMPLAINT_BYTES / 2);
			at = COMPLAINT_BYTES / 2;
		}
		bytes = read(fd, text + at, COMPLAINT_BYTES - 1 - at);
		if (bytes <= 0) {
			text[at] = '\0';
			return true;
		}
		at += (size_t)bytes;
	}
	text[at] = '\0';
	return false;
}

int run_program(const char *const *arguments, char *why, size_t why_bytes)
{
	char text[COMPLAINT_BYTES] = "";
	pid_t parent = getpid(), child;
	int ends[2], status = 0;
	bool in_time;

	if (pipe2(ends, O_CLOEXEC) < 0) {
		snprintf(why, why_bytes, "%s: pipe2: %s", arguments[0], strerror(errno));
		return -1;
	}
	child = fork();
	if (child == 0)
		become(arguments, ends[1], parent);
	close(ends[1]);
	if (child < 0) {
		snprintf(why, why_bytes, "%s: fork: %s", arguments[0], strerror(errno));
		close(ends[0]);
		return -1;
	}
	in_time = listen_to(ends[0], text);
	close(ends[0]);
	if (!in_time)
		kill(child, SIGKILL);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (!in_time)
		snprintf(why, why_bytes, "%s did nothing for %d s and was killed", arguments[0],
			 PROGRAM_LIMIT_MS / 1000);
	else if (WIFSIGNALED(status))
		snprintf(why, why_bytes, "%s was killed by signal %d", arguments[0],
			 WTERMSIG(status));
	else if (WEXITSTATUS(status) != 0 && text[0])
		snprintf(why, why_bytes, "%s: %s", arguments[0], last_line(text));
	else if (WEXITSTATUS(status) != 0)
		snprintf(why, why_bytes, "%s ended with status %d", arguments[0],
			 WEXITSTATUS(status));
	return in_time && status == 0 ? 0 : -1;
}
