/* Sixteen numbers as one, for which the compiler takes as few of the processor's vectors as hold them. */

#ifndef FARFIELD_LANES_H
#define FARFIELD_LANES_H

#include <math.h>
#include <stdint.h>

enum { LANES = 16 };

typedef float lanes __attribute__((vector_size(sizeof(float) * LANES), aligned(sizeof(float)), may_alias));
typedef int32_t whole_lanes __attribute__((vector_size(sizeof(int32_t) * LANES)));

#define LANES_INLINE static inline __attribute__((always_inline))

LANES_INLINE lanes chosen(whole_lanes where, lanes there, lanes else_where)
{
    return (lanes)(((whole_lanes)there & where) | ((whole_lanes)else_where & ~where));
}

LANES_INLINE lanes larger(lanes a, lanes b) { return chosen(a > b, a, b); }

/*
 * exp of numbers up to 0. x = n ln 2 + r with |r| <= ln(2) / 2, so exp(x) = 2^n exp(r); exp(r) by the polynomial of
 * Moshier's Cephes library (expf), to 2 units in the last place. Below exp(-87), where single precision loses digits,
 * and for -inf: 0.
 */
LANES_INLINE lanes exponentials(lanes x)
{
    lanes least = (lanes){0} - 87.0f, bounded = larger(x, least);
    /* The nearest n, since what is converted is cut towards 0. */
    whole_lanes n = __builtin_convertvector(bounded * 1.44269504f - 0.5f, whole_lanes);
    lanes r = bounded - __builtin_convertvector(n, lanes) * 0.693147181f;
    lanes sum = r * 1.9875691500e-4f + 1.3981999507e-3f;
    sum = sum * r + 8.3334519073e-3f;
    sum = sum * r + 4.1665795894e-2f;
    sum = sum * r + 1.6666665459e-1f;
    sum = sum * r + 5.0000001201e-1f;
    sum = sum * r * r + r + 1.0f;
    return chosen(x > least, sum * (lanes)((n + 127) << 23), (lanes){0});
}

LANES_INLINE float exponential(float x) { return exponentials((lanes){0} + x)[0]; }

LANES_INLINE float added(lanes x)
{
    float sum = 0.0f;
    for (int lane = 0; lane < LANES; lane++)
        sum += x[lane];
    return sum;
}

/*
 * A block of one query's scores becomes weights exp(score - highest so far), which join those of the blocks before:
 * `most` is the highest score, `total` the weights' sum. Returns what earlier weights are to be multiplied by.
 */
LANES_INLINE float weighed(float *scores, int64_t vectors, float *most, float *total)
{
    lanes *each = (lanes *)scores, highest = *each, sum = {0};
    for (int64_t v = 1; v < vectors; v++)
        highest = larger(highest, each[v]);
    float before = *most, now = before;
    for (int lane = 0; lane < LANES; lane++)
        now = highest[lane] > now ? highest[lane] : now;
    lanes shift = (lanes){0} + (now == -INFINITY ? 0.0f : now);
    for (int64_t v = 0; v < vectors; v++) {
        each[v] = exponentials(each[v] - shift);
        sum += each[v];
    }
    float kept = now == before ? 1.0f : exponential(before - now);
    *total = *total * kept + added(sum);
    *most = now;
    return kept;
}

/* The left side of a product: a[r, k] stands at from[r * row + k * inner]. */
struct left { const float *from; int64_t row, inner; };

/* c[r, j] += sum_k a[r, k] b[k, j], for `rows` rows and `vectors` vectors of columns, whose sums stay in registers. */
LANES_INLINE void multiply_few(struct left a, const float *b, int64_t b_row, int64_t inner, float *c, int64_t c_row,
                               const int rows, const int vectors)
{
    lanes sums[6][4], right[4];
#pragma GCC unroll 6
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++)
            sums[r][v] = *(const lanes *)(c + r * c_row + v * LANES);
    for (int64_t k = 0; k < inner; k++) {
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++)
            right[v] = *(const lanes *)(b + k * b_row + v * LANES);
#pragma GCC unroll 6
        for (int r = 0; r < rows; r++)
#pragma GCC unroll 4
            for (int v = 0; v < vectors; v++)
                sums[r][v] += a.from[r * a.row + k * a.inner] * right[v];
    }
#pragma GCC unroll 6
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++)
            *(lanes *)(c + r * c_row + v * LANES) = sums[r][v];
}

#endif
