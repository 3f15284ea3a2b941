// One number a thread at a time: biases, GELU, dropout, sums into an arena, the optimizer.
#include "common.cuh"

// x[r, c] += bias[c]; a warp a row.
extern "C" __global__ void add_bias(float *__restrict__ x, const float *__restrict__ bias, u64 rows, unsigned n) {
    const u64 row = row_of_warp();
    if (row >= rows) return;
    for (unsigned c = threadIdx.x % WARP; c < n; c += WARP) {
        x[row * n + c] += bias[c];
    }
}

// x[r, c] += bias[c] + residual[r, c]; a warp a row.
extern "C" __global__ void add_bias_and_rows(float *__restrict__ x, const float *__restrict__ bias,
                                             const float *__restrict__ residual, u64 rows, unsigned n) {
    const u64 row = row_of_warp();
    if (row >= rows) return;
    for (unsigned c = threadIdx.x % WARP; c < n; c += WARP) {
        x[row * n + c] += bias[c] + residual[row * n + c];
    }
}

// x[r, at + c] += scale * y[r, c], for x of n columns and y of m; a warp a row.
extern "C" __global__ void add_columns(float *__restrict__ x, const float *__restrict__ y, u64 rows, unsigned n, unsigned m,
                                       unsigned at, float scale) {
    const u64 row = row_of_warp();
    if (row >= rows) return;
    for (unsigned c = threadIdx.x % WARP; c < m; c += WARP) {
        x[row * n + at + c] += scale * y[row * m + c];
    }
}

// place[i] += x[i].
extern "C" __global__ void add(float *__restrict__ place, const float *__restrict__ x, u64 n) {
    for (u64 i = first_place(); i < n; i += n_threads()) {
        place[i] += x[i];
    }
}

// The normal distribution's cumulative probability.
__device__ inline float cumulative(float x) { return 0.5f * (1.0f + erff(x * 0.70710678f)); }

// y = x * Phi(x).
extern "C" __global__ void gelu(const float *__restrict__ x, float *__restrict__ y, u64 n) {
    for (u64 i = first_place(); i < n; i += n_threads()) {
        y[i] = x[i] * cumulative(x[i]);
    }
}

// d *= Phi(x) + x * phi(x).
extern "C" __global__ void gelu_backward(float *__restrict__ d, const float *__restrict__ x, u64 n) {
    for (u64 i = first_place(); i < n; i += n_threads()) {
        const float density = 0.39894228f * expf(-0.5f * x[i] * x[i]);
        d[i] *= cumulative(x[i]) + x[i] * density;
    }
}

// x[i] *= 0 or scale, as the key and i draw.
extern "C" __global__ void dropout(float *__restrict__ x, u64 n, u64 key, u64 limit, float scale) {
    for (u64 i = first_place(); i < n; i += n_threads()) {
        x[i] *= drawn(key, i, limit, scale);
    }
}

// One step of AdamW; `state` holds n weights, then their first and their second moments.
extern "C" __global__ void adamw(float *__restrict__ state, const float *__restrict__ gradients,
                                 const float *__restrict__ decayed, u64 n, float beta1, float beta2, float rate,
                                 float correction, float epsilon, float decay, float scale) {
    for (u64 i = first_place(); i < n; i += n_threads()) {
        const float g = gradients[i] * scale;
        const float m = beta1 * state[n + i] + (1.0f - beta1) * g;
        const float v = beta2 * state[2 * n + i] + (1.0f - beta2) * g * g;
        const float w = state[i];
        state[n + i] = m;
        state[2 * n + i] = v;
        state[i] = w - (rate * (m / (sqrtf(v) * correction + epsilon)) + decay * decayed[i] * w);
    }
}
