#include "studio.h"

// Every file of the folder `files` stands here twice: its bytes, and its row of the table. A test compares.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char api_js[] = {
#embed "files/api.js"
};
static const unsigned char batch_js[] = {
#embed "files/batch.js"
};
static const unsigned char chart_css[] = {
#embed "files/chart.css"
};
static const unsigned char chart_js[] = {
#embed "files/chart.js"
};
static const unsigned char collections_css[] = {
#embed "files/collections.css"
};
static const unsigned char collections_js[] = {
#embed "files/collections.js"
};
static const unsigned char commands_js[] = {
#embed "files/commands.js"
};
static const unsigned char dialogs_js[] = {
#embed "files/dialogs.js"
};
static const unsigned char dock_css[] = {
#embed "files/dock.css"
};
static const unsigned char dock_js[] = {
#embed "files/dock.js"
};
static const unsigned char dom_js[] = {
#embed "files/dom.js"
};
static const unsigned char export_js[] = {
#embed "files/export.js"
};
static const unsigned char finder_js[] = {
#embed "files/finder.js"
};
static const unsigned char flame_js[] = {
#embed "files/flame.js"
};
static const unsigned char forms_js[] = {
#embed "files/forms.js"
};
static const unsigned char frames_js[] = {
#embed "files/frames.js"
};
static const unsigned char hands_js[] = {
#embed "files/hands.js"
};
static const unsigned char icon_svg[] = {
#embed "files/icon.svg"
};
static const unsigned char index_html[] = {
#embed "files/index.html"
};
static const unsigned char library_js[] = {
#embed "files/library.js"
};
static const unsigned char lines_js[] = {
#embed "files/lines.js"
};
static const unsigned char made_js[] = {
#embed "files/made.js"
};
static const unsigned char main_js[] = {
#embed "files/main.js"
};
static const unsigned char nodes_js[] = {
#embed "files/nodes.js"
};
static const unsigned char outline_js[] = {
#embed "files/outline.js"
};
static const unsigned char palette_js[] = {
#embed "files/palette.js"
};
static const unsigned char panel_js[] = {
#embed "files/panel.js"
};
static const unsigned char performance_css[] = {
#embed "files/performance.css"
};
static const unsigned char performance_js[] = {
#embed "files/performance.js"
};
static const unsigned char sanitize_js[] = {
#embed "files/sanitize.js"
};
static const unsigned char schema_js[] = {
#embed "files/schema.js"
};
static const unsigned char settings_js[] = {
#embed "files/settings.js"
};
static const unsigned char slides_css[] = {
#embed "files/slides.css"
};
static const unsigned char slides_js[] = {
#embed "files/slides.js"
};
static const unsigned char stage_js[] = {
#embed "files/stage.js"
};
static const unsigned char state_js[] = {
#embed "files/state.js"
};
static const unsigned char stats_js[] = {
#embed "files/stats.js"
};
static const unsigned char steps_js[] = {
#embed "files/steps.js"
};
static const unsigned char studio_css[] = {
#embed "files/studio.css"
};
static const unsigned char theme_js[] = {
#embed "files/theme.js"
};
static const unsigned char thumbs_js[] = {
#embed "files/thumbs.js"
};
static const unsigned char trace_js[] = {
#embed "files/trace.js"
};

#define FILE(name, bytes) {name, bytes, sizeof bytes}

static const AtelierStudioFile files[] = {
    FILE("api.js", api_js),
    FILE("batch.js", batch_js),
    FILE("chart.css", chart_css),
    FILE("chart.js", chart_js),
    FILE("collections.css", collections_css),
    FILE("collections.js", collections_js),
    FILE("commands.js", commands_js),
    FILE("dialogs.js", dialogs_js),
    FILE("dock.css", dock_css),
    FILE("dock.js", dock_js),
    FILE("dom.js", dom_js),
    FILE("export.js", export_js),
    FILE("finder.js", finder_js),
    FILE("flame.js", flame_js),
    FILE("forms.js", forms_js),
    FILE("frames.js", frames_js),
    FILE("hands.js", hands_js),
    FILE("icon.svg", icon_svg),
    FILE("index.html", index_html),
    FILE("library.js", library_js),
    FILE("lines.js", lines_js),
    FILE("made.js", made_js),
    FILE("main.js", main_js),
    FILE("nodes.js", nodes_js),
    FILE("outline.js", outline_js),
    FILE("palette.js", palette_js),
    FILE("panel.js", panel_js),
    FILE("performance.css", performance_css),
    FILE("performance.js", performance_js),
    FILE("sanitize.js", sanitize_js),
    FILE("schema.js", schema_js),
    FILE("settings.js", settings_js),
    FILE("slides.css", slides_css),
    FILE("slides.js", slides_js),
    FILE("stage.js", stage_js),
    FILE("state.js", state_js),
    FILE("stats.js", stats_js),
    FILE("steps.js", steps_js),
    FILE("studio.css", studio_css),
    FILE("theme.js", theme_js),
    FILE("thumbs.js", thumbs_js),
    FILE("trace.js", trace_js),
};

const AtelierStudioFile *atelier_studio_file(size_t place) {
    return place < sizeof files / sizeof files[0] ? &files[place] : NULL;
}
