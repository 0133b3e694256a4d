// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Facts of the kernel. Its config is kept as plain text, also where /proc/config.gz has it packed,
 * so that the checksum of two bundles is the same for the same config wherever it came from.
 */
#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "results/facts.h"
#include "results/json.h"
#include "results/program.h"

enum { CONFIG_BYTES_LIMIT = 16 << 20 };

static int copy_packed(int config_fd)
{
	static const char *const unpack[] = {"gzip", "-dc", NULL};
	int status, fd = open("/proc/config.gz", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	status = program_run(unpack, fd, config_fd, -1);
	close(fd);
	return status;
}

static int copy_plain(int config_fd, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t copied = -1;
	size_t total = 0;

	if (fd < 0)
		return -1;
	while (total < CONFIG_BYTES_LIMIT &&
	       (copied = sendfile(config_fd, fd, NULL, CONFIG_BYTES_LIMIT - total)) > 0)
		total += (size_t)copied;
	close(fd);
	return copied == 0 && total ? 0 : -1;
}

/* Where distributions put it: Debian, Fedora; Fedora and openSUSE; Arch and kernel trees. */
static int copy_config(int config_fd, const char *release)
{
	static const char *const places[] = {"/boot/config-%s", "/lib/modules/%s/config",
					     "/usr/lib/modules/%s/config",
					     "/lib/modules/%s/build/.config"};
	char path[256];

	if (copy_packed(config_fd) == 0)
		return 0;
	for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		const char *hole = strstr(places[i], "%s");

		/* What a failed attempt left is not part of a config. */
		if (ftruncate(config_fd, 0) || lseek(config_fd, 0, SEEK_SET))
			return -1;
		snprintf(path, sizeof(path), "%.*s%s%s", (int)(hole - places[i]), places[i],
			 release, hole + 2);
		if (copy_plain(config_fd, path) == 0)
			return 0;
	}
	return -1;
}

static json_t *config_sha256(int directory_fd, const char *release)
{
	static const char *const sum[] = {"sha256sum", NULL};
	int fd = openat(directory_fd, "config", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	char line[256] = "";

	if (fd < 0)
		return NULL;
	if (copy_config(fd, release)) {
		close(fd);
		unlinkat(directory_fd, "config", 0);
		return NULL;
	}
	fsync(fd);
	if (lseek(fd, 0, SEEK_SET) || program_line(sum, fd, line, sizeof(line)))
		line[0] = '\0';
	close(fd);
	for (unsigned i = 0; i < 64; i++) {
		if (!isxdigit((unsigned char)line[i]))
			return NULL;
	}
	return json_text(line, 64);
}

json_t *facts_kernel(int directory_fd)
{
	json_t *kernel = json_object();
	struct utsname uts;

	if (uname(&uts))
		return kernel;
	json_object_set_new(kernel, "release", json_text(uts.release, sizeof(uts.release)));
	json_object_set_new(kernel, "version", json_text(uts.version, sizeof(uts.version)));
	json_object_set_new(kernel, "command_line", facts_text("/proc/cmdline"));
	json_object_set_new(kernel, "taint", facts_setting("/proc/sys/kernel/tainted"));
	json_object_set_new(kernel, "config_sha256", config_sha256(directory_fd, uts.release));
	return kernel;
}
