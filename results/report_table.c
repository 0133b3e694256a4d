// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tables that fit: the roomiest layout whose width the terminal has is taken. What does not fit
 * even in the tightest one is cut into several tables side by side, printed below each other.
 */
#include "results/report_table.h"

#include <inttypes.h>
#include <string.h>

#include "results/text.h"

struct layout {
	bool glyphs;       /* a mark before the word */
	bool split_header; /* ext4_journal stands on two lines */
	bool grouped;      /* the workload stands on a line above its backings */
	unsigned words;    /* which row of words[] */
	unsigned gap;
};

enum { WORD_PASS, WORD_REFUSED, WORD_SKIP, WORD_BROKEN, WORD_FAIL, WORDS };

static const struct layout layouts[] = {
	{.glyphs = true, .gap = 2},
	{.gap = 2},
	{.split_header = true, .gap = 2},
	{.split_header = true, .grouped = true, .gap = 2},
	{.split_header = true, .grouped = true, .gap = 1},
	{.split_header = true, .grouped = true, .words = 1, .gap = 1},
	{.split_header = true, .grouped = true, .words = 2, .gap = 1},
};

static const char *const words[][WORDS] = {
	{"pass", "refused", "skip", "broken", "FAIL"},
	{"ok", "ref", "skip", "brk", "FAIL"},
	{"ok", "rf", "sk", "br", "F"},
};

/* The worst thing in a cell that says something: a skip is not worse than a pass, it says nothing.
 */
static unsigned worst(const struct cell *cell, uint64_t *count)
{
	const uint64_t kept = cell->count[VERDICT_PASS] - cell->refused;
	const struct {
		unsigned word;
		uint64_t count;
	} order[] = {{WORD_FAIL, cell->count[VERDICT_FAIL]},
		     {WORD_BROKEN, cell->count[VERDICT_BROKEN]},
		     {WORD_PASS, kept},
		     {WORD_REFUSED, cell->refused},
		     {WORD_SKIP, cell->count[VERDICT_SKIP]}};
	unsigned i = 0;

	while (!order[i].count)
		i++;
	*count = order[i].count;
	return order[i].word;
}

static const char *glyph_of(unsigned word)
{
	static const char *const glyphs[WORDS] = {[WORD_PASS] = "\u2713",
						  [WORD_REFUSED] = "\u2298",
						  [WORD_SKIP] = "\u25cb",
						  [WORD_BROKEN] = "?",
						  [WORD_FAIL] = "\u2717"};

	return glyphs[word];
}

static enum verdict verdict_of(unsigned word)
{
	static const enum verdict verdicts[WORDS] = {[WORD_PASS] = VERDICT_PASS,
						     [WORD_REFUSED] = VERDICT_PASS,
						     [WORD_SKIP] = VERDICT_SKIP,
						     [WORD_BROKEN] = VERDICT_BROKEN,
						     [WORD_FAIL] = VERDICT_FAIL};

	return verdicts[word];
}

/* The text of a cell without its glyph; returns how many columns it takes with it. */
static unsigned cell_text(const struct cell *cell, const struct layout *layout, bool counts,
			  char *text, size_t bytes)
{
	uint64_t total = cell_total(cell), count;
	const char *word;

	if (!total) {
		snprintf(text, bytes, ".");
		return 1;
	}
	word = words[layout->words][worst(cell, &count)];
	if (!counts)
		snprintf(text, bytes, "%s", word);
	else if (count == total)
		snprintf(text, bytes, "%s %" PRIu64, word, count);
	else
		snprintf(text, bytes, "%s %" PRIu64 "/%" PRIu64, word, count, total);
	return (unsigned)strlen(text) + (layout->glyphs ? 2 : 0);
}

/* Where a column's name is broken: behind its last '_', or its whole length. */
static size_t first_line(const char *name, const struct layout *layout)
{
	const char *break_at = layout->split_header ? strrchr(name, '_') : NULL;

	return break_at ? (size_t)(break_at - name) + 1 : strlen(name);
}

static unsigned column_width(const struct tally *tally, size_t column, const struct layout *layout,
			     bool counts)
{
	const char *name = tally->columns.name[column];
	size_t first = first_line(name, layout), second = strlen(name) - first;
	unsigned width = (unsigned)(first > second ? first : second);
	char text[64];

	for (size_t row = 0; row < tally->rows.count; row++) {
		unsigned cell = cell_text(tally_cell(tally, row, column), layout, counts, text,
					  sizeof(text));

		if (cell > width)
			width = cell;
	}
	return width;
}

/* The part of a row's name that stands beside its cells. */
static const char *row_label(const char *name, const struct layout *layout)
{
	const char *slash = layout->grouped ? strchr(name, '/') : NULL;

	return slash ? slash + 1 : name;
}

enum { GROUP_INDENT = 2 };

static unsigned label_width(const struct tally *tally, const struct layout *layout)
{
	size_t width = 0;

	for (size_t row = 0; row < tally->rows.count; row++) {
		const char *name = tally->rows.name[row], *label = row_label(name, layout);
		size_t wide = strlen(label) + (label != name ? GROUP_INDENT : 0);

		if (wide > width)
			width = wide;
	}
	return (unsigned)width;
}

static unsigned table_width(const struct tally *tally, const struct layout *layout, bool counts)
{
	unsigned width = label_width(tally, layout);

	for (size_t column = 0; column < tally->columns.count; column++)
		width += layout->gap + column_width(tally, column, layout, counts);
	return width;
}

/* A part of the table: columns from first to end. */
struct part {
	const struct tally *tally;
	const struct layout *layout;
	struct report_style style;
	unsigned label, width[TALLY_COLUMNS];
	size_t first, end;
	bool counts;
};

/* Blanks are owed until something follows them, so that no line ends in them. */
static void print_header(FILE *out, const struct part *part)
{
	bool any = true;

	for (unsigned line = 0; line < 2 && any; line++) {
		unsigned owed = part->label;

		any = false;
		for (size_t column = part->first; column < part->end; column++) {
			const char *name = part->tally->columns.name[column];
			size_t first = first_line(name, part->layout);
			const char *shown = line ? name + first : name;
			size_t length = line ? strlen(shown) : first;

			any = any || name[first];
			owed += part->layout->gap;
			if (length) {
				fprintf(out, "%*s%.*s", (int)owed, "", (int)length, shown);
				owed = 0;
			}
			owed += part->width[column] - (unsigned)length;
		}
		fputc('\n', out);
	}
}

static void print_cell(FILE *out, const struct part *part, const struct cell *cell, unsigned pad_to)
{
	char text[64];
	unsigned width = cell_text(cell, part->layout, part->counts, text, sizeof(text));
	uint64_t count;
	unsigned word;

	fprintf(out, "%*s", (int)part->layout->gap, "");
	if (!cell_total(cell)) {
		fputs(text, out);
	} else {
		word = worst(cell, &count);
		fprintf(out, "%s%s%s%s%s", report_colour(part->style, verdict_of(word)),
			part->layout->glyphs ? glyph_of(word) : "", part->layout->glyphs ? " " : "",
			text, report_plain(part->style));
	}
	fprintf(out, "%*s", pad_to > width ? (int)(pad_to - width) : 0, "");
}

static void print_rows(FILE *out, const struct part *part)
{
	const struct tally *tally = part->tally;

	for (size_t row = 0; row < tally->rows.count; row++) {
		const char *name = tally->rows.name[row], *label = row_label(name, part->layout);
		size_t group = (size_t)(label - name);
		int indent = group ? GROUP_INDENT : 0;

		if (group && (row == 0 || strncmp(tally->rows.name[row - 1], name, group)))
			fprintf(out, "%.*s\n", (int)group - 1, name);
		fprintf(out, "%*s%-*s", indent, "", (int)part->label - indent, label);
		for (size_t column = part->first; column < part->end; column++)
			print_cell(out, part, tally_cell(tally, row, column),
				   column + 1 < part->end ? part->width[column] : 0);
		fputc('\n', out);
	}
}

/* What the shortened words stand for. */
static void print_legend(FILE *out, struct report_style style, const char *const *shown)
{
	char line[128] = "";

	for (unsigned i = 0; i < WORDS; i++) {
		size_t used = strlen(line);

		if (strcmp(shown[i], words[0][i]))
			snprintf(line + used, sizeof(line) - used, "%s%s: %s", used ? ", " : "(",
				 shown[i], words[0][i]);
	}
	strncat(line, ")", sizeof(line) - strlen(line) - 1);
	text_wrapped(out, line, 0, style.columns);
}

void report_table(FILE *out, struct report_style style, const struct tally *tally,
		  const char *title, bool counts)
{
	const size_t all = sizeof(layouts) / sizeof(layouts[0]);
	struct part part = {.tally = tally, .style = style, .counts = counts};
	size_t tried = style.utf8 ? 0 : 1;

	while (tried + 1 < all && table_width(tally, &layouts[tried], counts) > style.columns)
		tried++;
	part.layout = &layouts[tried];
	part.label = label_width(tally, part.layout);
	for (size_t i = 0; i < tally->columns.count; i++)
		part.width[i] = column_width(tally, i, part.layout, counts);
	fputc('\n', out);
	text_wrapped(out, title, 0, style.columns);
	while (part.first < tally->columns.count) {
		unsigned used = part.label;

		do
			used += part.layout->gap + part.width[part.end++];
		while (part.end < tally->columns.count &&
		       used + part.layout->gap + part.width[part.end] <= style.columns);
		print_header(out, &part);
		print_rows(out, &part);
		part.first = part.end;
	}
	if (part.layout->words)
		print_legend(out, style, words[part.layout->words]);
}
