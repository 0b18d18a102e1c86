/*
 * What takes many small tensor operations and little arithmetic, as one pass each. See native.py for the shapes.
 *
 * -ffast-math lets sums be vectorised; infinities stay, they mark what is not seen.
 */

#include <math.h>
#include <stdint.h>

#include "lanes.h"
#include "processors.h"

/* Numbers below which the cores take longer to begin together than one of them takes for all. */
enum { FEW = 16384 };

/* Keys whose scores are held at once: with their values they stay in the first cache. */
enum { KEYS = 64 };

LANES_INLINE float dot(const float *a, const float *b, int64_t dim)
{
    lanes sums = {0};
    int64_t d = 0;
    for (; d + LANES <= dim; d += LANES)
        sums += *(const lanes *)(a + d) * *(const lanes *)(b + d);
    float sum = added(sums);
    for (; d < dim; d++)
        sum += a[d] * b[d];
    return sum;
}

/* out[d] += sum_j weights[j] values[j, d]. */
LANES_INLINE void mix(const float *weights, const float *values, int64_t n, int64_t dim, float *out)
{
    int64_t d = 0;
    for (; d + 4 * LANES <= dim; d += 4 * LANES)
        multiply_few((struct left){weights, 0, 1}, values + d, dim, n, out + d, 0, 1, 4);
    for (; d + LANES <= dim; d += LANES)
        multiply_few((struct left){weights, 0, 1}, values + d, dim, n, out + d, 0, 1, 1);
    for (; d < dim; d++)
        for (int64_t j = 0; j < n; j++)
            out[d] += weights[j] * values[j * dim + d];
}

/* One query over `length` keys, joined with what `out` and `lse` hold already (online softmax, arXiv 1805.02867). */
EACH_PROCESSOR
static void attend(const float *query, const float *keys, const float *values, int64_t length, int64_t dim,
                   float scale, float *out, float *lse)
{
    float most = *lse, total = *lse == -INFINITY ? 0.0f : 1.0f;
    float scores[KEYS];
    for (int64_t start = 0; start < length; start += KEYS, keys += KEYS * dim, values += KEYS * dim) {
        int64_t n = length - start < KEYS ? length - start : KEYS;
        for (int64_t j = 0; j < KEYS; j++)
            scores[j] = j < n ? dot(query, keys + j * dim, dim) * scale : -INFINITY;
        float kept = weighed(scores, KEYS / LANES, &most, &total);
        for (int64_t d = 0; d < dim; d++)
            out[d] *= kept;
        mix(scores, values, n, dim, out);
    }
    for (int64_t d = 0; d < dim; d++)
        out[d] /= total;
    *lse = most + logf(total);
}

void attend_slots(const float *query, const float *key, const float *value, float *keys, float *values,
                  const int64_t *starts, const int64_t *firsts, int64_t slots, int64_t heads, int64_t kv_heads,
                  int64_t dim, int64_t room, int64_t window, float scale, float *out, float *lse, int threads)
{
    int64_t group = heads / kv_heads;
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int64_t item = 0; item < slots * kv_heads; item++) {
        int64_t slot = item / kv_heads, shared = item % kv_heads;
        float *k = keys + item * room * dim, *v = values + item * room * dim;
        for (int64_t t = firsts[slot]; t < firsts[slot + 1]; t++) {
            int64_t place = starts[slot] + t - firsts[slot];
            int64_t low = place + 1 > window ? place + 1 - window : 0;
            for (int64_t d = 0; d < dim; d++) {
                k[place * dim + d] = key[(t * kv_heads + shared) * dim + d];
                v[place * dim + d] = value[(t * kv_heads + shared) * dim + d];
            }
            for (int64_t head = shared * group; head < (shared + 1) * group; head++)
                attend(query + (t * heads + head) * dim, k + low * dim, v + low * dim, place + 1 - low, dim, scale,
                       out + (t * heads + head) * dim, lse + t * heads + head);
        }
    }
}

EACH_PROCESSOR
static void turn_head(float *restrict x, const float *restrict cosines, const float *restrict sines, int64_t half)
{
    for (int64_t d = 0; d < half; d++) {
        float low = x[d], high = x[d + half];
        x[d] = low * cosines[d] - high * sines[d];
        x[d + half] = high * cosines[d + half] + low * sines[d + half];
    }
}

void turn(float *x, const float *cosines, const float *sines, int64_t tokens, int64_t heads, int64_t dim, int threads)
{
#pragma omp parallel for schedule(static) num_threads(threads) if (tokens * heads * dim >= FEW)
    for (int64_t token = 0; token < tokens; token++)
        for (int64_t head = 0; head < heads; head++)
            turn_head(x + (token * heads + head) * dim, cosines + token * dim, sines + token * dim, dim / 2);
}

EACH_PROCESSOR
static void norm(const float *restrict x, const float *restrict weight, int64_t width, float epsilon,
                 float *restrict out)
{
    float squares = 0.0f;
    for (int64_t d = 0; d < width; d++)
        squares += x[d] * x[d];
    float scale = 1.0f / sqrtf(squares / (float)width + epsilon);
    for (int64_t d = 0; d < width; d++)
        out[d] = x[d] * scale * weight[d];
}

void rms_norm(const float *x, const float *weight, int64_t rows, int64_t width, float epsilon, float *out, int threads)
{
#pragma omp parallel for schedule(static) num_threads(threads) if (rows * width >= FEW)
    for (int64_t row = 0; row < rows; row++)
        norm(x + row * width, weight, width, epsilon, out + row * width);
}
