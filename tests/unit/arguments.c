// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The command line: which source wins, and what is refused with which sentence.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "front/arguments.h"
#include "front/pace.h"

#define LINE(...) ((char *[]){"run", __VA_ARGS__, NULL})

static char why[1024];

static int read_line(struct arguments *arguments, char **argv)
{
	int argc = 0;

	while (argv[argc])
		argc++;
	return arguments_read(arguments, &command_run, argc, argv, why, sizeof(why));
}

static void assert_refused(char **argv, const char *sentence)
{
	struct arguments arguments;

	assert_int_equal(read_line(&arguments, argv), -1);
	if (!strstr(why, sentence))
		fail_msg("\"%s\" does not say \"%s\"", why, sentence);
	assert_null(strchr(why, '\n'));
	arguments_free(&arguments);
}

static void defaults(void **state)
{
	struct arguments arguments;

	assert_int_equal(read_line(&arguments, (char *[]){"run", NULL}), 0);
	assert_int_equal(arguments.profile, PROFILE_QUICK);
	assert_int_equal(arguments.rounds, 1);
	assert_int_equal(arguments.duration_ns, 0);
	assert_non_null(strstr(arguments.fs, "ext4"));
	assert_null(arguments.dir);
	assert_false(arguments_given(&arguments, "fs"));
	assert_false(arguments_given(&arguments, "seed"));
	arguments_free(&arguments);
}

static void the_line(void **state)
{
	struct arguments arguments;

	assert_int_equal(
		read_line(&arguments,
			  LINE("a/b/*@ext4", "--fs", "xfs,btrfs", "--seed=0x5eed", "--rounds", "3",
			       "--duration", "5m", "--profile=nightly", "--exclude", "one", "-v",
			       "--exclude", "two", "--dry-run", "--", "--last")),
		0);
	assert_string_equal(arguments.fs, "xfs,btrfs");
	assert_int_equal(arguments.seed, 0x5eed);
	assert_int_equal(arguments.rounds, 3);
	assert_int_equal(arguments.duration_ns, 300 * PACE_NS_PER_S);
	assert_int_equal(arguments.profile, PROFILE_NIGHTLY);
	assert_int_equal(arguments.exclude.count, 2);
	assert_string_equal(arguments.exclude.item[1], "two");
	assert_true(arguments.verbose && arguments.dry_run && !arguments.json);
	assert_int_equal(arguments.word_count, 2);
	assert_string_equal(arguments.words[0], "a/b/*@ext4");
	assert_string_equal(arguments.words[1], "--last");
	assert_true(arguments_given(&arguments, "seed"));
	arguments_free(&arguments);
}

static void refusals(void **state)
{
	assert_refused(LINE("--sede", "1"), "unknown option --sede (did you mean seed");
	assert_refused(LINE("--sede=1"), "unknown option --sede (did you mean seed");
	assert_refused(LINE("-q"), "unknown option -q");
	assert_refused(LINE("-vv"), "unknown option -vv");
	assert_refused(LINE("--seed"), "--seed needs a value: --seed N");
	assert_refused(LINE("--seed", "12q"), "\"12q\" is not a number below 2^63");
	assert_refused(LINE("--seed", "9223372036854775808"), "below 2^63");
	assert_refused(LINE("--rounds", "0"), "whole number");
	assert_refused(LINE("--rounds", "-1"), "whole number");
	assert_refused(LINE("--duration", "5 minutes"), "such as 90s, 5m or 2h");
	assert_refused(LINE("--duration", "0"), "above zero");
	assert_refused(LINE("--profile", "fast"), "quick, nightly, soak");
	assert_refused(LINE("--label", ""), "--label is empty");
	assert_refused(LINE("--json=perhaps"), "yes or no");
}

static void words_are_counted(void **state)
{
	struct arguments arguments;
	char *none[] = {"replay", "bundle", NULL}, *many[] = {"list", "more", NULL};

	assert_int_equal(arguments_read(&arguments, &command_replay, 2, none, why, sizeof(why)),
			 -1);
	assert_non_null(strstr(why, "replay needs more words (usage: ./run.sh replay BUNDLE"));
	arguments_free(&arguments);
	assert_int_equal(arguments_read(&arguments, &command_list, 2, many, why, sizeof(why)), -1);
	assert_non_null(strstr(why, "\"more\" is one word too many"));
	arguments_free(&arguments);
}

/* An option of another command is unknown on the line, and ignored in the environment. */
static void options_belong_to_commands(void **state)
{
	struct arguments arguments;
	char *line[] = {"list", "--fs", "xfs", NULL};

	assert_int_equal(arguments_read(&arguments, &command_list, 3, line, why, sizeof(why)), -1);
	assert_non_null(strstr(why, "list: unknown option --fs"));
	arguments_free(&arguments);
	setenv("DIRTYPIN_FS", "xfs", 1);
	assert_int_equal(arguments_read(&arguments, &command_list, 1, line, why, sizeof(why)), 0);
	arguments_free(&arguments);
	unsetenv("DIRTYPIN_FS");
}

static void every_option_of_a_command_exists(void **state)
{
	for (const struct command *const *command = commands; *command; command++) {
		char options[512], *rest = NULL;

		snprintf(options, sizeof(options), "%s",
			 (*command)->options ? (*command)->options : "");
		for (char *name = strtok_r(options, " ", &rest); name;
		     name = strtok_r(NULL, " ", &rest)) {
			if (!argument_find(name))
				fail_msg("%s takes --%s, which no row has", (*command)->name, name);
		}
		assert_ptr_equal(command_find((*command)->name), *command);
	}
}

static void write_ini(const char *text)
{
	FILE *file = fopen("dirtypin.ini", "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void sources_in_their_order(void **state)
{
	struct arguments arguments;

	write_ini("[run]\nfs = ext4\nrounds = 2\nlabel = from-file\nno-color = yes\n"
		  "exclude = one two\n");
	setenv("DIRTYPIN_ROUNDS", "3", 1);
	setenv("DIRTYPIN_LABEL", "from-environment", 1);
	setenv("DIRTYPIN_DRY_RUN", "1", 1);
	assert_int_equal(read_line(&arguments, LINE("--label", "from-line", "--exclude", "three")),
			 0);
	assert_string_equal(arguments.fs, "ext4");
	assert_int_equal(arguments.rounds, 3);
	assert_string_equal(arguments.label, "from-line");
	assert_true(arguments.no_color && arguments.dry_run);
	assert_int_equal(arguments.exclude.count, 1);
	assert_string_equal(arguments.exclude.item[0], "three");
	arguments_free(&arguments);
	unsetenv("DIRTYPIN_ROUNDS");
	unsetenv("DIRTYPIN_LABEL");
	unsetenv("DIRTYPIN_DRY_RUN");
	unlink("dirtypin.ini");
}

static void broken_settings(void **state)
{
	struct arguments arguments;

	write_ini("[run]\nseeed = 3\n");
	assert_refused((char *[]){"run", NULL}, "dirtypin.ini: unknown key \"seeed\" (did you mean "
						"seed");
	/* The one who needs help most still gets it. */
	assert_int_equal(read_line(&arguments, LINE("--help")), 0);
	assert_true(arguments.help);
	arguments_free(&arguments);
	write_ini("[run]\nseed = many\n");
	assert_refused((char *[]){"run", NULL}, "dirtypin.ini: seed \"many\" is not");
	write_ini("seed = 3\n");
	assert_refused((char *[]){"run", NULL}, "only [run] is known");
	write_ini("[run]\nnonsense\n");
	assert_refused((char *[]){"run", NULL}, "line 2");
	unlink("dirtypin.ini");
	setenv("DIRTYPIN_DURATION", "soon", 1);
	assert_refused((char *[]){"run", NULL}, "environment: DIRTYPIN_DURATION \"soon\" is not");
	unsetenv("DIRTYPIN_DURATION");
}

/* Settings of whoever runs the tests must not decide them. */
static int enter(void **state)
{
	static char directory[] = "/tmp/dirtypin-arguments-XXXXXX";

	for (const struct argument_row *row = argument_rows; row->name; row++) {
		char name[64] = "DIRTYPIN_";

		for (size_t i = 0; row->name[i]; i++)
			name[9 + i] = row->name[i] == '-' ? '_' : (char)(row->name[i] - 'a' + 'A');
		unsetenv(name);
	}
	*state = mkdtemp(directory);
	setenv("DIRTYPIN_SOURCE", directory, 1);
	return *state && chdir(directory) == 0 ? 0 : -1;
}

static int leave(void **state)
{
	return chdir("/") || rmdir(*state) ? -1 : 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),
		cmocka_unit_test(the_line),
		cmocka_unit_test(refusals),
		cmocka_unit_test(words_are_counted),
		cmocka_unit_test(options_belong_to_commands),
		cmocka_unit_test(every_option_of_a_command_exists),
		cmocka_unit_test(sources_in_their_order),
		cmocka_unit_test(broken_settings),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
