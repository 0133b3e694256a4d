/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A small ledger for each test.
 */
#ifndef TESTS_UNIT_LEDGER_GROUND_H
#define TESTS_UNIT_LEDGER_GROUND_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/ledger.h"

enum { SLOTS = 64 };

static int make(void **state)
{
	*state = ledger_new(SLOTS, 512, 0x5eed, 1);
	return *state ? 0 : -1;
}

static int unmake(void **state)
{
	ledger_free(*state);
	return 0;
}

static void assert_range(struct ledger *ledger, uint32_t slot, uint32_t floor, uint32_t issued)
{
	struct ledger_slot entry = ledger_read(ledger, slot);

	assert_int_equal(entry.floor, floor);
	assert_int_equal(entry.issued, issued);
}

#endif
