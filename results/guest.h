/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What only the host of a guest knows: which kernel it was asked for, how it was started, and how
 * it ended when it could not tell itself.
 */
#ifndef RESULTS_GUEST_H
#define RESULTS_GUEST_H

#include <jansson.h>

#include "results/bundle.h"

/* The guest's own run.json, or NULL: whatever a guest had to say there, facts need an object. */
json_t *guest_run_read(int fd);

/* Adds the host's facts to run.json: "boot" and the object "guest". NULL in place of run: there was
 * no bundle, and the result is a new run.json without a case. */
json_t *guest_run(json_t *run, const struct bundle_boot *boot);

/* The record that supersedes the last one of cases.jsonl, if that case had not ended: the kernel
 * died under it, which is a splat. NULL if no case was open. */
json_t *guest_panic_record(int directory_fd, const char *sentence);

#endif
