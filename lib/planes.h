/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Planes: for IN from a file, the far file holds the same region at successive generations, side by
 * side. A pass reads one plane; when all are used the mover writes newer ones.
 */
#ifndef LIB_PLANES_H
#define LIB_PLANES_H

#include "lib/run.h"

/* One mover's share of the planes: the blocks that it owns. */
struct planes {
	uint32_t *base; /* by block number: its generation in plane 0; NULL without planes */
	uint8_t *bytes; /* one plane */
	unsigned next;  /* the next one to read; run->planes when all are used */
	bool reused;    /* refill=0: every plane has been read once */
};

/* Gives a mover its planes, all written. Ends the case on failure. */
void planes_prepare(struct mover *mover, struct planes *planes);

/* Before a pass: next becomes a plane that may be read. */
void planes_ready(struct mover *mover, struct planes *planes);

#endif
