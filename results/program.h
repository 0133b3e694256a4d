/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Small programs whose output is wanted: gzip, sha256sum, mkfs -V.
 */
#ifndef RESULTS_PROGRAM_H
#define RESULTS_PROGRAM_H

#include <stddef.h>

/* Runs a program without a shell, stdin from in_fd (-1: nothing), stdout to out_fd, stderr to
 * error_fd (-1: nowhere), and kills it after five seconds. Returns its exit status; -1 if it could
 * not be run, was killed or did not end. */
int program_run(const char *const *arguments, int in_fd, int out_fd, int error_fd);

/* The first line of what it prints on stdout or stderr; -1 as above, or if it prints nothing. The
 * exit status does not matter: some print their version and then say that a device is missing. */
int program_line(const char *const *arguments, int in_fd, char *line, size_t bytes);

#endif
