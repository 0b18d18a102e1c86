/* Code for each kind of processor in one file, where the compiler can choose among them when it is loaded. */

#ifndef FARFIELD_PROCESSORS_H
#define FARFIELD_PROCESSORS_H

#if defined(__x86_64__) && defined(__GLIBC__) && __GNUC__ >= 12
#define EACH_X86
#define EACH_PROCESSOR __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define EACH_PROCESSOR
#endif

#endif
