// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a kernel has, asked without loading anything: a probe must change nothing.
 */
#include "lib/kernel_has.h"

#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>
#include <unistd.h>

#define DM_CONTROL "/dev/" DM_DIR "/" DM_CONTROL_NODE

enum { TARGET_LIST_BYTES = 16384 };

/* Whether a line of the file at path has word (followed by any of ends). */
static bool file_names(const char *path, const char *word, const char *ends)
{
	char line[4096];
	bool found = false;
	FILE *file = fopen(path, "re");

	while (file && !found && fgets(line, sizeof(line), file)) {
		const char *at = strstr(line, word);

		found = at && at[strlen(word)] && strchr(ends, at[strlen(word)]);
	}
	if (file)
		fclose(file);
	return found;
}

bool kernel_has_module(const char *name)
{
	static const char *const lists[] = {"modules.dep", "modules.builtin"};
	char path[256], word[64];
	struct utsname kernel;

	if (uname(&kernel) < 0)
		return false;
	snprintf(word, sizeof(word), "/%s.ko", name);
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		snprintf(path, sizeof(path), "/lib/modules/%s/%s", kernel.release, lists[i]);
		if (file_names(path, word, ".:\n"))
			return true;
	}
	return false;
}

bool kernel_has_filesystem(const char *type)
{
	char word[64];

	snprintf(word, sizeof(word), "\t%s", type);
	return file_names("/proc/filesystems", word, "\n") || kernel_has_module(type);
}

/* The targets that are registered by now: those that are built in, and modules that are loaded. */
static bool is_registered(const char *target)
{
	_Alignas(struct dm_ioctl) char list[TARGET_LIST_BYTES] = {0};
	struct dm_ioctl *head = (struct dm_ioctl *)list;
	int control = open(DM_CONTROL, O_RDWR | O_CLOEXEC);
	bool listed;

	*head = (struct dm_ioctl){.version = {DM_VERSION_MAJOR, 0, 0},
				  .data_size = sizeof(list),
				  .data_start = sizeof(*head)};
	listed = control >= 0 && ioctl(control, DM_LIST_VERSIONS, head) == 0 &&
		 !(head->flags & DM_BUFFER_FULL_FLAG);
	if (control >= 0)
		close(control);
	for (uint32_t at = head->data_start; listed && at < head->data_size;) {
		const struct dm_target_versions *one = (const void *)(list + at);

		if (strcmp(one->name, target) == 0)
			return true;
		if (one->next == 0)
			break;
		at += one->next;
	}
	return false;
}

bool kernel_has_dm_target(const char *target)
{
	char module[64];

	snprintf(module, sizeof(module), "dm-%s", target);
	/* To open the node of a module that is not loaded would load it. */
	return kernel_has_module(module) ||
	       (file_names("/proc/misc", "device-mapper", "\n") && is_registered(target));
}
