// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Archives bring plain files back, and no archive makes a file outside of its directory.
 */
#include <fcntl.h>

#include "results/archive.h"
#include "tests/unit/bundle_place.h"

static char why[512];

static int open_place(void)
{
	int fd = open(place.directory, O_RDONLY | O_DIRECTORY);

	assert_true(fd >= 0);
	return fd;
}

static void write_file(int directory, const char *name, const char *text)
{
	int fd = openat(directory, name, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static char *packed(size_t *length)
{
	int directory = open_place();
	char *bytes;

	write_file(directory, "run.json", "{}\n");
	write_file(directory, "cases.jsonl", "");
	assert_int_equal(symlinkat("/etc/passwd", directory, "link"), 0);
	if (archive_pack(directory, 1 << 20, &bytes, length, why, sizeof(why)))
		fail_msg("%s", why);
	close(directory);
	return bytes;
}

static int into(void)
{
	assert_int_equal(mkdir(place.path, 0755), 0);
	return open(place.path, O_RDONLY | O_DIRECTORY);
}

static void files_come_back_and_links_do_not(void **state)
{
	size_t length;
	char *bytes = packed(&length), text[8];
	int directory = into(), fd;

	(void)state;
	if (archive_unpack(bytes, length, directory, why, sizeof(why)))
		fail_msg("%s", why);
	fd = openat(directory, "run.json", O_RDONLY);
	assert_int_equal(read(fd, text, sizeof(text)), 3);
	close(fd);
	assert_int_equal(faccessat(directory, "cases.jsonl", F_OK, 0), 0);
	assert_int_equal(faccessat(directory, "link", F_OK, AT_SYMLINK_NOFOLLOW), -1);
	/* What is there is not written over. */
	assert_int_equal(archive_unpack(bytes, length, directory, why, sizeof(why)), -1);
	free(bytes);
	close(directory);
}

/* A header whose checksum holds, as a liar would make it. */
static void forge(char *header, const char *name, char type, const char *size)
{
	unsigned sum = 0;

	memset(header, 0, 100);
	memcpy(header, name, strlen(name));
	header[156] = type;
	memcpy(header + 124, size, 11);
	memset(header + 148, ' ', 8);
	for (unsigned i = 0; i < 512; i++)
		sum += (unsigned char)header[i];
	snprintf(header + 148, 8, "%06o", sum);
}

static void a_hostile_archive_makes_nothing_outside(void **state)
{
	static const struct {
		const char *name, *size, *part;
		char type;
	} bad[] = {
		{"../escaped", "00000000000", "plain name", '0'},
		{"/tmp/escaped", "00000000000", "plain name", '0'},
		{"a/b", "00000000000", "plain name", '0'},
		{".hidden", "00000000000", "plain name", '0'},
		{"-rf", "00000000000", "plain name", '0'},
		{"link", "00000000000", "plain file", '2'},
		{"device", "00000000000", "plain file", '3'},
		{"directory", "00000000000", "plain file", '5'},
		{"long", "77777777777", "longer than", '0'},
		{"odd", "0000000000x", "longer than", '0'},
	};
	size_t length;
	char *bytes = packed(&length);
	int directory = into();

	(void)state;
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		forge(bytes, bad[i].name, bad[i].type, bad[i].size);
		assert_int_equal(archive_unpack(bytes, length, directory, why, sizeof(why)), -1);
		if (!strstr(why, bad[i].part))
			fail_msg("%s: \"%s\"", bad[i].name, why);
	}
	free(bytes);
	close(directory);
	/* Nothing is in it, so that it can be removed. */
	assert_int_equal(rmdir(place.path), 0);
}

static void a_cut_archive_is_refused(void **state)
{
	size_t length;
	char *bytes = packed(&length);

	(void)state;
	for (size_t cut = 0; cut < length; cut += 256) {
		char *exact = malloc(cut + 1);
		int directory = into();

		/* Of its own length, so that a sanitizer sees any read behind it. */
		assert_non_null(exact);
		memcpy(exact, bytes, cut);
		assert_int_equal(archive_unpack(exact, cut, directory, why, sizeof(why)), -1);
		free(exact);
		unlinkat(directory, "run.json", 0);
		unlinkat(directory, "cases.jsonl", 0);
		close(directory);
		assert_int_equal(rmdir(place.path), 0);
	}
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PLACED(files_come_back_and_links_do_not),
		PLACED(a_hostile_archive_makes_nothing_outside),
		PLACED(a_cut_archive_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
