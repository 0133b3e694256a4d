/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What run.json says about the machine. What cannot be read is left out, so that a field that is
 * there was really read.
 */
#ifndef RESULTS_FACTS_H
#define RESULTS_FACTS_H

#include <jansson.h>

#include "results/bundle.h"

/* host, architecture, cpus, memory_bytes, virtualisation, sysctls, psi ... */
void facts_machine(json_t *run);

/* release, version, command_line, taint, config_sha256; the kernel's config goes into the directory
 * as "config" where the kernel or /boot has it. */
json_t *facts_kernel(int directory_fd);

/* Per file system under test: mount options, version of its tools, queue settings of its device. */
json_t *facts_filesystems(const struct bundle_run *run);

/* The text of a file of /proc or /sys, and a setting: a number, or of a list the word in brackets,
 * or text. NULL if it cannot be read. */
json_t *facts_text(const char *path);
json_t *facts_setting(const char *path);

#endif
