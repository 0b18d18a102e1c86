/*
 * Attention of a pack as one pass: tiles of queries over all the keys that they see. See native.py for the tables.
 *
 * The softmax goes block by block of keys (online softmax, arXiv 1805.02867; tiled as in FlashAttention-2, 2307.08691);
 * query heads that share a key head stand as rows of one tile. Both of its products are one loop, `multiply`, whose
 * sums stay in registers.
 */

#include "attention.h"

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
            multiply((struct left){query, dim, 1}, keys + start * dim, least(KEYS, aligned - start), dim, scores, KEYS, padded, columns,
                     wide);
            for (int64_t r = 0; r < rows; r++) {
                hide(scores + r * KEYS, shape, tile->from + r / group - shape->from, start, n, length);
                float kept = weighed(scores + r * KEYS, columns / LANES, most + r, total + r);
                if (kept != 1.0f)
                    for (int64_t d = 0; d < dim; d++)
                        out[r * dim + d] *= kept;
            }
            multiply((struct left){scores, KEYS, 1}, values + start * source->value_token, source->value_token, n, out, dim, padded, dim,
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
#define ATTEND_NARROW __attribute__((target_clones("arch=x86-64-v3", "default")))
#else
#define attend_tile_wide attend_tile_narrow
#define ATTEND_NARROW
#endif

ATTEND_NARROW
static void attend_tile_narrow(const struct pack *p, const struct tile *tile, int64_t shared)
{
    attend_tile(p, tile, shared, 0);
}

static void pack_keys(const struct pack *p, const struct span *span, int64_t shared)
{
    const struct source *source = p->sources + span->source;
    const float *keys = (const float *)source->keys + shared * source->key_head + span->from * source->key_token;
    turn_blocks(keys, source->key_token, span->to - span->from, p->dim,
                p->packed + (shared * p->room + span->packed) * p->dim);
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
