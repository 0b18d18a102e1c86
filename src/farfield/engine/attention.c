/*
 * Attention of a pack as one pass: tiles of queries over all the keys that they see. See native.py for the tables.
 *
 * The softmax goes block by block of keys (online softmax, arXiv 1805.02867; tiled as in FlashAttention-2, 2307.08691);
 * query heads that share a key head stand as rows of one tile. Both of its products are one loop, `multiply`, whose
 * sums stay in registers.
 */

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
    int64_t query_token, query_head, heads, kv_heads, dim, tokens, span_count, shape_count, tile_count, room;
    float scale;
};

static inline int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t whole(int64_t n, int64_t of) { return (n + of - 1) / of * of; }

/* The same for any multiple of ROWS rows and of LANES columns; `wide` where registers hold four vectors of each row. */
LANES_INLINE void multiply(const float *a, int64_t a_row, const float *b, int64_t b_row, int64_t inner, float *c,
                           int64_t c_row, int64_t rows, int64_t columns, const int wide)
{
    for (int64_t j = 0, step; j < columns; j += step) {
        step = wide && columns - j >= 4 * LANES ? 4 * LANES : wide && columns - j >= 2 * LANES ? 2 * LANES : LANES;
        for (int64_t r = 0; r < rows; r += ROWS) {
            const float *left = a + r * a_row;
            float *sum = c + r * c_row + j;
            if (step == 4 * LANES)
                multiply_few(left, a_row, b + j, b_row, inner, sum, c_row, ROWS, 4);
            else if (step == 2 * LANES)
                multiply_few(left, a_row, b + j, b_row, inner, sum, c_row, ROWS, 2);
            else
                multiply_few(left, a_row, b + j, b_row, inner, sum, c_row, ROWS, 1);
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

/* One tile of queries, of the heads that share one key head, over everything that it sees. */
LANES_INLINE void attend_tile(const struct pack *p, const struct tile *tile, int64_t shared, const int wide)
{
    _Alignas(64) float query[TILE * DIM], scores[TILE * KEYS], out[TILE * DIM];
    float most[TILE], total[TILE];
    int64_t group = p->heads / p->kv_heads, dim = p->dim, rows = (tile->to - tile->from) * group;
    int64_t padded = whole(rows, ROWS);
    for (int64_t r = 0; r < padded; r++) {
        const float *source = p->query + (tile->from + r / group) * p->query_token +
                              (shared * group + r % group) * p->query_head;
        for (int64_t d = 0; d < dim; d++) {
            query[r * dim + d] = r < rows ? source[d] * p->scale : 0.0f;
            out[r * dim + d] = 0.0f;
        }
        most[r] = -INFINITY, total[r] = 0.0f;
    }
    for (const struct shape *shape = p->shapes; shape < p->shapes + p->shape_count; shape++) {
        if (tile->from < shape->from || tile->from >= shape->to)
            continue;
        const struct span *span = p->spans + shape->span;
        const struct source *source = p->sources + span->source;
        const float *keys = p->packed + (shared * p->room + span->packed) * dim;
        const float *values = (const float *)source->values + shared * source->value_head +
                              span->from * source->value_token;
        int64_t length = span->to - span->from, aligned = whole(length, LANES);
        int64_t reach = shape->causal ? least(length, tile->to - shape->from) : length;
        for (int64_t start = 0; start < reach; start += KEYS) {
            int64_t n = least(KEYS, reach - start), columns = whole(n, LANES);
            for (int64_t i = 0; i < padded * KEYS; i++)
                scores[i] = 0.0f;
            multiply(query, dim, keys + start * dim, least(KEYS, aligned - start), dim, scores, KEYS, padded, columns,
                     wide);
            for (int64_t r = 0; r < rows; r++) {
                hide(scores + r * KEYS, shape, tile->from + r / group - shape->from, start, n, length);
                float kept = weighed(scores + r * KEYS, columns / LANES, most + r, total + r);
                if (kept != 1.0f)
                    for (int64_t d = 0; d < dim; d++)
                        out[r * dim + d] *= kept;
            }
            multiply(scores, KEYS, values + start * source->value_token, source->value_token, n, out, dim, padded, dim,
                     wide);
        }
    }
    for (int64_t r = 0; r < rows; r++) {
        int64_t token = tile->from + r / group, head = shared * group + r % group;
        float share = total[r] > 0.0f ? 1.0f / total[r] : 0.0f;
        for (int64_t d = 0; d < dim; d++)
            p->out[(token * p->heads + head) * dim + d] = out[r * dim + d] * share;
        p->lse[head * p->tokens + token] = total[r] > 0.0f ? most[r] + logf(total[r]) : -INFINITY;
    }
}

#ifdef EACH_X86
__attribute__((target("arch=x86-64-v4")))
static void attend_tile_wide(const struct pack *p, const struct tile *tile, int64_t shared)
{
    attend_tile(p, tile, shared, 1);
}

__attribute__((target_clones("arch=x86-64-v3", "default")))
static void attend_tile_narrow(const struct pack *p, const struct tile *tile, int64_t shared)
{
    attend_tile(p, tile, shared, 0);
}

static int is_wide(void) { return __builtin_cpu_supports("x86-64-v4"); }
#else
static void attend_tile_wide(const struct pack *p, const struct tile *tile, int64_t shared)
{
    attend_tile(p, tile, shared, 1);
}

static void attend_tile_narrow(const struct pack *p, const struct tile *tile, int64_t shared)
{
    attend_tile(p, tile, shared, 0);
}

static int is_wide(void) { return 0; }
#endif

/* The keys of a span, block by block, turned so that the keys of a block are its columns. */
static void pack_keys(const struct pack *p, const struct span *span, int64_t shared)
{
    const struct source *source = p->sources + span->source;
    int64_t length = span->to - span->from, aligned = whole(length, LANES);
    for (int64_t start = 0; start < aligned; start += KEYS) {
        int64_t columns = least(KEYS, aligned - start);
        float *to = p->packed + (shared * p->room + span->packed + start) * p->dim;
        for (int64_t j = 0; j < columns; j++) {
            const float *key = (const float *)source->keys + shared * source->key_head +
                               (span->from + start + j) * source->key_token;
            for (int64_t d = 0; d < p->dim; d++)
                to[d * columns + j] = start + j < length ? key[d] : 0.0f;
        }
    }
}

void attend_pack(const struct pack *p, int threads)
{
    int wide = is_wide();
#pragma omp parallel num_threads(threads)
    {
#pragma omp for schedule(dynamic)
        for (int64_t item = 0; item < p->span_count * p->kv_heads; item++)
            pack_keys(p, p->spans + item / p->kv_heads, item % p->kv_heads);
#pragma omp for schedule(dynamic)
        for (int64_t item = 0; item < p->tile_count * p->kv_heads; item++)
            (wide ? attend_tile_wide : attend_tile_narrow)(p, p->tiles + item / p->kv_heads, item % p->kv_heads);
    }
}
