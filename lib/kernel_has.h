/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether the running kernel has a part: built in, loaded, or as a module that it can load.
 */
#ifndef LIB_KERNEL_HAS_H
#define LIB_KERNEL_HAS_H

#include <stdbool.h>

/* A file system, by its name for mount(2). */
bool kernel_has_filesystem(const char *type);

/* A module, by the name of its file ("dm-delay", "scsi_debug"). Of what is built in without
 * modules.builtin to name it, nothing is known: false. */
bool kernel_has_module(const char *name);

/* A target of the device mapper ("delay"). */
bool kernel_has_dm_target(const char *target);

#endif
