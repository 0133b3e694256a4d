/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The layers by name, for the table of file systems that lie on them.
 */
#ifndef LIB_LAYERS_H
#define LIB_LAYERS_H

#include "lib/tables.h"

extern const struct layer layer_delay, layer_delay_stable, layer_difdix, layer_integrity;

#endif
