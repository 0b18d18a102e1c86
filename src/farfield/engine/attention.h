/* What both passes of a pack's attention share: its tables, the product, what is hidden, turned rows. */

#ifndef FARFIELD_ATTENTION_H
#define FARFIELD_ATTENTION_H

#include <math.h>
#include <stdint.h>

#include "lanes.h"
#include "processors.h"

/* Rows whose sums stand in registers at once; keys of a block; most rows of a tile, and widest. */
enum { ROWS = 6, KEYS = 64, TILE = 48, DIM = 256 };

/* Tables of int64; the order of their columns is that of native.py. */
struct source { int64_t keys, values, key_token, key_head, value_token, value_head; };
struct span { int64_t source, from, to, packed; };
struct shape { int64_t from, to, span, causal, visible; };
struct tile { int64_t from, to; };

struct pack {
    const float *query;
    const struct source *sources;
    const struct span *spans;
    const struct shape *shapes;
    const struct tile *tiles;
    float *packed, *out, *lse;
    /* Of the backward pass alone: the gradient of `out`, and where those of queries, keys and values go. */
    const float *gradient;
    float *d_query, *d_keys, *d_values;
    int64_t query_token, query_head, heads, kv_heads, dim, tokens, span_count, shape_count, tile_count, room;
    int64_t gradient_token, gradient_head;
    float scale;
};

static inline int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t whole(int64_t n, int64_t of) { return (n + of - 1) / of * of; }

#ifdef EACH_X86
static inline int is_wide(void) { return __builtin_cpu_supports("x86-64-v4"); }
#else
static inline int is_wide(void) { return 0; }
#endif

/*
 * As `multiply_few`, for any multiple of ROWS rows and of LANES columns; `wide` where registers hold four vectors of
 * each row.
 */
LANES_INLINE void multiply(struct left a, const float *b, int64_t b_row, int64_t inner, float *c, int64_t c_row,
                           int64_t rows, int64_t columns, const int wide)
{
    for (int64_t j = 0, step; j < columns; j += step) {
        step = wide && columns - j >= 4 * LANES ? 4 * LANES : wide && columns - j >= 2 * LANES ? 2 * LANES : LANES;
        for (int64_t r = 0; r < rows; r += ROWS) {
            struct left left = {a.from + r * a.row, a.row, a.inner};
            float *sum = c + r * c_row + j;
            if (step == 4 * LANES)
                multiply_few(left, b + j, b_row, inner, sum, c_row, ROWS, 4);
            else if (step == 2 * LANES)
                multiply_few(left, b + j, b_row, inner, sum, c_row, ROWS, 2);
            else
                multiply_few(left, b + j, b_row, inner, sum, c_row, ROWS, 1);
        }
    }
}

/* What each row of a block doesn't see is hidden from it. */
LANES_INLINE void hide(float *scores, const struct shape *shape, int64_t place, int64_t start, int64_t keys,
                       int64_t length)
{
    int64_t seen = shape->causal ? least(keys, place + 1 - start) : keys;
    if (seen < 0)
        seen = 0;
    const uint8_t *visible = (const uint8_t *)shape->visible;
    if (visible)
        for (int64_t j = 0; j < seen; j++)
            if (!visible[place * length + start + j])
                scores[j] = -INFINITY;
    for (int64_t j = seen; j < whole(keys, LANES); j++)
        scores[j] = -INFINITY;
}

/* The rows `from` to `to` of a matrix, block by block of KEYS, turned so that the rows of a block are its columns. */
LANES_INLINE void turn_blocks(const float *rows, int64_t row, int64_t length, int64_t dim, float *to)
{
    int64_t aligned = whole(length, LANES);
    for (int64_t start = 0; start < aligned; start += KEYS, to += KEYS * dim) {
        int64_t columns = least(KEYS, aligned - start);
        for (int64_t j = 0; j < columns; j++)
            for (int64_t d = 0; d < dim; d++)
                to[d * columns + j] = start + j < length ? rows[(start + j) * row + d] : 0.0f;
    }
}

#endif
