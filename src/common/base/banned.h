/* Calls that have no place here. Include after the system headers. */
#pragma once
#undef sprintf /* macros of the C library, where it is built with clang and _FORTIFY_SOURCE */
#undef vsprintf
#pragma GCC poison strcpy strcat sprintf vsprintf gets atoi atol strtok gmtime localtime asctime ctime
