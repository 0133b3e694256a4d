/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words: one enumeration per idea, and the one spelling of each that the terminal, the bundles,
 * the plots and the comparisons share.
 */
#ifndef LIB_WORDS_H
#define LIB_WORDS_H

/* Which way bytes move: IN, the pinned memory is the target; OUT, it is the source. A bit each. */
enum way { WAY_IN = 1, WAY_OUT = 2 };

/* How long the kernel holds the memory: not at all (a control), for one I/O, until released
 * (FOLL_LONGTERM), or as a page reference parked in a pipe. */
enum pin { PIN_NONE, PIN_IO, PIN_LONG, PIN_PIPE };

enum place { BESIDE, INSIDE };

/* The roads by which a slot can be read back, in the order in which they are compared. PEER is the
 * far end's own memory, where the far end is another process. */
enum view {
	VIEW_PEER,
	VIEW_MAP,
	VIEW_BUFFERED,
	VIEW_DEVICE,
	VIEW_DIRECT,
	VIEW_UNPINNED,
	VIEW_REMOUNT,
	VIEW_POWERCUT,
	VIEW_COUNT
};

enum finding_kind {
	FINDING_STALE,       /* an older generation than the ledger allows */
	FINDING_LOST,        /* zeros */
	FINDING_TORN,        /* several generations inside one slot */
	FINDING_MISPLACED,   /* bytes of another slot */
	FINDING_FOREIGN,     /* another seed, file or writer, or a generation never issued */
	FINDING_SCRAMBLED,   /* bytes that nobody wrote */
	FINDING_UNREADABLE,  /* the read failed, as by a checksum of the file system */
	FINDING_RESURRECTED, /* bytes from before a punch or a truncation */
	FINDING_PIN_LEAK,    /* pins taken and never given back */
	FINDING_SPLAT,       /* the kernel log complains */
	FINDING_HANG,        /* the case did not end */
	FINDING_COUNT
};

enum verdict { VERDICT_PASS, VERDICT_SKIP, VERDICT_BROKEN, VERDICT_FAIL, VERDICT_COUNT };

enum outcome { OUTCOME_NONE, OUTCOME_DATA, OUTCOME_REFUSED };

/* What may happen, known before acting. */
enum promise { PROMISE_UNKNOWN, PROMISE_ALLOWED, PROMISE_REFUSED };

/* Each gives the word for a value; never NULL for a member of the enumeration. */
const char *way_word(enum way way);
const char *pin_word(enum pin pin);
const char *place_word(enum place place);
const char *view_word(enum view view);
const char *finding_word(enum finding_kind kind);
const char *verdict_word(enum verdict verdict);
const char *outcome_word(enum outcome outcome);
const char *promise_word(enum promise promise);

#endif
