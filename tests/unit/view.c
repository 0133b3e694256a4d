// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The views that need neither root nor a disk. /proc/self/mem stands for a device with bad blocks:
 * an address that nothing is mapped at reads as EIO there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/btrfs_map.h"
#include "lib/guard.h"
#include "lib/view.h"
#include "lib/view_work.h"

enum { BYTES = 3 << 20, SLOT_BYTES = 512, SLOTS = BYTES / SLOT_BYTES };

static _Alignas(4096) uint8_t bytes[BYTES], wanted[BYTES];
static enum view_slot slots[BYTES / 64];
static char why[256];

/* cmocka takes SIGBUS for itself around each test; this is the guard's action, to be put back. */
static struct sigaction guard_action;

struct subject_file {
	int fd;
	char path[64];
	uint8_t *map;
	struct view_source source;
};

static void open_file(struct subject_file *file, off_t size)
{
	file->fd = memfd_create("subject", MFD_CLOEXEC);
	assert_true(file->fd >= 0 && ftruncate(file->fd, size) == 0);
	assert_int_equal(sigaction(SIGBUS, &guard_action, NULL), 0);
	snprintf(file->path, sizeof(file->path), "/proc/self/fd/%d", file->fd);
	file->map = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, file->fd, 0);
	assert_true(file->map != MAP_FAILED);
	file->source = (struct view_source){
		.path = file->path, .map = file->map, .device = "", .bytes = BYTES};
}

static void close_file(const struct subject_file *file)
{
	munmap(file->map, BYTES);
	close(file->fd);
}

static int read_by(enum view view, const struct view_source *source, uint32_t slot_bytes)
{
	memset(bytes, 0xee, BYTES);
	memset(slots, 0xee, sizeof(slots));
	return view_read(view, source, slot_bytes, bytes, slots, why, sizeof(why));
}

static void assert_slots(uint32_t first, uint32_t end, enum view_slot slot)
{
	for (uint32_t i = first; i < end; i++)
		assert_int_equal(slots[i], slot);
}

static void fill_wanted(uint32_t count)
{
	for (uint32_t i = 0; i < BYTES; i++)
		wanted[i] = i < count ? (uint8_t)(i * 7 + i / 4096 + 1) : 0;
}

static const enum view file_views[] = {VIEW_MAP, VIEW_BUFFERED, VIEW_UNPINNED, VIEW_REMOUNT,
				       VIEW_POWERCUT};

static void views_agree_on_a_whole_file(void **state)
{
	struct subject_file file;

	open_file(&file, BYTES);
	fill_wanted(BYTES);
	memcpy(file.map, wanted, BYTES);
	for (unsigned i = 0; i < sizeof(file_views) / sizeof(file_views[0]); i++) {
		for (uint32_t slot_bytes = 64; slot_bytes <= 65536; slot_bytes *= 4) {
			assert_int_equal(read_by(file_views[i], &file.source, slot_bytes), 0);
			assert_memory_equal(bytes, wanted, BYTES);
			assert_slots(0, BYTES / slot_bytes, VIEW_SLOT_READ);
		}
	}
	close_file(&file);
}

/* The mapping answers with SIGBUS behind the end of the file; all other views with no bytes. */
static void a_short_file_ends_in_zeros(void **state)
{
	struct subject_file file;

	for (off_t size = 0; size < BYTES; size += 1048576 - 1000) {
		open_file(&file, size);
		fill_wanted((uint32_t)size);
		assert_int_equal(pwrite(file.fd, wanted, (size_t)size, 0), size);
		for (unsigned i = 0; i < sizeof(file_views) / sizeof(file_views[0]); i++) {
			assert_int_equal(read_by(file_views[i], &file.source, SLOT_BYTES), 0);
			assert_memory_equal(bytes, wanted, BYTES);
			assert_slots(0, SLOTS, VIEW_SLOT_READ);
		}
		close_file(&file);
	}
}

static void direct_reads_or_says_why(void **state)
{
	struct subject_file file;
	int error;

	open_file(&file, BYTES - 1000);
	fill_wanted(BYTES - 1000);
	assert_int_equal(pwrite(file.fd, wanted, BYTES - 1000, 0), BYTES - 1000);
	error = read_by(VIEW_DIRECT, &file.source, SLOT_BYTES);
	/* tmpfs has O_DIRECT since 6.6. */
	if (error) {
		assert_int_equal(error, -EINVAL);
		assert_non_null(strstr(why, "O_DIRECT"));
		assert_non_null(strstr(why, file.path));
	} else {
		assert_memory_equal(bytes, wanted, BYTES);
		assert_slots(0, SLOTS, VIEW_SLOT_READ);
	}
	close_file(&file);
}

/* The file is whole, as its path says; what is mapped is another one, cut off at 1 MiB. */
static void a_page_that_cannot_be_mapped_is_unreadable(void **state)
{
	struct subject_file file, cut;
	uint32_t first = 1048576 / SLOT_BYTES;

	open_file(&file, BYTES);
	open_file(&cut, 1048576);
	memset(cut.map, 7, 1048576);
	file.source.map = cut.map;
	assert_int_equal(read_by(VIEW_MAP, &file.source, SLOT_BYTES), 0);
	assert_slots(0, first, VIEW_SLOT_READ);
	assert_slots(first, SLOTS, VIEW_SLOT_UNREADABLE);
	assert_int_equal(bytes[1048575], 7);
	assert_int_equal(bytes[1048576], 0);
	close_file(&cut);
	close_file(&file);
}

static void what_cannot_be_opened_says_so(void **state)
{
	struct subject_file file;

	open_file(&file, BYTES);
	assert_int_equal(read_by(VIEW_DEVICE, &file.source, SLOT_BYTES), -ENODEV);
	file.source.device = "/nonexistent/device";
	assert_int_equal(read_by(VIEW_DEVICE, &file.source, SLOT_BYTES), -ENOENT);
	assert_non_null(strstr(why, "/nonexistent/device"));
	file.source.map = NULL;
	assert_int_equal(read_by(VIEW_MAP, &file.source, SLOT_BYTES), -EINVAL);
	file.source.path = "/nonexistent/file";
	assert_int_equal(read_by(VIEW_BUFFERED, &file.source, SLOT_BYTES), -ENOENT);
	assert_string_equal(why, "open(/nonexistent/file): No such file or directory");
	file.source.path = NULL;
	assert_int_equal(read_by(VIEW_BUFFERED, &file.source, SLOT_BYTES), -EINVAL);
	close_file(&file);
}

/* Reads memory with unmapped pages [hole, hole + count) as if it were a device. */
static int read_holed(struct view_work *work, uint32_t hole, uint32_t count)
{
	uint8_t *memory =
		mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct view_range range = {.name = "memory",
				   .fd_offset = (uint64_t)(uintptr_t)memory,
				   .bytes = BYTES,
				   .padded = BYTES,
				   .piece_bytes = 4096};
	int error;

	assert_true(memory != MAP_FAILED);
	memcpy(memory, wanted, BYTES);
	munmap(memory + hole * 4096, count * 4096);
	range.fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	assert_true(range.fd >= 0);
	memset(bytes, 0, BYTES);
	memset(slots, 0, sizeof(slots));
	error = view_read_range(work, &range);
	close(range.fd);
	munmap(memory, BYTES);
	return error;
}

static void only_the_bad_pages_are_unreadable(void **state)
{
	struct view_source source = {.bytes = BYTES};

	fill_wanted(BYTES);
	for (uint32_t slot_bytes = 64; slot_bytes <= 16384; slot_bytes *= 4) {
		struct view_work work = {.source = &source,
					 .slot_bytes = slot_bytes,
					 .bytes = bytes,
					 .slots = slots,
					 .limit = BYTES,
					 .bounce = aligned_alloc(4096, 1 << 20),
					 .why = why,
					 .why_bytes = sizeof(why)};
		uint32_t first = 300 * 4096 / slot_bytes;
		uint32_t end = (302 * 4096 + slot_bytes - 1) / slot_bytes;

		assert_int_equal(read_holed(&work, 300, 2), 0);
		assert_slots(0, first, VIEW_SLOT_READ);
		assert_slots(first, end, VIEW_SLOT_UNREADABLE);
		assert_slots(end, BYTES / slot_bytes, VIEW_SLOT_READ);
		assert_memory_equal(bytes, wanted, 300 * 4096);
		assert_memory_equal(bytes + (302 << 12), wanted + (302 << 12), BYTES - (302 << 12));
		free(work.bounce);
	}
}

static void an_error_that_is_no_damage_ends_the_view(void **state)
{
	struct view_source source = {.bytes = BYTES};
	struct view_work work = {.source = &source,
				 .slot_bytes = SLOT_BYTES,
				 .bytes = bytes,
				 .slots = slots,
				 .bounce = aligned_alloc(4096, 1 << 20),
				 .why = why,
				 .why_bytes = sizeof(why)};
	struct view_range range = {
		.fd = -1, .name = "closed", .bytes = 4096, .padded = 4096, .piece_bytes = 4096};

	assert_int_equal(view_read_range(&work, &range), -EBADF);
	assert_string_equal(why, "pread(closed): Bad file descriptor");
	free(work.bounce);
}

static void marks_cover_what_they_touch(void **state)
{
	struct view_source source = {.bytes = 8 * SLOT_BYTES};
	struct view_work work = {.source = &source, .slot_bytes = SLOT_BYTES, .slots = slots};

	memset(slots, 0, sizeof(slots));
	view_mark(&work, SLOT_BYTES + 1, SLOT_BYTES, VIEW_SLOT_UNREADABLE);
	assert_slots(0, 1, VIEW_SLOT_READ);
	assert_slots(1, 3, VIEW_SLOT_UNREADABLE);
	view_mark(&work, 0, 100 * SLOT_BYTES, VIEW_SLOT_UNKNOWN);
	assert_slots(0, 1, VIEW_SLOT_UNKNOWN);
	assert_slots(1, 3, VIEW_SLOT_UNREADABLE);
	assert_slots(3, 8, VIEW_SLOT_UNKNOWN);
	assert_slots(8, 9, VIEW_SLOT_READ); /* behind the subject */
}

static void chunks_translate(void **state)
{
	struct btrfs_map_chunk chunk[] = {{1000, 100, 5000, true}, {1100, 50, 9000, false}};
	struct btrfs_map map = {.chunk = chunk, .chunks = 2};
	uint64_t physical = 0;
	bool known = false;

	assert_int_equal(btrfs_map_find(&map, 1030, &physical, &known), 70);
	assert_int_equal(physical, 5030);
	assert_true(known);
	assert_int_equal(btrfs_map_find(&map, 1100, &physical, &known), 50);
	assert_false(known);
	assert_int_equal(btrfs_map_find(&map, 1150, &physical, &known), 0);
}

static void fsync_gives_the_errno(void **state)
{
	assert_int_equal(view_fsync(-1), -EBADF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(views_agree_on_a_whole_file),
		cmocka_unit_test(a_short_file_ends_in_zeros),
		cmocka_unit_test(direct_reads_or_says_why),
		cmocka_unit_test(a_page_that_cannot_be_mapped_is_unreadable),
		cmocka_unit_test(what_cannot_be_opened_says_so),
		cmocka_unit_test(only_the_bad_pages_are_unreadable),
		cmocka_unit_test(an_error_that_is_no_damage_ends_the_view),
		cmocka_unit_test(marks_cover_what_they_touch),
		cmocka_unit_test(chunks_translate),
		cmocka_unit_test(fsync_gives_the_errno),
	};

	if (guard_install() || sigaction(SIGBUS, NULL, &guard_action))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
