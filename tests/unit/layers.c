// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * File systems on block layers: their names in ids, and what the journal makes of a layer that a
 * run wrote down and never made. Making one needs a kernel with the device mapper: the guests do
 * that.
 */
#include "tests/unit/machine_ground.h"

#include "lib/case.h"
#include "lib/machine_private.h"

static struct case_spec parsed(const char *id)
{
	struct case_spec spec = {.seed = 0};
	char why[512] = "";

	if (case_parse(&spec, id, why, sizeof(why)) < 0)
		fail_msg("%s: %s", id, why);
	if (!case_valid(&spec, why, sizeof(why)))
		fail_msg("%s: %s", id, why);
	assert_string_equal(spec.id, id);
	return spec;
}

static void refuses(const char *id, const char *part_of_sentence)
{
	struct case_spec spec = {.seed = 0};
	char why[512] = "";

	assert_int_equal(case_parse(&spec, id, why, sizeof(why)), -1);
	if (!strstr(why, part_of_sentence))
		fail_msg("%s: \"%s\" does not say \"%s\"", id, why, part_of_sentence);
}

static void a_layer_stands_behind_a_plus(void **state)
{
	struct case_spec spec = parsed("odirect/anon/inflight_scribble@xfs+delay_stable:way=out");

	assert_ptr_equal(spec.filesystem->layer, layer_find("delay_stable"));
	assert_string_equal(spec.filesystem->kernel_type, "xfs");
	spec = parsed("mmap_store/file_shared/sync_storm@ext4+integrity");
	assert_ptr_equal(spec.filesystem->layer, layer_find("integrity"));
	spec = parsed("odirect/file_shared/sync_storm@f2fs");
	assert_null(spec.filesystem->layer);
	spec = parsed("odirect/anon/quiet@btrfs+difdix:way=out");
	assert_ptr_equal(spec.filesystem->layer, layer_find("difdix"));
}

static void other_names_are_refused(void **state)
{
	refuses("odirect/anon/quiet@xfs+delays:way=out", "unknown file system 'xfs+delays'");
	refuses("odirect/anon/quiet@xfs+delays:way=out", "xfs+delay");
	refuses("odirect/anon/quiet@xfs+:way=out", "unknown file system");
	refuses("odirect/anon/quiet@+delay:way=out", "unknown file system");
	refuses("odirect/anon/quiet@delay:way=out", "unknown file system");
	refuses("odirect/anon/quiet@xfs+delay+integrity:way=out", "unknown file system");
	/* There is no device below that a layer could lie on. */
	refuses("odirect/anon/quiet@tmpfs+delay:way=out", "unknown file system");
}

/* What a file system is does not depend on what it lies on. */
static void a_layer_changes_nothing_else(void **state)
{
	unsigned on_layers = 0;

	for_each_table (node, TABLE_FILESYSTEM) {
		const struct filesystem *on = TABLE_OF(node, filesystem);
		const char *plus = strchr(on->name, '+');
		const struct filesystem *plain;
		char name[32];

		assert_int_equal(plus != NULL, on->layer != NULL);
		if (!plus)
			continue;
		on_layers++;
		assert_ptr_equal(layer_find(plus + 1), on->layer);
		snprintf(name, sizeof(name), "%.*s", (int)(plus - on->name), on->name);
		plain = filesystem_find(name);
		assert_non_null(plain);
		assert_true(on->block_device);
		assert_string_equal(on->program, plain->program);
		assert_ptr_equal(on->make, plain->make);
		assert_string_equal(on->kernel_type, plain->kernel_type);
		assert_string_equal(on->mount_options, plain->mount_options);
		assert_int_equal(on->direct_align, plain->direct_align);
		assert_int_equal(on->image_bytes, plain->image_bytes);
		assert_int_equal(on->logical_fiemap, plain->logical_fiemap);
		assert_ptr_equal(on->probe, plain->probe);
	}
	assert_int_equal(on_layers, 4 * table_count(TABLE_LAYER));
}

/* Every absent part has a sentence of its own, and a file system has that of its layer. */
static void what_is_absent_says_so(void **state)
{
	for_each_table (node, TABLE_LAYER) {
		const struct layer *layer = TABLE_OF(node, layer);
		const char *absent = layer->probe();
		char name[64], why[1024];

		assert_string_equal(node->name, layer->name);
		assert_true(strlen(layer->summary) > 0);
		assert_non_null(layer->make);
		assert_int_equal(part_missing(TABLE_LAYER, layer, why, sizeof(why)),
				 absent != NULL);
		snprintf(name, sizeof(name), "ext4+%s", layer->name);
		part_missing(TABLE_FILESYSTEM, filesystem_find(name), why, sizeof(why));
		if (!absent)
			continue;
		assert_non_null(strstr(absent, "(CONFIG_"));
		assert_non_null(strstr(absent, "try: modprobe "));
		assert_non_null(strstr(why, absent));
	}
}

static void write_down_and_die(struct machine *machine, const struct ground *place)
{
	if (change_begin(machine, CHANGE(CHANGE_DM, "dirtypin_unit+never_made")) < 0 ||
	    change_begin(machine, CHANGE(CHANGE_SCSI_DEBUG, "dirtypin")) < 0)
		_exit(2);
}

static void a_layer_that_was_never_made_is_undone(void **state)
{
	const struct ground *place = *state;
	struct machine machine;

	/* Where there is a device mapper, only root may ask it. */
	if (geteuid() != 0)
		skip();
	crash(write_down_and_die, place);
	assert_int_equal(machine_open(&machine), 2);
	assert_string_equal(machine.why, "");
	assert_int_equal(machine_close(&machine), 0);
	assert_int_equal(machine_open(&machine), 0);
	assert_int_equal(machine_close(&machine), 0);
}

static void a_table_that_cannot_be_loaded_leaves_nothing(void **state)
{
	struct dm_table table = {.target = "no_such_target", .parameters = "", .sectors = 8};
	struct machine machine;
	char device[64];

	if (geteuid() != 0)
		skip();
	assert_int_equal(machine_open(&machine), 0);
	assert_int_equal(machine_dm(&machine, "dirtypin_unit+no_target", &table, device), -1);
	assert_string_not_equal(machine.why, "");
	assert_int_equal(machine_close(&machine), 0);
	assert_string_equal(machine.why, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_layer_stands_behind_a_plus),
		cmocka_unit_test(other_names_are_refused),
		cmocka_unit_test(a_layer_changes_nothing_else),
		cmocka_unit_test(what_is_absent_says_so),
		TEST(a_layer_that_was_never_made_is_undone),
		TEST(a_table_that_cannot_be_loaded_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
