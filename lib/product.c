// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/product.h"

#include "lib/text.h"

/* 512 is below every page size and below btrfs's sector, 64 KiB above or at every base page size.
 */
static const int64_t blocks[] = {0, 512, 64 << 10};

enum { BLOCK_LEVELS = sizeof(blocks) / sizeof(blocks[0]) };

static const enum table_kind kinds[FACTOR_PARTS] = {
	[FACTOR_WORKLOAD] = TABLE_WORKLOAD,
	[FACTOR_BACKING] = TABLE_BACKING,
	[FACTOR_STRESSOR] = TABLE_STRESSOR,
	[FACTOR_FILESYSTEM] = TABLE_FILESYSTEM,
};

static bool is_requested(const struct plan_request *request, const void *filesystem)
{
	if (filesystem == filesystem_find("none"))
		return true;
	for (unsigned i = 0; i < request->filesystems; i++) {
		if (request->filesystem[i] == filesystem)
			return true;
	}
	return false;
}

/* Adds the tables of one factor that are there, or those that are missing. */
static bool add_tables(struct product *product, enum factor factor, bool missing,
		       const struct plan_request *request)
{
	for_each_table (node, kinds[factor]) {
		if (factor == FACTOR_FILESYSTEM && !is_requested(request, node->table))
			continue;
		if ((part_missing(kinds[factor], node->table, NULL, 0) > 0) != missing)
			continue;
		if (product->levels[factor] == COVERING_LEVELS)
			return false;
		product->part[factor][product->levels[factor]++] = node->table;
	}
	return true;
}

int product_make(struct product *product, const struct plan_request *request, char *why,
		 size_t why_bytes)
{
	*product = (struct product){
		.levels = {[FACTOR_WAY] = 2, [FACTOR_BLOCK] = BLOCK_LEVELS},
		.present = {[FACTOR_WAY] = 2, [FACTOR_BLOCK] = BLOCK_LEVELS},
	};
	for (enum factor factor = 0; factor < FACTOR_PARTS; factor++) {
		bool fits = add_tables(product, factor, false, request);

		product->present[factor] = product->levels[factor];
		if (!fits || !add_tables(product, factor, true, request)) {
			text_add(why, why_bytes, 0, "more than %d tables of one kind",
				 COVERING_LEVELS);
			return -1;
		}
	}
	return 0;
}

bool product_case(const struct product *product, const uint8_t *row, struct case_spec *spec)
{
	enum way way = row[FACTOR_WAY] == 0 ? WAY_IN : WAY_OUT;
	const struct workload *workload = product->part[FACTOR_WORKLOAD][row[FACTOR_WORKLOAD]];

	if (!(workload->ways & way))
		return false;
	*spec = (struct case_spec){
		.workload = {workload},
		.workloads = 1,
		.backing = product->part[FACTOR_BACKING][row[FACTOR_BACKING]],
		.stressor = {product->part[FACTOR_STRESSOR][row[FACTOR_STRESSOR]]},
		.stressors = 1,
		.filesystem = product->part[FACTOR_FILESYSTEM][row[FACTOR_FILESYSTEM]],
	};
	case_options(spec);
	option_put(&spec->options, "way", way);
	if (row[FACTOR_BLOCK])
		option_put(&spec->options, "block", blocks[row[FACTOR_BLOCK]]);
	case_options(spec);
	return true;
}

bool product_valid(const struct product *product, const uint8_t *row)
{
	struct case_spec spec;

	return product_case(product, row, &spec) && case_valid(&spec, NULL, 0);
}

bool product_next(const unsigned *levels, uint8_t *row)
{
	for (unsigned i = FACTORS; i-- > 0;) {
		if (++row[i] < levels[i])
			return true;
		row[i] = 0;
	}
	return false;
}
