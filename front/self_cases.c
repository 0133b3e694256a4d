// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Our own cases, run by the same runner and the same engine as always, and fio's jobs beside them
 * on the same file system. A case that does not pass (or, with judge=0, does not run to its end)
 * has no number.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "front/self.h"

/* The verified file stays in the cache, so that what is compared is what verifying costs and not
 * the memory bus. */
#define VERIFIED_BYTES (2ull << 20)
#define RANDOM_BYTES   (64ull << 20)

enum { SECONDS = 1 };

/* Whether a case did all that it was asked; one with judge=0 is skipped at its end. */
static bool went_well(const struct case_spec *spec, const struct case_result *result)
{
	bool judged = option_get(&spec->options, "judge");

	return result->verdict == (judged ? VERDICT_PASS : VERDICT_SKIP) && result->ops &&
	       result->duration_ns && !result->failed_ops;
}

/* Reads the case side->what and puts it on the file system of place, which may be another one. */
static int read_case(const struct self_side *side, const struct self_place *place,
		     struct case_spec *spec, char *why, size_t why_bytes)
{
	if (case_parse(spec, side->what, why, why_bytes))
		return -1;
	if (place) {
		spec->filesystem = place->mount->filesystem;
		case_write_id(spec);
	}
	if (!case_valid(spec, why, why_bytes))
		return -1;
	return case_missing(spec, why, why_bytes) ? 1 : 0;
}

static int run_case(struct self *self, const struct self_side *side, struct self_sample *sample,
		    char *why, size_t why_bytes)
{
	const struct self_place *place = side->context;
	struct case_result *result = self->result;
	struct case_spec spec = {.seed = 1, .round = 1};
	bool in_ops = strcmp(side->unit, "ops_per_s") == 0;
	struct kmsg_lines lines;
	int lacks = read_case(side, place, &spec, why, why_bytes);

	if (lacks)
		return lacks;
	self->runner.scratch = place ? place->scratch : &self->scratch;
	if (runner_case(&self->runner, &spec, result, &lines)) {
		snprintf(why, why_bytes, "interrupted");
		return -1;
	}
	if (!went_well(&spec, result)) {
		snprintf(why, why_bytes, "%s: %s: %.300s", spec.id, verdict_word(result->verdict),
			 result->reason);
		return result->verdict == VERDICT_SKIP ? 1 : -1;
	}
	sample->rate =
		(double)(in_ops ? result->ops : result->bytes) * 1e9 / (double)result->duration_ns;
	sample->cpu_ns = (double)result->cpu_ns / (double)result->ops;
	return 0;
}

void self_null(struct self *self)
{
	const struct self_side sides[] = {
		{.name = "null, blocks of 4096 B in one slot each",
		 .unit = "ops_per_s",
		 .run = run_case,
		 .what = "null/anon/quiet@none"},
	};

	self_compare(self, "ops that move nothing", sides, 1, NULL, 0);
}

static void say_missing(struct self *self, const char *group, const char *name, const char *why)
{
	struct self_row *row = self_row_add(self, group, name, "ratio");

	snprintf(row->why, sizeof(row->why), "%s", why);
}

/* Gives fio its directory; false with a row that says why not. */
static bool prepare(struct self *self, const struct self_place *place, const char *group,
		    uint64_t bytes)
{
	if (self_fio_prepare(place->mount->directory, bytes, SECONDS) == 0)
		return true;
	say_missing(self, group, "fio", strerror(errno));
	self->broken = true;
	return false;
}

static void remove_fio_file(const struct self_place *place, const char *name)
{
	char path[1024];

	snprintf(path, sizeof(path), "%s/%s", place->mount->directory, name);
	unlink(path);
}

static void verified(struct self *self, const char *group, const char *const cases[2],
		     const char *job, double aim)
{
	const struct self_side sides[] = {
		{.name = "ours, verified",
		 .unit = "bytes_per_s",
		 .run = run_case,
		 .what = cases[0],
		 .context = &self->tmpfs},
		{.name = "fio, verify=crc32c",
		 .unit = "bytes_per_s",
		 .run = self_fio_run,
		 .what = job},
		{.name = "ours, unverified (judge=0)",
		 .unit = "bytes_per_s",
		 .run = run_case,
		 .what = cases[1],
		 .context = &self->tmpfs},
	};
	const struct self_aim aims[] = {{.against = 1, .limit = aim}, {.against = 2, .limit = 0.8}};

	self_compare(self, group, sides, 3, aims, 2);
}

#define VERIFIED_CASE(way, more)                                                                   \
	"buffered_write/anon/quiet@tmpfs:way=" way ",block=64K,depth=1,region=2M,order="           \
	"sequential" more

void self_verified(struct self *self)
{
	static const char *const out[] = {VERIFIED_CASE("out", ""),
					  VERIFIED_CASE("out", ",judge=0")};
	static const char *const in[] = {VERIFIED_CASE("in", ",refill=0"),
					 VERIFIED_CASE("in", ",refill=0,judge=0")};
	const char *writes = "64 KiB sequential writes to a file of 2 MiB in memory";
	const char *reads = "64 KiB sequential reads of a file of 2 MiB in memory";

	if (!self->tmpfs.mount) {
		say_missing(self, writes, "ours", self->tmpfs.missing);
		return;
	}
	if (!prepare(self, &self->tmpfs, writes, VERIFIED_BYTES))
		return;
	verified(self, writes, out, "verified_write", 2.4);
	verified(self, reads, in, "verified_read", 2.0);
	remove_fio_file(&self->tmpfs, "fio_verified");
}

void self_random(struct self *self)
{
	const char *group = "4 KiB random O_DIRECT reads into fixed buffers, 32 in flight, 64 MiB";
	const struct self_side sides[] = {
		{.name = "ours, uring_fixed, verified",
		 .unit = "ops_per_s",
		 .run = run_case,
		 .what = "uring_fixed/anon/quiet@ext4:way=in,depth=32,refill=0,region=64M",
		 .context = &self->disk},
		{.name = "fio, io_uring",
		 .unit = "ops_per_s",
		 .run = self_fio_run,
		 .what = "random_read"},
	};
	const struct self_aim aims[] = {{.against = 1, .limit = 1.0},
					{.against = 1, .cpu = true, .limit = 0.9}};

	if (!self->disk.mount) {
		say_missing(self, group, "ours, uring_fixed, verified", self->disk.missing);
		return;
	}
	if (!prepare(self, &self->disk, group, RANDOM_BYTES))
		return;
	self_compare(self, group, sides, 2, aims, 2);
	remove_fio_file(&self->disk, "fio_random");
}
