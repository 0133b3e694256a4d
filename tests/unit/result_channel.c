// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The result channel of a guest: what came whole is believed, what was cut off, written twice,
 * taken from another guest or made up is not; and what the host adds of its own.
 */
#include <fcntl.h>

#include "results/channel.h"
#include "tests/unit/bundle_place.h"

enum { CHANNEL_BYTES = 1 << 20, SLOT_BYTES = CHANNEL_BYTES / 2, BLOCK = CHANNEL_BLOCK_BYTES };

static const char nonce[] = "0123456789abcdef0123456789abcdef";
static char why[512];

static int new_channel(void)
{
	char path[160];
	int fd;

	snprintf(path, sizeof(path), "%s/channel", place.directory);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, CHANNEL_BYTES), 0);
	return fd;
}

static struct channel_message message_of(unsigned sequence, bool end)
{
	struct channel_message message = {.sequence = sequence, .end = end, .exit_code = end};

	memcpy(message.nonce, nonce, sizeof(nonce));
	snprintf(message.release, sizeof(message.release), "6.1.0-test");
	return message;
}

static void put(int fd, unsigned sequence, bool end, const char *text)
{
	struct channel_message message = message_of(sequence, end);

	if (channel_put(fd, &message, text, strlen(text), why, sizeof(why)))
		fail_msg("%s", why);
}

/* The newest message must be this one. */
static void gives(int fd, unsigned sequence, const char *text)
{
	struct channel_message message;
	size_t length;
	char *archive;

	why[0] = '\0';
	if (channel_get(fd, nonce, &message, &archive, &length, why, sizeof(why)))
		fail_msg("%s", why);
	assert_int_equal(message.sequence, sequence);
	assert_string_equal(message.release, "6.1.0-test");
	assert_int_equal(length, strlen(text));
	assert_memory_equal(archive, text, length);
	free(archive);
}

static void refuses(int fd, const char *reader, const char *part)
{
	struct channel_message message;
	size_t length;
	char *archive;

	assert_int_equal(channel_get(fd, reader, &message, &archive, &length, why, sizeof(why)),
			 -1);
	assert_null(archive);
	if (!strstr(why, part) || strchr(why, '\n'))
		fail_msg("\"%s\" does not say \"%s\"", why, part);
}

static void flip(int fd, off_t offset)
{
	char byte;

	assert_int_equal(pread(fd, &byte, 1, offset), 1);
	byte = (char)(byte ^ 1);
	assert_int_equal(pwrite(fd, &byte, 1, offset), 1);
}

static void the_newest_message_counts(void **state)
{
	int fd = new_channel();

	(void)state;
	refuses(fd, nonce, "no whole message");
	put(fd, 1, false, "");
	gives(fd, 1, "");
	put(fd, 2, false, "two");
	gives(fd, 2, "two");
	put(fd, 3, true, "three");
	gives(fd, 3, "three");
	close(fd);
}

static void a_damaged_message_leaves_the_one_before(void **state)
{
	/* The header, the archive, its end record. */
	static const off_t places[] = {16, BLOCK + 1, 2 * BLOCK + 16};

	(void)state;
	for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		int fd = new_channel();

		put(fd, 1, false, "one");
		put(fd, 2, true, "two");
		flip(fd, places[i]);
		gives(fd, 1, "one");
		flip(fd, SLOT_BYTES + places[i]);
		refuses(fd, nonce, "no whole message");
		close(fd);
	}
}

static void a_truncated_channel_is_refused(void **state)
{
	int fd = new_channel();

	(void)state;
	put(fd, 2, true, "two");
	gives(fd, 2, "two");
	assert_int_equal(ftruncate(fd, 2 * BLOCK), 0);
	refuses(fd, nonce, "no whole message");
	assert_int_equal(ftruncate(fd, 100), 0);
	refuses(fd, nonce, "no whole message");
	close(fd);
}

static void a_duplicated_message_is_refused(void **state)
{
	char *copy = malloc(SLOT_BYTES);
	int fd = new_channel();

	(void)state;
	assert_non_null(copy);
	put(fd, 2, true, "two");
	assert_int_equal(pread(fd, copy, SLOT_BYTES, 0), SLOT_BYTES);
	assert_int_equal(pwrite(fd, copy, SLOT_BYTES, SLOT_BYTES), SLOT_BYTES);
	free(copy);
	/* A copy in the other slot has the wrong number for it; the original stays good. */
	gives(fd, 2, "two");
	put(fd, 5, true, "five");
	refuses(fd, nonce, "contradict");
	close(fd);
}

static void nothing_comes_after_the_end(void **state)
{
	int fd = new_channel();

	(void)state;
	put(fd, 1, true, "done");
	put(fd, 2, true, "done again");
	refuses(fd, nonce, "contradict");
	close(fd);
}

static void another_guest_is_not_believed(void **state)
{
	int fd = new_channel();

	(void)state;
	put(fd, 1, true, "done");
	refuses(fd, "fedcba9876543210fedcba9876543210", "another guest");
	close(fd);
}

static void too_much_is_refused_by_the_writer(void **state)
{
	struct channel_message message = message_of(1, true);
	size_t room = channel_room(CHANNEL_BYTES);
	char *much = calloc(1, room + 1);
	int fd = new_channel();

	(void)state;
	assert_non_null(much);
	assert_int_equal(channel_put(fd, &message, much, room, why, sizeof(why)), 0);
	assert_int_equal(channel_put(fd, &message, much, room + 1, why, sizeof(why)), -1);
	assert_non_null(strstr(why, "do not fit"));
	free(much);
	close(fd);
}

/* --- the host's facts --- */

static void a_dead_guest_is_a_bundle_without_cases(void **state)
{
	const struct bundle_boot boot = {.sentence = "panicked: Kernel panic - not syncing: test",
					 .panicked = true,
					 .kernel = "debian/test",
					 .release = "6.1.0-test",
					 .append = "quiet",
					 .exit_code = -1};
	struct bundle bundle;

	(void)state;
	assert_int_equal(bundle_boot(place.path, &boot, why, sizeof(why)), 0);
	read_back(&bundle, place.path);
	assert_int_equal(bundle.count, 0);
	assert_false(bundle.complete);
	assert_true(bundle.guest);
	assert_string_equal(bundle.boot, boot.sentence);
	assert_string_equal(bundle.release, boot.release);
	assert_string_equal(bundle.append, boot.append);
	bundle_free(&bundle);
}

static void a_panic_fails_the_case_that_was_running(void **state)
{
	struct bundle_boot boot = {.sentence = "panicked: test", .panicked = true};
	struct case_spec spec = spec_of(1), next = spec_of(2);
	struct bundle_writer writer;
	struct bundle bundle;

	(void)state;
	open_bundle(&writer);
	assert_int_equal(bundle_case_started(&writer, &spec), 0);
	assert_int_equal(bundle_case_ended(&writer, &spec, result_of(VERDICT_PASS), NULL), 0);
	assert_int_equal(bundle_case_started(&writer, &next), 0);
	assert_int_equal(bundle_close(&writer, true), 0);
	/* Twice: the record that was added is no open case. */
	assert_int_equal(bundle_boot(place.path, &boot, why, sizeof(why)), 0);
	assert_int_equal(bundle_boot(place.path, &boot, why, sizeof(why)), 0);
	read_back(&bundle, place.path);
	assert_int_equal(bundle.count, 2);
	assert_false(bundle.complete);
	assert_int_equal(bundle.records[0].verdict, VERDICT_PASS);
	assert_int_equal(bundle.records[1].verdict, VERDICT_FAIL);
	assert_string_equal(bundle.records[1].reason, "panicked: test");
	assert_int_equal(bundle.records[1].findings.row[0].kind, FINDING_SPLAT);
	bundle_free(&bundle);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PLACED(the_newest_message_counts),
		PLACED(a_damaged_message_leaves_the_one_before),
		PLACED(a_truncated_channel_is_refused),
		PLACED(a_duplicated_message_is_refused),
		PLACED(nothing_comes_after_the_end),
		PLACED(another_guest_is_not_believed),
		PLACED(too_much_is_refused_by_the_writer),
		PLACED(a_dead_guest_is_a_bundle_without_cases),
		PLACED(a_panic_fails_the_case_that_was_running),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
