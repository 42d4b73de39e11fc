// SPDX-License-Identifier: MIT
// What must not be printed: a report is published, and passwords are typed.
#pragma once

// Stands where something was masked.
#define SECRETS_MASK "***"

// A copy of a text with "***" in the place of what is secret: user information of URLs (http://user:password@host);
// values of options, variables and parameters whose name says so (--api-key VALUE, TOKEN=VALUE, ?key=VALUE), and of
// HTTP headers (Authorization: VALUE, Cookie, X-…-Token). To be freed with free(); NULL: no memory.
char *secrets_mask(const char *text);

// A copy of an HTTP header, "Name: value", with its value masked where the name contains "token", "key" or the like or is
// Authorization or Cookie, in any case. What is no header is masked as a whole. To be freed with free(); NULL: no memory.
char *secrets_mask_header(const char *header);
