// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The counters of /proc/vmstat. Each CPU keeps its own part of them and adds it to the total about
 * once a second, or when it exceeds some 100: a case that pins 64 pages and gives 64 back may show
 * nothing, or a leak that is none. Reading vm.stat_refresh (root, since 4.7) makes every CPU
 * add its part first; without root the numbers are only good to about 100 per CPU.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "lib/evidence.h"

static void refresh(void)
{
	char byte;
	int fd = open("/proc/sys/vm/stat_refresh", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	/* The read itself is what refreshes. It may say EINVAL, when some counter has become
	 * negative; the others are right even then. */
	if (read(fd, &byte, 1) < 0)
		errno = 0;
	close(fd);
}

int vmstat_read(struct vmstat *stat)
{
	char line[128], name[64];
	unsigned long long value;
	FILE *file;

	*stat = (struct vmstat){0};
	refresh();
	file = fopen("/proc/vmstat", "re");
	if (!file)
		return -1;
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%63s %llu", name, &value) != 2)
			continue;
		if (strcmp(name, "nr_foll_pin_acquired") == 0) {
			stat->has_pins = true;
			stat->pins_acquired = value;
		} else if (strcmp(name, "nr_foll_pin_released") == 0) {
			stat->pins_released = value;
		} else if (strcmp(name, "nr_dirtied") == 0) {
			stat->dirtied = value;
		} else if (strcmp(name, "nr_written") == 0) {
			stat->written = value;
		}
	}
	fclose(file);
	return 0;
}

bool kernel_at_least(unsigned major, unsigned minor)
{
	unsigned running_major = 0, running_minor = 0;
	struct utsname name;

	if (uname(&name) != 0 || sscanf(name.release, "%u.%u", &running_major, &running_minor) != 2)
		return false;
	return running_major > major || (running_major == major && running_minor >= minor);
}
