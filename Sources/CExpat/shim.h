#pragma once
// Without it the header hides the limits on the growth of entities, which Debian's build has.
#ifndef XML_DTD
#define XML_DTD
#endif
#include <expat.h>
