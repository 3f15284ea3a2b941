// Sums over rows: of columns, of texts, of the rows of a table. None uses atomics: the same bits each time.
#include "common.cuh"

// out[y, c] = sum of column c over block y of rows; 32 columns a block, each in eight parts that are added in order.
extern "C" __global__ void column_sums(const float *__restrict__ x, float *__restrict__ out, u64 rows, unsigned n,
                                       u64 rows_a_block) {
    __shared__ float parts[8][WARP];
    const unsigned lane = threadIdx.x % WARP, part = threadIdx.x / WARP;
    const unsigned c = blockIdx.x * WARP + lane;
    const u64 first = blockIdx.y * rows_a_block;
    const u64 last = first + rows_a_block < rows ? first + rows_a_block : rows;
    float sum = 0.0f;
    if (c < n) {
        for (u64 row = first + part; row < last; row += 8) sum += x[row * n + c];
    }
    parts[part][lane] = sum;
    __syncthreads();
    if (part == 0 && c < n) {
        for (unsigned other = 1; other < 8; other++) sum += parts[other][lane];
        out[(u64)blockIdx.y * n + c] = sum;
    }
}

// out[p] = sum of the rows order[borders[p]..borders[p + 1]] of x; a block a piece p.
extern "C" __global__ void gather_sums(const float *__restrict__ x, const unsigned *__restrict__ order,
                                       const unsigned *__restrict__ borders, float *__restrict__ out, unsigned n) {
    const unsigned first = borders[blockIdx.x], last = borders[blockIdx.x + 1];
    for (unsigned c = threadIdx.x; c < n; c += blockDim.x) {
        float sum = 0.0f;
        for (unsigned at = first; at < last; at++) sum += x[(u64)order[at] * n + c];
        out[(u64)blockIdx.x * n + c] = sum;
    }
}

// table[rows[s]] += sum of the pieces borders[s]..borders[s + 1]; a block a distinct row s.
extern "C" __global__ void scatter_sums(const float *__restrict__ pieces, const unsigned *__restrict__ rows,
                                        const unsigned *__restrict__ borders, float *__restrict__ table, unsigned n) {
    const unsigned first = borders[blockIdx.x], last = borders[blockIdx.x + 1];
    for (unsigned c = threadIdx.x; c < n; c += blockDim.x) {
        float sum = 0.0f;
        for (unsigned at = first; at < last; at++) sum += pieces[(u64)at * n + c];
        table[(u64)rows[blockIdx.x] * n + c] += sum;
    }
}

// means[t] = mean of the rows borders[t]..borders[t + 1] of x; a block a text t.
extern "C" __global__ void mean_pool(const float *__restrict__ x, const unsigned *__restrict__ borders,
                                     float *__restrict__ means, unsigned n) {
    const unsigned first = borders[blockIdx.x], last = borders[blockIdx.x + 1];
    const float share = 1.0f / (last - first);
    for (unsigned c = threadIdx.x; c < n; c += blockDim.x) {
        float sum = 0.0f;
        for (unsigned row = first; row < last; row++) sum += x[(u64)row * n + c];
        means[(u64)blockIdx.x * n + c] = sum * share;
    }
}

// The gradient of mean_pool's x from d, that of the means; a block a text, a warp a row.
extern "C" __global__ void mean_pool_backward(const float *__restrict__ d, const unsigned *__restrict__ borders,
                                              float *__restrict__ of_x, unsigned n) {
    const unsigned first = borders[blockIdx.x], last = borders[blockIdx.x + 1];
    const float share = 1.0f / (last - first);
    for (unsigned row = first + threadIdx.x / WARP; row < last; row += blockDim.x / WARP) {
        for (unsigned c = threadIdx.x % WARP; c < n; c += WARP) {
            of_x[(u64)row * n + c] = d[(u64)blockIdx.x * n + c] * share;
        }
    }
}
