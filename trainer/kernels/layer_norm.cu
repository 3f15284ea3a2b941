// Layer norm, forward and backward; a warp a row, which reads the row again from the cache nearest to it.
#include "common.cuh"

// Mean, and one over the standard deviation, of a row; two passes, for E[x^2] - mean^2 cancels.
__device__ inline void moments(const float *row, unsigned n, float epsilon, float *mean, float *scale) {
    const unsigned lane = threadIdx.x % WARP;
    float sum = 0.0f;
    for (unsigned c = lane; c < n; c += WARP) sum += row[c];
    *mean = warp_sum(sum) / n;
    float squares = 0.0f;
    for (unsigned c = lane; c < n; c += WARP) {
        const float off = row[c] - *mean;
        squares += off * off;
    }
    *scale = 1.0f / sqrtf(warp_sum(squares) / n + epsilon);
}

extern "C" __global__ void layer_norm(const float *__restrict__ x, const float *__restrict__ gamma,
                                      const float *__restrict__ beta, float *__restrict__ y, u64 rows, unsigned n,
                                      float epsilon) {
    const u64 row = row_of_warp();
    if (row >= rows) return;
    float mean, scale;
    moments(x + row * n, n, epsilon, &mean, &scale);
    for (unsigned c = threadIdx.x % WARP; c < n; c += WARP) {
        y[row * n + c] = (x[row * n + c] - mean) * scale * gamma[c] + beta[c];
    }
}

// The gradient of x from d, that of the result.
extern "C" __global__ void layer_norm_backward(const float *__restrict__ d, const float *__restrict__ x,
                                               const float *__restrict__ gamma, float *__restrict__ of_x, u64 rows,
                                               unsigned n, float epsilon) {
    const u64 row = row_of_warp();
    if (row >= rows) return;
    float mean, scale;
    moments(x + row * n, n, epsilon, &mean, &scale);
    float average = 0.0f, along = 0.0f;
    for (unsigned c = threadIdx.x % WARP; c < n; c += WARP) {
        const float weighted = d[row * n + c] * gamma[c];
        average += weighted;
        along += weighted * (x[row * n + c] - mean) * scale;
    }
    average = warp_sum(average) / n;
    along = warp_sum(along) / n;
    for (unsigned c = threadIdx.x % WARP; c < n; c += WARP) {
        const float weighted = d[row * n + c] * gamma[c];
        of_x[row * n + c] = scale * (weighted - average - (x[row * n + c] - mean) * scale * along);
    }
}

// out[r] = mean and scale of row r.
extern "C" __global__ void layer_norm_moments(const float *__restrict__ x, float *__restrict__ out, u64 rows, unsigned n,
                                              float epsilon) {
    const u64 row = row_of_warp();
    if (row >= rows) return;
    float mean, scale;
    moments(x + row * n, n, epsilon, &mean, &scale);
    if (threadIdx.x % WARP == 0) {
        out[2 * row] = mean;
        out[2 * row + 1] = scale;
    }
}

// Sums of one block of rows for the gradients of gamma, out[y, 0..n], and beta, out[y, n..2n]; 32 columns a block, each in
// eight parts that are added in order, so that the bits are the same each time.
extern "C" __global__ void layer_norm_parameters(const float *__restrict__ d, const float *__restrict__ x,
                                                 const float *__restrict__ moments_of, float *__restrict__ out, u64 rows,
                                                 unsigned n, u64 rows_a_block) {
    __shared__ float of_gamma[8][WARP];
    __shared__ float of_beta[8][WARP];
    const unsigned lane = threadIdx.x % WARP, part = threadIdx.x / WARP;
    const unsigned c = blockIdx.x * WARP + lane;
    const u64 first = blockIdx.y * rows_a_block;
    const u64 last = first + rows_a_block < rows ? first + rows_a_block : rows;
    float gamma = 0.0f, beta = 0.0f;
    if (c < n) {
        for (u64 row = first + part; row < last; row += 8) {
            const float slope = d[row * n + c];
            gamma += slope * (x[row * n + c] - moments_of[2 * row]) * moments_of[2 * row + 1];
            beta += slope;
        }
    }
    of_gamma[part][lane] = gamma;
    of_beta[part][lane] = beta;
    __syncthreads();
    if (part == 0 && c < n) {
        for (unsigned other = 1; other < 8; other++) {
            gamma += of_gamma[other][lane];
            beta += of_beta[other][lane];
        }
        out[(u64)blockIdx.y * 2 * n + c] = gamma;
        out[(u64)blockIdx.y * 2 * n + n + c] = beta;
    }
}
