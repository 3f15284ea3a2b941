// The softmax of attention, in place, its gradient, and dropout of its weights; a warp a row, kept in registers.
//
// Where `lengths` is given, rows are those of padded texts, [texts, heads, n, n]: what lies behind a text's length, rows and
// columns, weighs nothing.
#include "common.cuh"

// Numbers of a row that one lane keeps: rows of up to 512.
constexpr unsigned KEPT = 16;

// x <- softmax(scale * x).
extern "C" __global__ void softmax(float *__restrict__ x, const unsigned *__restrict__ lengths, u64 rows, unsigned n,
                                   unsigned heads, float scale) {
    const u64 row = row_of_warp();
    if (row >= rows) return;
    const unsigned lane = threadIdx.x % WARP;
    unsigned length = n;
    if (lengths != nullptr) {
        length = lengths[row / ((u64)heads * n)];
        if (row % n >= length) length = 0;
    }
    x += row * n;
    float kept[KEPT];
    float largest = -INFINITY;
#pragma unroll
    for (unsigned k = 0; k < KEPT; k++) {
        const unsigned c = k * WARP + lane;
        kept[k] = c < length ? x[c] : -INFINITY;
        largest = fmaxf(largest, kept[k]);
    }
    largest = warp_max(largest);
    float sum = 0.0f;
#pragma unroll
    for (unsigned k = 0; k < KEPT; k++) {
        const unsigned c = k * WARP + lane;
        // Not exp(-inf): in a row without a length that would be exp(-inf + inf).
        kept[k] = c < length ? expf((kept[k] - largest) * scale) : 0.0f;
        sum += kept[k];
    }
    sum = warp_sum(sum);
    const float share = length > 0 ? 1.0f / sum : 0.0f;
#pragma unroll
    for (unsigned k = 0; k < KEPT; k++) {
        const unsigned c = k * WARP + lane;
        if (c < n) x[c] = kept[k] * share;
    }
}

// d <- scale * p * (d - sum(d * p)).
extern "C" __global__ void softmax_backward(float *__restrict__ d, const float *__restrict__ p, u64 rows, unsigned n,
                                            float scale) {
    const u64 row = row_of_warp();
    if (row >= rows) return;
    const unsigned lane = threadIdx.x % WARP;
    d += row * n;
    p += row * n;
    float slopes[KEPT], shares[KEPT];
    float along = 0.0f;
#pragma unroll
    for (unsigned k = 0; k < KEPT; k++) {
        const unsigned c = k * WARP + lane;
        slopes[k] = c < n ? d[c] : 0.0f;
        shares[k] = c < n ? p[c] : 0.0f;
        along += slopes[k] * shares[k];
    }
    along = warp_sum(along);
#pragma unroll
    for (unsigned k = 0; k < KEPT; k++) {
        const unsigned c = k * WARP + lane;
        if (c < n) d[c] = scale * shares[k] * (slopes[k] - along);
    }
}

// Dropout of the weights of padded texts: the mask of a text is that which it has alone, unpadded.
extern "C" __global__ void dropout_weights(float *__restrict__ x, const unsigned *__restrict__ lengths,
                                           const unsigned *__restrict__ texts, u64 rows, unsigned n, unsigned heads, u64 key,
                                           u64 limit, float scale) {
    const u64 row = row_of_warp();
    if (row >= rows) return;
    const u64 text = row / ((u64)heads * n);
    const unsigned length = lengths[text], query = row % n;
    if (query >= length) return;
    const u64 of_text = mix(key ^ texts[text]);
    const u64 first = ((row / n % heads) * length + query) * length;
    for (unsigned c = threadIdx.x % WARP; c < length; c += WARP) {
        x[row * n + c] *= drawn(of_text, first + c, limit, scale);
    }
}
