// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Names of bundles: UTC time, host, kernel release and label, with nothing in them that a shell, a
 * web server or another file system could stumble over. The temporary directory lies beside the
 * final one, so that the rename stays on one file system.
 */
#include "results/bundle_name.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

enum { NAMES_TRIED = 1000, NAME_LIMIT = 200 };

/* Replaces what a name should not have; a leading dot would hide it. */
static void clean_name(char *name)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789._+-";

	for (size_t i = strspn(name, allowed); name[i]; i += strspn(name + i, allowed))
		name[i] = '_';
	if (name[0] == '.')
		name[0] = '_';
}

static void usual_name(char *name, size_t bytes, const char *label)
{
	struct utsname uts = {.nodename = "unknown", .release = "unknown"};
	time_t now = time(NULL);
	struct tm utc;
	char stamp[32];

	uname(&uts);
	gmtime_r(&now, &utc);
	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &utc);
	snprintf(name, bytes, "%s-%s-%s%s%s", stamp, uts.nodename, uts.release,
		 label && *label ? "-" : "", label ? label : "");
	clean_name(name);
}

/* Makes the directories above path. */
static int make_parents(const char *path)
{
	char above[sizeof(((struct bundle_writer *)NULL)->path)];

	snprintf(above, sizeof(above), "%s", path);
	for (char *slash = strchr(above + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(above, 0755) && errno != EEXIST)
			return -1;
		*slash = '/';
	}
	return 0;
}

/* The final directory that was asked for may be there already, if it is empty. */
static const char *out_objection(const char *path)
{
	DIR *directory = opendir(path);
	struct stat here, above;
	struct dirent *entry;
	bool empty = true;

	if (!directory && errno == ENOENT)
		return NULL;
	if (!directory)
		return errno == ENOTDIR ? "is not a directory (try: a name that does not exist)"
					: strerror(errno);
	/* A mount point cannot be renamed over, and that would only show at the end. */
	if (fstatat(dirfd(directory), ".", &here, 0) ||
	    fstatat(dirfd(directory), "..", &above, 0) || here.st_dev != above.st_dev) {
		closedir(directory);
		return "is a mount point (try: a directory below it)";
	}
	while (empty && (entry = readdir(directory)))
		empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
	closedir(directory);
	return empty ? NULL
		     : "exists and is not empty (try: a name that does not exist, or an empty "
		       "directory)";
}

/* With a name that ends in a slash, or is ".", there is no "beside": the real one is needed. */
static int out_path(struct bundle_writer *writer, const char *out, char *why, size_t why_bytes)
{
	const char *objection = out_objection(out);
	char real[4096];
	size_t length;

	if (!*out)
		objection = "is an empty name";
	if (!objection && !realpath(out, real))
		snprintf(real, sizeof(real), "%s", out);
	length = objection ? 0 : strlen(real);
	while (length > 1 && real[length - 1] == '/')
		real[--length] = '\0';
	/* Room for ".partial-1000". */
	if (!objection && (length >= sizeof(writer->path) - 16 || strlen(out) >= sizeof(real)))
		objection = "is too long";
	if (objection) {
		snprintf(why, why_bytes, "--out %s: %s", out, objection);
		return -1;
	}
	memcpy(writer->path, real, length + 1);
	return 0;
}

/* The n-th choice of both names; false if they are too long. */
static bool nth_names(struct bundle_writer *writer, const char *base, unsigned n)
{
	char suffix[16] = "";
	int path, temporary;

	if (n > 1)
		snprintf(suffix, sizeof(suffix), "-%u", n);
	path = snprintf(writer->path, sizeof(writer->path), "%s%s", base,
			writer->exact_path ? "" : suffix);
	temporary = snprintf(writer->temporary, sizeof(writer->temporary), "%s%s.partial%s", base,
			     writer->exact_path ? "" : suffix, writer->exact_path ? suffix : "");
	return path < (int)sizeof(writer->path) && temporary < (int)sizeof(writer->temporary);
}

static int make_temporary(struct bundle_writer *writer, const char *base)
{
	for (unsigned n = 1; n <= NAMES_TRIED; n++) {
		struct stat status;

		if (!nth_names(writer, base, n)) {
			errno = ENAMETOOLONG;
			return -1;
		}
		if (!writer->exact_path && lstat(writer->path, &status) == 0)
			continue;
		if (mkdir(writer->temporary, 0755) == 0)
			return 0;
		if (errno != EEXIST)
			return -1;
	}
	return -1;
}

int bundle_make_directory(struct bundle_writer *writer, const char *parent, const char *out,
			  const char *label, char *why, size_t why_bytes)
{
	char base[sizeof(writer->path)], name[NAME_LIMIT];

	if (out) {
		if (out_path(writer, out, why, why_bytes))
			return -1;
		memcpy(base, writer->path, sizeof(base));
	} else {
		usual_name(name, sizeof(name), label);
		if (snprintf(base, sizeof(base), "%s/%s", parent, name) >= (int)sizeof(base)) {
			snprintf(why, why_bytes, "%s: the name is too long for a bundle", parent);
			return -1;
		}
	}
	if (make_parents(base) == 0 && make_temporary(writer, base) == 0)
		return 0;
	snprintf(why, why_bytes, "cannot make a directory for the bundle beside %s: %s", base,
		 strerror(errno));
	return -1;
}

static int fsync_above(const char *path)
{
	char above[sizeof(((struct bundle_writer *)NULL)->path)];
	char *slash;
	int fd, status;

	snprintf(above, sizeof(above), "%s", path);
	slash = strrchr(above, '/');
	if (slash)
		slash[slash == above] = '\0';
	fd = open(slash ? above : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	status = fsync(fd);
	close(fd);
	return status;
}

int bundle_move_into_place(struct bundle_writer *writer)
{
	char base[sizeof(writer->path)];
	unsigned n = 1;

	memcpy(base, writer->path, sizeof(base));
	/* rename(2) replaces a directory only if that is empty. */
	while (rename(writer->temporary, writer->path)) {
		bool taken = errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR;

		if (!taken || writer->exact_path || ++n > NAMES_TRIED ||
		    snprintf(writer->path, sizeof(writer->path), "%s-%u", base, n) >=
			    (int)sizeof(writer->path))
			return -1;
	}
	return fsync_above(writer->path);
}
