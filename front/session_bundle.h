/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FRONT_SESSION_BUNDLE_H
#define FRONT_SESSION_BUNDLE_H

#include "front/session.h"

/* Opens the bundle with what is known of the run: as typed, seed, profile, mounts. Returns 0, or -1
 * with one sentence in session->why. */
int session_bundle_open(struct session *session, size_t planned);

#endif
