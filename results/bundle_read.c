// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The one reader of bundles. They come from other machines, from guests that died, and from
 * strangers: every size has a limit, every field its type, and what is wrong is one sentence that
 * names the file and the line. Fields that are not known here are ignored.
 */
#include "results/bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "results/json.h"
#include "results/record_read.h"
#include "results/text.h"

#define FILE_BYTES_LIMIT (1ll << 30)

enum { LINE_BYTES_LIMIT = 4 << 20, RECORDS_LIMIT = 1000000 };

/* A walk over cases.jsonl. */
struct reading {
	struct bundle *bundle;
	const char *path;
	FILE *file;
	char *line; /* LINE_BYTES_LIMIT bytes */
	size_t number, capacity;
	json_t *index; /* "case seed round" to the place of its record */
	char *why;
	size_t why_bytes;
};

/* A pipe or a device in place of a file would block or never end. */
static FILE *open_file(const char *path, const char *name, char *why, size_t why_bytes)
{
	char full[4096];
	struct stat status;
	int fd;

	if (snprintf(full, sizeof(full), "%s/%s", path, name) >= (int)sizeof(full)) {
		snprintf(why, why_bytes, "not a bundle: the name of its directory is too long");
		return NULL;
	}
	fd = open(full, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &status)) {
		snprintf(why, why_bytes, "not a bundle: %s: %s", full, strerror(errno));
	} else if (!S_ISREG(status.st_mode)) {
		snprintf(why, why_bytes, "not a bundle: %s is not a plain file", full);
	} else if (status.st_size > FILE_BYTES_LIMIT) {
		snprintf(why, why_bytes, "%s is larger than 1 GiB, the limit of a bundle", full);
	} else {
		FILE *file = fdopen(fd, "r");

		if (file)
			return file;
		snprintf(why, why_bytes, "%s: %s", full, strerror(errno));
	}
	if (fd >= 0)
		close(fd);
	return NULL;
}

static json_t *load_run(const char *path, char *why, size_t why_bytes)
{
	FILE *file = open_file(path, "run.json", why, why_bytes);
	json_error_t error;
	json_t *run;

	if (!file)
		return NULL;
	run = json_loadf(file, JSON_REJECT_DUPLICATES, &error);
	fclose(file);
	if (json_is_object(run))
		return run;
	snprintf(why, why_bytes, "not a bundle: %s/run.json, line %d: %s", path,
		 run ? 1 : error.line, run ? "not an object" : error.text);
	text_clean(why);
	json_decref(run);
	return NULL;
}

/* What only tells kernels and guests apart is cut rather than refused. */
static void take_text(const json_t *object, const char *key, char *text, size_t bytes)
{
	const char *value = json_string_value(json_object_get(object, key));

	snprintf(text, bytes, "%s", value ? value : "");
}

static void take_kernel(struct bundle *bundle, const json_t *run, const json_t *kernel)
{
	const json_t *guest = json_object_get(run, "guest");

	take_text(kernel, "version", bundle->version, sizeof(bundle->version));
	take_text(kernel, "command_line", bundle->command_line, sizeof(bundle->command_line));
	take_text(run, "boot", bundle->boot, sizeof(bundle->boot));
	take_text(guest, "kernel", bundle->kernel, sizeof(bundle->kernel));
	take_text(guest, "append", bundle->append, sizeof(bundle->append));
	take_text(guest, "sysctls", bundle->sysctls, sizeof(bundle->sysctls));
	bundle->guest = json_is_object(guest);
}

static bool read_run(struct bundle *bundle, const json_t *run, struct fields *fields)
{
	const json_t *kernel = json_object_get(run, "kernel"), *plan = json_object_get(run, "plan");
	uint64_t planned = 0;

	if (!json_is_object(kernel))
		return fields_complain(fields, "kernel", "is missing or not an object");
	if (plan && !json_is_object(plan))
		return fields_complain(fields, "plan", "is not an object");
	if (!fields_flag(fields, run, "complete", FIELD_NEEDED, &bundle->complete) ||
	    !fields_text(fields, run, "host", FIELD_OPTIONAL, bundle->host, sizeof(bundle->host)) ||
	    !fields_text(fields, run, "started", FIELD_OPTIONAL, bundle->started,
			 sizeof(bundle->started)) ||
	    !fields_count(fields, run, "seed", FIELD_OPTIONAL, &bundle->seed) ||
	    !fields_count(fields, run, "duration_ns", FIELD_OPTIONAL, &bundle->duration_ns) ||
	    !fields_text(fields, kernel, "release", FIELD_NEEDED, bundle->release,
			 sizeof(bundle->release)) ||
	    (plan && !fields_count(fields, plan, "cases", FIELD_OPTIONAL, &planned)))
		return false;
	bundle->planned = planned;
	take_kernel(bundle, run, kernel);
	return true;
}

static int take_run(struct bundle *bundle, const char *path, char *why, size_t why_bytes)
{
	struct fields fields = {.what = ""};
	json_t *run = load_run(path, why, why_bytes), *schema;
	int status = -1;

	if (!run)
		return -1;
	schema = json_object_get(run, "schema");
	if (!json_is_integer(schema))
		snprintf(why, why_bytes, "not a bundle: %s/run.json has no schema version", path);
	else if (json_integer_value(schema) != BUNDLE_SCHEMA)
		snprintf(why, why_bytes,
			 "%s/run.json has schema version %lld, and this program knows %d only "
			 "(try: the version of dirtypin that wrote it)",
			 path, (long long)json_integer_value(schema), BUNDLE_SCHEMA);
	else if (!read_run(bundle, run, &fields))
		snprintf(why, why_bytes, "%s/run.json: %s", path, fields.why);
	else
		status = 0;
	json_decref(run);
	return status;
}

/* What became of an attempt to read a line. */
enum line { LINE_WHOLE, LINE_CUT, LINE_LONG, LINE_ERROR, LINE_END };

static enum line read_line(struct reading *reading, size_t *length)
{
	int c;

	*length = 0;
	while ((c = getc_unlocked(reading->file)) != EOF && c != '\n') {
		if (*length == LINE_BYTES_LIMIT)
			return LINE_LONG;
		reading->line[(*length)++] = (char)c;
	}
	reading->number++;
	if (c == '\n')
		return LINE_WHOLE;
	if (ferror(reading->file))
		return LINE_ERROR;
	return *length ? LINE_CUT : LINE_END;
}

static int complain(struct reading *reading, const char *what)
{
	snprintf(reading->why, reading->why_bytes, "%s/cases.jsonl, line %zu: %s", reading->path,
		 reading->number, what);
	/* jansson quotes what it did not understand. */
	text_clean(reading->why);
	return -1;
}

/* The place for record: that of the one it supersedes, or a new one. NULL without memory. */
static struct record *place_for(struct reading *reading, const struct record *record)
{
	struct bundle *bundle = reading->bundle;
	char key[CASE_ID_BYTES + 64];
	json_t *known;

	snprintf(key, sizeof(key), "%llu %u %s", (unsigned long long)record->seed, record->round,
		 record->case_id);
	known = json_object_get(reading->index, key);
	if (known)
		return &bundle->records[json_integer_value(known)];
	if (bundle->count == reading->capacity) {
		size_t capacity = reading->capacity ? 2 * reading->capacity : 64;
		struct record *larger =
			reallocarray(bundle->records, capacity, sizeof(*bundle->records));

		if (!larger)
			return NULL;
		bundle->records = larger;
		reading->capacity = capacity;
	}
	if (json_object_set_new(reading->index, key, json_integer((json_int_t)bundle->count)))
		return NULL;
	return &bundle->records[bundle->count++];
}

static int take_line(struct reading *reading, size_t length, bool cut)
{
	struct fields fields = {.what = ""};
	json_error_t error;
	json_t *json = json_loadb(reading->line, length, JSON_REJECT_DUPLICATES, &error);
	struct record record, *place;
	bool good;

	/* A crash cuts off the last line only, and whatever comes before its newline is the cut. */
	if (!json && cut) {
		reading->bundle->complete = false;
		return 0;
	}
	if (!json)
		return complain(reading, error.text);
	good = record_read(&record, json, &fields);
	json_decref(json);
	if (!good)
		return complain(reading, fields.why);
	if (reading->bundle->count == RECORDS_LIMIT)
		return complain(reading, "more than a million records");
	place = place_for(reading, &record);
	if (!place)
		return complain(reading, strerror(ENOMEM));
	*place = record;
	return 0;
}

static int take_lines(struct reading *reading)
{
	size_t length;
	int64_t total = 0;
	int status = 0;

	while (status == 0) {
		enum line line = read_line(reading, &length);

		total += (int64_t)length + 1;
		if (line == LINE_END)
			return 0;
		if (line == LINE_ERROR)
			return complain(reading, strerror(errno));
		if (line == LINE_LONG)
			return complain(reading, "longer than 4 MiB, the limit of a line");
		if (total > FILE_BYTES_LIMIT)
			return complain(reading, "the file grew beyond 1 GiB");
		status = take_line(reading, length, line == LINE_CUT);
	}
	return status;
}

int bundle_read(struct bundle *bundle, const char *path, char *why, size_t why_bytes)
{
	struct reading reading = {
		.bundle = bundle, .path = path, .why = why, .why_bytes = why_bytes};
	int status = -1;

	*bundle = (struct bundle){.count = 0};
	if (take_run(bundle, path, why, why_bytes))
		return -1;
	reading.file = open_file(path, "cases.jsonl", why, why_bytes);
	if (!reading.file)
		return -1;
	reading.line = malloc(LINE_BYTES_LIMIT);
	reading.index = json_object();
	if (reading.line && reading.index)
		status = take_lines(&reading);
	else
		complain(&reading, strerror(ENOMEM));
	fclose(reading.file);
	free(reading.line);
	json_decref(reading.index);
	if (status)
		bundle_free(bundle);
	return status;
}

void bundle_free(struct bundle *bundle)
{
	free(bundle->records);
	*bundle = (struct bundle){.count = 0};
}
