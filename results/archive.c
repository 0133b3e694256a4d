// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A flat tar archive. The reader takes what may come from a kernel that was losing data while it
 * was written: each length is held against what is there, each header against its checksum, and a
 * name is a name of a plain file and nothing else.
 */
#include "results/archive.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK_BYTES = 512, NAME_BYTES = 100, TRAILER_BYTES = 2 * BLOCK_BYTES };

/* POSIX.1-1988 ustar; numbers are octal digits. */
struct tar_header {
	char name[NAME_BYTES], mode[8], owner[8], group[8], size[12], time[12], checksum[8];
	char type, link[100], magic[6], version[2], owner_name[32], group_name[32];
	char device_major[8], device_minor[8], prefix[155], padding[12];
};

_Static_assert(sizeof(struct tar_header) == BLOCK_BYTES, "ustar's header is one block");

/* Without a slash and a leading dot no name leaves the directory, or hides in it. */
static bool name_is_plain(const char *name)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789._-";
	size_t length = strnlen(name, NAME_BYTES);

	return length && length < NAME_BYTES && strspn(name, allowed) == length && name[0] != '.' &&
	       name[0] != '-';
}

/* The sum of the header's bytes, with blanks in place of the checksum itself. */
static unsigned checksum_of(const struct tar_header *header)
{
	const unsigned char *bytes = (const unsigned char *)header;
	const size_t first = offsetof(struct tar_header, checksum);
	unsigned sum = 0;

	for (size_t i = 0; i < sizeof(*header); i++)
		sum += i >= first && i < first + sizeof(header->checksum) ? ' ' : bytes[i];
	return sum;
}

static size_t padded(size_t bytes)
{
	return (bytes + BLOCK_BYTES - 1) / BLOCK_BYTES * BLOCK_BYTES;
}

static bool read_whole(int fd, char *bytes, size_t count)
{
	while (count) {
		ssize_t got = read(fd, bytes, count);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		bytes += got;
		count -= (size_t)got;
	}
	return true;
}

static int complain(char *why, size_t why_bytes, const char *name, const char *what)
{
	snprintf(why, why_bytes, "%s: %s", name, what);
	return -1;
}

static void write_header(struct tar_header *header, const char *name, size_t bytes)
{
	*header = (struct tar_header){.mode = "0000644",
				      .owner = "0000000",
				      .group = "0000000",
				      .time = "00000000000",
				      .type = '0',
				      .magic = "ustar",
				      .version = {'0', '0'}};
	memcpy(header->name, name, strlen(name));
	snprintf(header->size, sizeof(header->size), "%011zo", bytes);
	snprintf(header->checksum, sizeof(header->checksum), "%06o", checksum_of(header));
	header->checksum[7] = ' ';
}

/* --- packing --- */

struct packing {
	char *bytes;
	size_t length, limit;
	unsigned files;
};

static int pack_file(struct packing *packing, int fd, const char *name, char *why, size_t why_bytes)
{
	struct stat status;
	size_t size, need;
	char *larger;

	if (fstat(fd, &status))
		return complain(why, why_bytes, name, strerror(errno));
	if (!S_ISREG(status.st_mode))
		return 0;
	size = (size_t)status.st_size;
	need = BLOCK_BYTES + padded(size) + TRAILER_BYTES;
	if (need < size || need > packing->limit - packing->length)
		return complain(why, why_bytes, name, "the files are larger than the channel");
	if (packing->files++ == ARCHIVE_FILES_LIMIT)
		return complain(why, why_bytes, name, "more than 64 files");
	larger = realloc(packing->bytes, packing->length + need);
	if (!larger)
		return complain(why, why_bytes, name, strerror(ENOMEM));
	packing->bytes = larger;
	memset(larger + packing->length, 0, need);
	write_header((struct tar_header *)(larger + packing->length), name, size);
	if (!read_whole(fd, larger + packing->length + BLOCK_BYTES, size))
		return complain(why, why_bytes, name, "cannot be read");
	packing->length += BLOCK_BYTES + padded(size);
	return 0;
}

int archive_pack(int directory_fd, size_t limit, char **bytes, size_t *length, char *why,
		 size_t why_bytes)
{
	struct packing packing = {.bytes = calloc(1, TRAILER_BYTES), .limit = limit};
	int copy = openat(directory_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = copy < 0 ? NULL : fdopendir(copy);
	int status = directory && packing.bytes && limit >= TRAILER_BYTES ? 0 : -1;
	struct dirent *entry;

	if (status)
		complain(why, why_bytes, "archive", strerror(errno));
	while (!status && (entry = readdir(directory))) {
		int fd;

		if (!name_is_plain(entry->d_name))
			continue;
		fd = openat(copy, entry->d_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
		if (fd < 0)
			continue;
		status = pack_file(&packing, fd, entry->d_name, why, why_bytes);
		close(fd);
	}
	if (directory)
		closedir(directory);
	else if (copy >= 0)
		close(copy);
	if (status) {
		free(packing.bytes);
		return -1;
	}
	*bytes = packing.bytes;
	*length = packing.length + TRAILER_BYTES;
	return 0;
}

/* --- unpacking --- */

/* Octal digits, then blanks or NULs. */
static bool octal(const char *digits, size_t bytes, size_t *value)
{
	size_t i = 0;

	*value = 0;
	while (i < bytes && digits[i] >= '0' && digits[i] <= '7')
		*value = *value * 8 + (size_t)(digits[i++] - '0');
	if (!i)
		return false;
	while (i < bytes && (digits[i] == ' ' || digits[i] == '\0'))
		i++;
	return i == bytes;
}

static const char *objection(const struct tar_header *header, size_t left, size_t *size)
{
	size_t checksum;

	if (memcmp(header->magic, "ustar", sizeof(header->magic)) ||
	    !octal(header->checksum, sizeof(header->checksum), &checksum) ||
	    checksum != checksum_of(header))
		return "its header is damaged";
	if (header->type != '0' || header->prefix[0] || !name_is_plain(header->name))
		return "not a plain file with a plain name";
	/* Eleven octal digits are below 2^33: nothing overflows. */
	if (!octal(header->size, sizeof(header->size), size) || padded(*size) > left)
		return "longer than the archive";
	return NULL;
}

static int make_file(int directory_fd, const char *name, const char *bytes, size_t count)
{
	int fd = openat(directory_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			0644);

	if (fd < 0)
		return -1;
	while (count) {
		ssize_t written = write(fd, bytes, count);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0) {
			int error = errno;

			close(fd);
			errno = error;
			return -1;
		}
		bytes += written;
		count -= (size_t)written;
	}
	return close(fd);
}

static bool all_zero(const char *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (bytes[i])
			return false;
	}
	return true;
}

int archive_unpack(const char *bytes, size_t length, int directory_fd, char *why, size_t why_bytes)
{
	size_t at = 0, size;

	for (unsigned files = 0;; files++) {
		struct tar_header header;
		const char *bad;

		if (length - at < TRAILER_BYTES)
			return complain(why, why_bytes, "archive", "it has no end");
		if (all_zero(bytes + at, TRAILER_BYTES))
			break;
		if (files == ARCHIVE_FILES_LIMIT)
			return complain(why, why_bytes, "archive", "more than 64 files");
		memcpy(&header, bytes + at, sizeof(header));
		at += BLOCK_BYTES;
		bad = objection(&header, length - at, &size);
		if (bad)
			return complain(why, why_bytes, "archive", bad);
		if (make_file(directory_fd, header.name, bytes + at, size))
			return complain(why, why_bytes, header.name, strerror(errno));
		at += padded(size);
	}
	if (at + TRAILER_BYTES != length)
		return complain(why, why_bytes, "archive", "something stands behind its end");
	return 0;
}
