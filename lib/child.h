/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A process that a workload forks for the other end of its ops, and the socket between the two.
 */
#ifndef LIB_CHILD_H
#define LIB_CHILD_H

#include <stddef.h>
#include <sys/types.h>

struct run;

struct child {
	pid_t pid;
	int fd; /* our end of a SOCK_SEQPACKET pair */
};

/* Forks a process that runs body(fd, context) on its end of the socket, does not have the pinned
 * memory, and dies with the thread that forked it. body may use system calls and memory that is
 * there already, but nothing that takes a lock (no malloc, no stdio): other threads may have held
 * it at the fork. It returns when child_receive() on its end gives 0. Ends the case on failure. */
void child_start(struct run *run, struct child *child, void (*body)(int fd, void *context),
		 void *context);

/* Receives one message: its bytes; 0 when the other end was shut down or is gone; -errno. */
ssize_t child_receive(int fd, void *message, size_t bytes);

/* Shuts the socket down and waits until the process is gone. */
void child_stop(struct child *child);

#endif
