/*
 * The gradients of a pack's attention, tile by tile of queries, given the joined output and log-sum-exps: weights are
 * computed again from these (FlashAttention-2, arXiv 2307.08691, algorithm 2).
 *
 * Many tiles add to the same keys. Each of `parts` workers takes every so-manieth tile and adds to sums of its own, which
 * are added up in order: the same parts give the same gradients, whichever of them is first.
 */

#include "attention.h"

/* From one row of a block to the next: products read a few weights beyond the block, which have to be 0. */
enum { BLOCK_ROW = KEYS + LANES };

struct block { float weights[TILE * BLOCK_ROW], slopes[TILE * BLOCK_ROW]; };

/* The weights of a block, and the gradient by its scores: weight * (gradient by weight - mean of these). */
LANES_INLINE void slope(float *weights, float *slopes, int64_t columns, float lse, float mean)
{
    for (int64_t j = 0; j < columns; j += LANES) {
        lanes *weight = (lanes *)(weights + j), *by = (lanes *)(slopes + j);
        *weight = exponentials(*weight - lse);
        *by = *weight * (*by - mean);
    }
}

LANES_INLINE void back_tile(const struct pack *p, const struct tile *tile, int64_t shared, float *d_keys,
                            float *d_values, const int wide)
{
    _Alignas(64) float query[TILE * DIM], gradient[TILE * DIM], d_query[TILE * DIM];
    struct block block;
    float lse[TILE], mean[TILE];
    int64_t group = p->heads / p->kv_heads, dim = p->dim, rows = (tile->to - tile->from) * group;
    int64_t padded = whole(rows, ROWS);
    for (int64_t r = 0; r < padded; r++) {
        int64_t token = tile->from + r / group, head = shared * group + r % group;
        mean[r] = 0.0f, lse[r] = INFINITY;
        for (int64_t d = 0; d < dim; d++)
            query[r * dim + d] = gradient[r * dim + d] = d_query[r * dim + d] = 0.0f;
        if (r >= rows)
            continue;
        const float *q = p->query + token * p->query_token + head * p->query_head;
        const float *g = p->gradient + token * p->gradient_token + head * p->gradient_head;
        const float *out = p->out + (token * p->heads + head) * dim;
        for (int64_t d = 0; d < dim; d++) {
            query[r * dim + d] = q[d] * p->scale;
            gradient[r * dim + d] = g[d];
            mean[r] += g[d] * out[d];
        }
        if (p->lse[head * p->tokens + token] != -INFINITY) /* else it sees nothing, and has no weights */
            lse[r] = p->lse[head * p->tokens + token];
    }
    for (const struct shape *shape = p->shapes; shape < p->shapes + p->shape_count; shape++) {
        if (tile->from < shape->from || tile->from >= shape->to)
            continue;
        const struct span *span = p->spans + shape->span;
        const struct source *source = p->sources + span->source;
        int64_t length = span->to - span->from, aligned = whole(length, LANES), room = p->kv_heads * p->room * dim;
        const float *turned = p->packed + (shared * p->room + span->packed) * dim;
        const float *keys = (const float *)source->keys + shared * source->key_head + span->from * source->key_token;
        int64_t reach = shape->causal ? least(length, tile->to - shape->from) : length;
        for (int64_t start = 0; start < reach; start += KEYS) {
            int64_t n = least(KEYS, reach - start), columns = whole(n, LANES), width = least(KEYS, aligned - start);
            for (int64_t i = 0; i < padded * BLOCK_ROW; i++)
                block.weights[i] = block.slopes[i] = 0.0f;
            multiply((struct left){query, dim, 1}, turned + start * dim, width, dim, block.weights, BLOCK_ROW, padded,
                     columns, wide);
            multiply((struct left){gradient, dim, 1}, turned + room + start * dim, width, dim, block.slopes, BLOCK_ROW,
                     padded, columns, wide);
            for (int64_t r = 0; r < padded; r++) {
                if (r < rows)
                    hide(block.weights + r * BLOCK_ROW, shape, tile->from + r / group - shape->from, start, n, length);
                slope(block.weights + r * BLOCK_ROW, block.slopes + r * BLOCK_ROW, columns, lse[r], mean[r]);
            }
            multiply((struct left){block.slopes, BLOCK_ROW, 1}, keys + start * source->key_token, source->key_token, n,
                     d_query, dim, padded, dim, wide);
            if (span->source)
                continue; /* what was computed earlier takes no gradient */
            int64_t at = (span->from + start) * dim, few = whole(n, ROWS);
            multiply((struct left){block.weights, 1, BLOCK_ROW}, gradient, dim, padded, d_values + at, dim, few, dim,
                     wide);
            multiply((struct left){block.slopes, 1, BLOCK_ROW}, query, dim, padded, d_keys + at, dim, few, dim, wide);
        }
    }
    for (int64_t r = 0; r < rows; r++) {
        int64_t token = tile->from + r / group, head = shared * group + r % group;
        for (int64_t d = 0; d < dim; d++)
            p->d_query[(token * p->heads + head) * dim + d] = d_query[r * dim + d] * p->scale;
    }
}

#ifdef EACH_X86
__attribute__((target("arch=x86-64-v4")))
static void back_tile_wide(const struct pack *p, const struct tile *tile, int64_t shared, float *d_keys, float *d_values)
{
    back_tile(p, tile, shared, d_keys, d_values, 1);
}
#define BACK_NARROW __attribute__((target_clones("arch=x86-64-v3", "default")))
#else
#define back_tile_wide back_tile_narrow
#define BACK_NARROW
#endif

BACK_NARROW
static void back_tile_narrow(const struct pack *p, const struct tile *tile, int64_t shared, float *d_keys,
                             float *d_values)
{
    back_tile(p, tile, shared, d_keys, d_values, 0);
}

static void turn_span(const struct pack *p, const struct span *span, int64_t shared)
{
    const struct source *source = p->sources + span->source;
    int64_t length = span->to - span->from, room = p->kv_heads * p->room * p->dim;
    float *to = p->packed + (shared * p->room + span->packed) * p->dim;
    turn_blocks((const float *)source->keys + shared * source->key_head + span->from * source->key_token,
                source->key_token, length, p->dim, to);
    turn_blocks((const float *)source->values + shared * source->value_head + span->from * source->value_token,
                source->value_token, length, p->dim, to + room);
}

/*
 * `d_keys` and `d_values` are [parts, kv_heads, tokens + ROWS, dim], of which the first part holds the sums in the end;
 * `packed` holds turned keys, then turned values.
 */
void attend_pack_backward(const struct pack *p, int parts)
{
    int wide = is_wide();
    int64_t head = (p->tokens + ROWS) * p->dim, part = p->kv_heads * head, items = p->tile_count * p->kv_heads;
#pragma omp parallel num_threads(parts)
    {
#pragma omp for schedule(dynamic)
        for (int64_t item = 0; item < p->span_count * p->kv_heads; item++)
            turn_span(p, p->spans + item / p->kv_heads, item % p->kv_heads);
#pragma omp for schedule(static, 1)
        for (int worker = 0; worker < parts; worker++) {
            float *d_keys = p->d_keys + worker * part, *d_values = p->d_values + worker * part;
            for (int64_t i = 0; i < part; i++)
                d_keys[i] = d_values[i] = 0.0f;
            for (int64_t item = worker; item < items; item += parts) {
                int64_t shared = item % p->kv_heads;
                (wide ? back_tile_wide : back_tile_narrow)(p, p->tiles + item / p->kv_heads, shared,
                                                           d_keys + shared * head, d_values + shared * head);
            }
        }
#pragma omp for schedule(static)
        for (int64_t i = 0; i < part; i++)
            for (int worker = 1; worker < parts; worker++) {
                p->d_keys[i] += p->d_keys[worker * part + i];
                p->d_values[i] += p->d_values[worker * part + i];
            }
    }
}
