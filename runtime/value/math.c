/* math.c: arithmetic that is not one instruction. Elementary functions are SLEEF's scalar, pure ones, which give the same bits on
 * every CPU; the C library's would depend on the machine. What C computes exactly (rounding, square roots, remainders) is left to
 * C. */
#include <math.h>
#include <sleef.h>
#include <string.h>

#include "runtime/value/value.h"

bool mr_pow_int(MrContext *context, int64_t *out, int64_t base, int64_t exponent) {
    if (exponent < 0)
        return mr_failf(context, "the int %lld cannot be raised to the negative power %lld: use a float, as in float(x) ** y",
                        (long long)base, (long long)exponent);
    int64_t result = 1, square = base;
    for (int64_t rest = exponent; rest; rest >>= 1) {
        if ((rest & 1) && __builtin_mul_overflow(result, square, &result)) return mr_fail_overflow(context, 'p', base, exponent);
        /* The last square is not used, and may overflow. */
        if (rest > 1 && __builtin_mul_overflow(square, square, &square)) return mr_fail_overflow(context, 'p', base, exponent);
    }
    *out = result;
    return false;
}

double mr_pow_float(MrContext *context, double base, double exponent) {
    (void)context;
    return Sleef_cinz_powd1_u10purec(base, exponent);
}

/* The remainder takes the sign of the divisor, as the int one does. */
double mr_mod_float(MrContext *context, double left, double right) {
    (void)context;
    double rest = fmod(left, right);
    if (rest == 0) return copysign(0, right);
    return (rest < 0) == (right < 0) ? rest : rest + right;
}

#define UNARY(name, function)                                                                                                      \
    bool mr_prim_##name(MrContext *context, double *out, double x) {                                                               \
        (void)context;                                                                                                             \
        *out = function(x);                                                                                                        \
        return false;                                                                                                              \
    }

UNARY(floor, __builtin_floor)
UNARY(ceil, __builtin_ceil)
UNARY(round, __builtin_rint) /* halves to the even one: nothing changes C's rounding mode */
UNARY(trunc, __builtin_trunc)
UNARY(sqrt, __builtin_sqrt)
UNARY(sin, Sleef_cinz_sind1_u10purec)
UNARY(cos, Sleef_cinz_cosd1_u10purec)
UNARY(tan, Sleef_cinz_tand1_u10purec)
UNARY(asin, Sleef_cinz_asind1_u10purec)
UNARY(acos, Sleef_cinz_acosd1_u10purec)
UNARY(atan, Sleef_cinz_atand1_u10purec)
UNARY(exp, Sleef_cinz_expd1_u10purec)
UNARY(ln, Sleef_cinz_logd1_u10purec)
UNARY(log2, Sleef_cinz_log2d1_u10purec)
UNARY(log10, Sleef_cinz_log10d1_u10purec)

UNARY(cbrt, Sleef_cinz_cbrtd1_u10purec)
UNARY(expm1, Sleef_cinz_expm1d1_u10purec)
UNARY(log1p, Sleef_cinz_log1pd1_u10purec)
UNARY(sinh, Sleef_cinz_sinhd1_u10purec)
UNARY(cosh, Sleef_cinz_coshd1_u10purec)
UNARY(tanh, Sleef_cinz_tanhd1_u10purec)
UNARY(asinh, Sleef_cinz_asinhd1_u10purec)
UNARY(acosh, Sleef_cinz_acoshd1_u10purec)
UNARY(atanh, Sleef_cinz_atanhd1_u10purec)
UNARY(erf, Sleef_cinz_erfd1_u10purec)
UNARY(erfc, Sleef_cinz_erfcd1_u15purec)
UNARY(gamma, Sleef_cinz_tgammad1_u10purec)
UNARY(lgamma, Sleef_cinz_lgammad1_u10purec)

bool mr_prim_float_bits(MrContext *context, int64_t *out, double x) {
    (void)context;
    memcpy(out, &x, sizeof x);
    return false;
}

bool mr_prim_float_of_bits(MrContext *context, double *out, int64_t bits) {
    (void)context;
    memcpy(out, &bits, sizeof bits);
    return false;
}

bool mr_prim_count_ones(MrContext *context, int64_t *out, int64_t n) {
    (void)context;
    *out = __builtin_popcountll((unsigned long long)n);
    return false;
}

bool mr_prim_leading_zeros(MrContext *context, int64_t *out, int64_t n) {
    (void)context;
    *out = n ? __builtin_clzll((unsigned long long)n) : 64;
    return false;
}

bool mr_prim_trailing_zeros(MrContext *context, int64_t *out, int64_t n) {
    (void)context;
    *out = n ? __builtin_ctzll((unsigned long long)n) : 64;
    return false;
}

bool mr_prim_atan2(MrContext *context, double *out, double y, double x) {
    (void)context;
    *out = Sleef_cinz_atan2d1_u10purec(y, x);
    return false;
}
