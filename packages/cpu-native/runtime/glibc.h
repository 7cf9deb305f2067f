// Included before every source: binds functions to the versions that an old glibc has too, where a newer one only
// differs in errno or in its place. x86-64 only.
#if defined(__x86_64__) && defined(__linux__)
#define CORACLE_OLD_SYMBOL(name) __asm__(".symver " #name "," #name "@GLIBC_2.2.5")
CORACLE_OLD_SYMBOL(exp);
CORACLE_OLD_SYMBOL(exp2);
CORACLE_OLD_SYMBOL(exp2f);
CORACLE_OLD_SYMBOL(expf);
CORACLE_OLD_SYMBOL(log);
CORACLE_OLD_SYMBOL(log2);
CORACLE_OLD_SYMBOL(log2f);
CORACLE_OLD_SYMBOL(logf);
CORACLE_OLD_SYMBOL(pow);
CORACLE_OLD_SYMBOL(powf);
CORACLE_OLD_SYMBOL(pthread_attr_setstacksize);
CORACLE_OLD_SYMBOL(pthread_create);
CORACLE_OLD_SYMBOL(pthread_sigmask);
#undef CORACLE_OLD_SYMBOL
#endif
