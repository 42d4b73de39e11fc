// SPDX-License-Identifier: MIT
#include "reports/render/timeline_legend.h"

#include "measure/base/text.h"
#include "reports/render/timeline_cells.h"

bool timeline_has_switches(const struct timeline_picture *picture)
{
    for (size_t i = 0; i < picture->panel_count; i++)
        if (picture->panels[i].excuse == NULL && picture->panels[i].no_switches[0] == '\0')
            return true;
    return false;
}

static void write_line(FILE *out, const struct report_style *style, unsigned state, const char *words,
                       const char *source)
{
    char line[400];

    color_start(out, style, timeline_color(state));
    fprintf(out, "  %s", timeline_glyph(style, state));
    color_end(out, style, timeline_color(state));
    fputs("  ", out);
    snprintf(line, sizeof line, "%s%s%s%s", words, source[0] != '\0' ? " (known from: " : "", source,
             source[0] != '\0' ? ")" : "");
    text_wrap(out, line, 5, 5, style->width);
}

void timeline_legend(FILE *out, const struct report_style *style, const struct timeline_picture *picture)
{
    bool drawn[TIMELINE_STATES], switches = timeline_has_switches(picture);

    timeline_states_drawn(picture, drawn);
    for (unsigned state = TIMELINE_WORKS; state < TIMELINE_STATES; state++) {
        if (!drawn[state])
            continue;
        write_line(out, style, state, timeline_state_words((enum timeline_state)state),
                   timeline_state_source((enum timeline_state)state, switches));
        if (state == TIMELINE_WORKS)
            write_line(out, style, TIMELINE_STATES, "works for less than half of the column's time", "");
    }
}
