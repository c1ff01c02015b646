#include "studio.h"

// Every file of the folder `files` stands here twice: its bytes, and its row of the table. A test compares.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char index_html[] = {
#embed "files/index.html"
};
static const unsigned char studio_css[] = {
#embed "files/studio.css"
};

#define FILE(name, bytes) {name, bytes, sizeof bytes}

static const AtelierStudioFile files[] = {
    FILE("index.html", index_html),
    FILE("studio.css", studio_css),
};

const AtelierStudioFile *atelier_studio_file(size_t place) {
    return place < sizeof files / sizeof files[0] ? &files[place] : NULL;
}
