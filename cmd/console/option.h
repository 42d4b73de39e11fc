// SPDX-License-Identifier: MIT
// The table of options: one row each, from which parsing, --help, the manual page and completion come.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "cmd/console/options.h"
#include "reports/format.h"

#define OPTION_EXPECTED 320
#define OPTION_SENTENCE 320
#define OPTION_SPECS_MOST 96

struct option_spec;

// What kind of value an option takes: stores it in the field of `options` that the row names. 0, or -EINVAL with
// `expected` filled (what would have been right), or -E2BIG with it where the value is a list and the command takes one; the field is
// untouched then.
typedef int option_type(const struct option_spec *spec, struct options *options, const char *value,
                        char expected[OPTION_EXPECTED]);

// Headings of --help, in its order.
enum option_group { OPTION_WHAT, OPTION_MUCH, OPTION_WHERE, OPTION_SERVERS, OPTION_RULE, OPTION_SHOWN, OPTION_GROUPS };

struct option_spec {
    const char *name;     // without the dashes
    char letter;          // 0: none
    const char *argument; // what the value is called; NULL: takes none
    unsigned commands; // bits of enum command_bit; a name that means something else to another command has a row for it
    enum option_group group;
    option_type *type; // NULL: answered before anything is parsed
    size_t offset;     // of its field in struct options; of no meaning to a type for one option alone
    const char *help;  // one sentence, without a full stop; a default that depends on something in brackets
    char *(*names)(
        char buf[REPORT_FORMAT_WORDS]); // ends the sentence with what there is to choose from; NULL: it is whole
    const char *initial; // the value if it is not given, as somebody would type it; help shows it; NULL: zero
    uint64_t low, high;  // bounds: of option_count and option_counts both included, of option_share in percent
    // option_parameter: the model and its parameter. option_word, option_format: those to choose from, blanks between them (NULL: all formats). option_command: an
    // example, where it is neither a build nor a server.
    const char *words;
};

// All options, ending in a NULL name.
extern const struct option_spec option_specs[];

// Its sentence of help, with the initial value behind it in brackets. Returns `buf`.
char *option_sentence(const struct option_spec *spec, char buf[OPTION_SENTENCE]);

// That --origin and --token stand with what they can stand with; `serves`: of what listens. 0, or EXIT_USAGE with one line
// printed.
int options_check_origin(const struct options *options, bool serves);

// Notes that an option is given which needs another one, or its absence; and, once all are there, that it has what it needs: 0, or
// EXIT_USAGE with one line printed.
void options_note_need(struct options *options, const char *name);
int options_check_needs(const struct options *options);

// Whether that text of a length is the name of a host, as --hosts takes it: no blanks, and nothing that a launcher would take for an
// option.
bool option_host_valid(const char *text, size_t length);

// Its heading in --help.
const char *option_group_title(enum option_group group);

// Where in the options the value of that one is kept.
static inline void *option_field(const struct option_spec *spec, struct options *options)
{
    return (char *)options + spec->offset;
}

// Types of any option, by their fields.
option_type option_flag;         // bool
option_type option_file;         // const char *: a file that can be read
option_type option_text;         // const char *
option_type option_list;         // struct typed_list
option_type option_requirements; // the same, of what --require takes
option_type option_variable;     // struct typed_list, of NAME=VALUE each
option_type option_command;      // const char *: can be split into words
option_type option_word;         // unsigned: which of `words`
option_type option_count;        // uint32_t
option_type option_counts;       // struct range, to which those typed before belong
option_type option_duration;     // uint64_t, in ns, above 0
option_type option_share;        // double, above 0 and below `high`
// struct model_default: another way to say MODEL:PARAMETER=VALUE, by the model's declaration; for models that are always built
option_type option_parameter;
option_type option_cpus; // struct cpus, some of those allowed, beside those typed before

// Types of one option each.
option_type option_rate;
option_type option_rates;
option_type option_cpu_sets;
option_type option_seed;
option_type option_url;
option_type option_header;
option_type option_hosts;
option_type option_socket;
option_type option_path;
option_type option_listen;
option_type option_origin;
option_type option_token;
option_type option_token_file; // --token, out of a file
option_type option_output;
option_type option_drawing; // --output of a timeline
option_type option_format;
option_type option_metrics;
